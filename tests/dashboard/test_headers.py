"""Headers: no other website can frame the page, and every answer says so."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from costmodel.dashboard.served.headers import HEADERS, SafeHeaders
from costmodel.files import package_path

FRAMING = """
<!doctype html><title>another site</title>
<iframe src="{}" onload="document.title = 'loaded'"></iframe>
"""


def answered(given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that had these."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": given})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message: Any) -> None:
        sent.append(message)

    # in a thread of its own: a browser that is driven from this one has a loop running here
    with ThreadPoolExecutor(1) as thread:
        answer = SafeHeaders(app)({"type": "http"}, None, send)  # type: ignore[arg-type]
        thread.submit(asyncio.run, answer).result()
    assert sent[1]["body"] == b"x"
    return list(sent[0]["headers"])


def test_what_is_there_stays_and_the_rest_is_added() -> None:
    found = answered([(b"Referrer-Policy", b"no-referrer"), (b"etag", b"1")])
    assert found[:2] == [(b"Referrer-Policy", b"no-referrer"), (b"etag", b"1")]
    assert sorted(name for name, _ in found[2:]) == sorted(
        name.encode() for name in HEADERS if name != "referrer-policy"
    )


def test_no_folder_of_pages_stands_beside_the_script() -> None:
    folder = Path(package_path("dashboard", "served", "script.py")).parent
    assert not (folder / "pages").exists(), "Streamlit would run each file of it as a page"


@pytest.mark.browser
@pytest.mark.parametrize("path", ["", "/design", "/_stcore/health", "/static/nothing.js"])
def test_every_answer_of_the_server_has_them(address: str, path: str) -> None:
    try:
        answer = urllib.request.urlopen(address + path, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        for name, text in HEADERS.items():
            assert answer.headers[name] == text, name


def framed(browser: Any, address: str, *without: str) -> str:
    """Where a frame on another site ends that asks for the page, headers taken off on the way."""
    page = browser.new_page()
    page.route("http://other.example/", lambda route: route.fulfill(body=FRAMING.format(address)))

    def answer(route: Any) -> None:
        given = route.fetch()
        headers = {name: text for name, text in given.headers.items() if name not in without}
        route.fulfill(response=given, headers=headers)

    page.route(f"{address}/", answer)
    page.goto("http://other.example/")
    page.wait_for_function("document.title == 'loaded'")
    found: str = page.frames[1].url
    page.close()
    return found


@pytest.mark.browser
def test_another_site_cannot_frame_the_page(chromium: Any, address: str) -> None:
    assert framed(chromium, address).startswith("chrome-error:")
    bare = framed(chromium, address, "content-security-policy", "x-frame-options")
    assert bare.startswith(address), "without the headers it can"
