"""Headers: what a browser is told of every answer, so that no other website can use the page.

A page that is framed by another site could be clicked and typed into without its visitor's
knowledge, and every frame is a session of its own on the server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

#: Headers that every answer has; one that Streamlit sets itself stays as it is.
HEADERS = {
    "content-security-policy": "frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_Application = Callable[[_Message, _Receive, _Send], Awaitable[None]]


class SafeHeaders:
    """An ASGI middleware that adds `HEADERS` to every answer."""

    def __init__(self, app: _Application) -> None:
        self.app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Pass a request on, and the answer with the headers back."""

        async def sent(message: _Message) -> None:
            if message["type"] == "http.response.start":
                present = [name.lower() for name, _ in message.get("headers", ())]
                added = [(name.encode(), text.encode()) for name, text in HEADERS.items()]
                message["headers"] = [
                    *message.get("headers", ()),
                    *(pair for pair in added if pair[0] not in present),
                ]
            await send(message)

        await self.app(scope, receive, sent)
