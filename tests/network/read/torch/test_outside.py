"""What leaves PyTorch or the thread is counted, or a row says where it went."""

import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.read.torch.outside import EXITS

WEIGHT = torch.rand(7, 5)


# -- numbers that go to NumPy and Python ---------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "leave"),
    [
        ("numpy", lambda x: torch.from_numpy(x.numpy() @ WEIGHT.T.contiguous().numpy())),
        ("numpy", lambda x: torch.from_numpy(x.detach().cpu().numpy() @ np.ones((5, 7), "f"))),
        ("__array__", lambda x: torch.as_tensor(np.asarray(x) @ np.ones((5, 7), "f"))),
        ("__dlpack__", lambda x: torch.as_tensor(np.from_dlpack(x) @ np.ones((5, 7), "f"))),
        ("tolist", lambda x: torch.tensor([[sum(row)] for row in x.tolist()])),
        ("data_ptr", lambda x: torch.tensor(float(x.data_ptr() > 0))),
    ],
)
def test_numbers_that_leave_pytorch_are_a_row_and_a_footnote(method, leave):
    class Leaving(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(5, 5)
            self.out = nn.Identity()

        def forward(self, x):
            return leave(self.inner(x))

    net = cm.from_torch(Leaving(), input_shape=(3, 5))
    assert net.macs == 3 * 5 * 5
    gone = net.unmodelled[0]
    assert (gone.operator, gone.shape) == (f"Tensor.{method}", (3, 5))
    assert "not modelled and in no total: Tensor." in net.footnotes[-1]
    assert any(row["status"] == "not modelled" for row in net.to_table().rows)


def test_a_list_of_integers_is_not_a_product():
    net = cm.from_torch(lambda x: x[:, torch.arange(3).tolist()], input_shape=(3, 5))
    assert not net.unmodelled


def test_numbers_of_others_are_not_ours():
    """Another thread may use NumPy as it likes while a forward is captured."""
    done = threading.Event()

    def other():
        torch.rand(3).numpy()
        done.set()

    def forward(x):
        waiting.set()
        assert done.wait(10)
        return F.linear(x, WEIGHT)

    waiting = threading.Event()
    thread = threading.Thread(target=lambda: waiting.wait(10) and other())
    thread.start()
    net = cm.from_torch(forward, input_shape=(3, 5))
    thread.join()
    assert not net.unmodelled
    assert net.macs == 3 * 5 * 7


# -- threads -------------------------------------------------------------------------------------
INNER = nn.Linear(5, 7)


def in_a_thread(x):
    results = []
    thread = threading.Thread(target=lambda: results.append(INNER(x)))
    thread.start()
    thread.join()
    return results[0]


def in_a_pool(x):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(INNER, [x, x, x]))


def in_an_old_pool(x):
    with ThreadPool(2) as pool:
        return pool.map(INNER, [x, x])


def in_nested_threads(x):
    return in_a_pool(in_a_thread(x)[:, :5])


@pytest.mark.parametrize(
    ("forward", "times"),
    [(in_a_thread, 1), (in_a_pool, 3), (in_an_old_pool, 2), (in_nested_threads, 4)],
)
def test_threads_of_the_forward_are_counted(forward, times):
    net = cm.from_torch(forward, input_shape=(3, 5))
    assert net.macs == times * 3 * 5 * 7
    assert net.params == 5 * 7 + 7
    assert not net.unmodelled


def test_a_pool_that_was_there_before_is_counted_and_left_as_it_was():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        net = cm.from_torch(lambda x: pool.submit(INNER, x).result(), input_shape=(3, 5))
        real = pool.submit(lambda: INNER(torch.ones(2, 5))).result()
    assert net.macs == 3 * 5 * 7
    assert (real.device.type, real.requires_grad) == ("cpu", True)


def test_a_thread_that_goes_on_afterwards_is_left_alone():
    go, results = threading.Event(), []

    def later():
        assert go.wait(10)
        results.append(F.linear(torch.ones(2, 5), WEIGHT))

    thread = threading.Thread(target=later)

    def forward(x):
        thread.start()
        return F.linear(x, WEIGHT)

    net = cm.from_torch(forward, input_shape=(3, 5))
    go.set()
    thread.join()
    assert net.macs == 3 * 5 * 7
    assert results[0].device.type == "cpu"


def test_work_of_a_thread_that_was_there_before_leaves_a_row():
    """Nobody told the capture of that thread; but what it made is not from here."""
    asked, answered = threading.Event(), threading.Event()
    box = []

    def serve():
        asked.wait(10)
        box.append(box[0] @ box[0].T)
        answered.set()

    thread = threading.Thread(target=serve)
    thread.start()

    def forward(x):
        box.append(x)
        asked.set()
        assert answered.wait(10)
        return F.relu(box[1])

    net = cm.from_torch(forward, input_shape=(3, 5))
    thread.join()
    (row,) = net.unmodelled
    assert (row.operator, row.shape) == ("a tensor made elsewhere", (3, 3))


def test_what_a_thread_raises_ends_the_forward_and_is_not_printed(capfd):
    def forward(x):
        thread = threading.Thread(target=lambda: x.reshape(999))
        thread.start()
        thread.join()
        return x

    with pytest.raises(InputError, match="shape") as error:
        cm.from_torch(forward, input_shape=(3, 5))
    assert "\n" not in str(error.value)
    assert "Traceback" not in capfd.readouterr().err


def test_everything_is_put_back():
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit
    methods = {name: getattr(Tensor, name) for name in EXITS}
    own = set(vars(Tensor))
    cm.from_torch(in_a_pool, input_shape=(3, 5))
    with pytest.raises(InputError):
        cm.from_torch(lambda x: x.reshape(999), input_shape=(3, 5))
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == (start, submit)
    assert {name: getattr(Tensor, name) for name in EXITS} == methods
    assert set(vars(Tensor)) == own


def test_a_formula_with_threads_is_right_or_refused():
    layer = nn.Conv2d(3, 4, 3)

    def forward(x):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(layer, x).result()

    net = cm.from_torch(forward, input_shape=(1, 3, 9, 11))
    assert net.macs == 4 * 27 * 7 * 9
    with pytest.raises(cm.CostModelError, match="no closed formula"):
        net.formula("macs")
