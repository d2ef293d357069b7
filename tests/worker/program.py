"""A program for job processes that needs no torch: the name of a run's loss says what happens in it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from costlab.catalogue import Catalogue, DatasetEntry, DeviceEntry
from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.home import home
from costlab.records import ConstantResult, Epoch, Prepared, Progress, RuleResult, TestResult
from costlab.specs import RunSpec

COST = CostMatrix.zero_one("ab")
RULE = RuleResult(accuracy=1.0, mean_cost=0.0, normalised_cost=0.0, confusion=[[1, 0], [0, 1]])
VERDICT = TestResult(argmax=RULE, least_expected_cost=RULE, best_constant=ConstantResult(decision="a", mean_cost=0.5))
FOREVER = 3600
SENT = 0.3  # seconds after which an event has left the process
STUCK = "no other thread runs from here on"
Stop = Callable[[], bool]


def warm(device: str) -> None:
    """Nothing is slow here; COSTLAB_TEST_WARM breaks it."""
    if sentence := os.environ.get("COSTLAB_TEST_WARM"):
        sys.exit(sentence)


def catalogues() -> Iterator[Catalogue]:
    """One data set that is missing, the devices that COSTLAB_TEST_DEVICES names, and one model that stacks."""
    devices = os.environ.get("COSTLAB_TEST_DEVICES", "cpu").split(",")
    stacks: Any = {"stack_gain": {"stacked on 1x4x4": 3.0}, "stack_limit": {"stacked on 1x4x4": 12}}
    missing = DatasetEntry(
        name="letters", title="Letters", description="", options={}, classes=["a", "b"], shape=(1, 4, 4), cost=COST,
        missing="It is not on this machine.", train_images=10,
    )  # fmt: skip
    offered = [DeviceEntry(name=name, title=name) for name in devices]
    yield Catalogue(losses=[], models=[], datasets=[missing], devices=offered, **stacks)


def train_stack(specs: Sequence[RunSpec], stop: Callable[[int], bool]) -> Iterator[tuple[int, Any]]:
    """All runs in turn, an event of each; a foreseen error ends its own run, any other one all of them."""
    runs = {place: train(spec, partial(stop, place)) for place, spec in enumerate(specs)}
    while runs:
        for place, run in list(runs.items()):
            try:
                yield place, next(run)
            except StopIteration:
                del runs[place]
            except CostlabError as error:
                del runs[place]
                yield place, error


def train(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Do what the loss is called; `device_name` tells the process."""
    yield Prepared(
        spec=spec.model_copy(update={"cost": COST}), device="cpu", device_name=str(os.getpid()), torch="none",
        parameters=1, classes=["a", "b"], counts=[1, 1], sizes={"train": 2, "valid": 2, "test": 2},
    )  # fmt: skip
    yield from globals()[spec.loss.name](spec, stop)


def save(folder: Path, prepared: Prepared, history: list[Epoch], outcome: Any) -> None:
    """One file that shows that this was called, with what."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "saved.txt").write_text(f"{len(history)} epochs")


def epoch(number: int) -> Epoch:
    return Epoch(
        epoch=number, seconds=0.0, train_loss=float("nan"), valid_loss=1.0, valid_accuracy=0.5, valid_cost=0.5,
        valid_least_expected_cost=0.5, valid_confusion=[[number, 0], [1, 1]],
    )  # fmt: skip


def quick(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """As many epochs as wanted, as fast as they can be said."""
    for number in range(1, spec.epochs + 1):
        yield Progress(fraction=number / spec.epochs, seconds=0.01 * number)
        yield epoch(number)
    yield SimpleNamespace(seconds=0.25, test=VERDICT)


def slow(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Three epochs that take longer together than an event needs to leave the process."""
    for number in range(1, 4):
        yield epoch(number)
        time.sleep(SENT)
    yield SimpleNamespace(seconds=0.25, test=VERDICT)


def patient(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """One epoch, then small steps until there is a file "go" in the home folder."""
    yield epoch(1)
    while not (home() / "go").exists():
        yield Progress(fraction=0.5, seconds=1.0)
        time.sleep(0.01)
    yield SimpleNamespace(seconds=0.25, test=VERDICT)


def nearly(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """One epoch and nearly all steps, then nothing until told to stop."""
    yield epoch(1)
    yield Progress(fraction=0.95, seconds=1.0)
    while not stop():
        time.sleep(0.01)
    raise CostlabError("Training was told to stop.")


def endless(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """One epoch, then small steps until told to stop."""
    yield epoch(1)
    while not stop():
        yield Progress(fraction=0.5, seconds=1.0)
        time.sleep(0.01)
    raise CostlabError("Training was told to stop.")


def stubborn(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Told to stop, it trips."""
    yield epoch(1)
    while not stop():
        time.sleep(0.01)
    raise ValueError("tripped")


def stuck(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """A batch that does not end."""
    yield epoch(1)
    time.sleep(FOREVER)


def stuck_in_c(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """A batch that does not end and lets no other thread of the process run: PyDLL keeps Python's lock."""
    yield epoch(1)
    time.sleep(SENT)
    print(STUCK, flush=True)
    ctypes.PyDLL(None).sleep(FOREVER)


def with_child(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Stuck, with a process of its own whose id is in the log."""
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({FOREVER})"])
    print(f"child {child.pid}", flush=True)
    yield epoch(1)
    child.wait()


def killed(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """The end that lack of memory brings."""
    yield epoch(1)
    print("allocating a lot", flush=True)
    time.sleep(SENT)
    os.kill(os.getpid(), signal.SIGKILL)


def crash(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """A fault in C code."""
    yield epoch(1)
    time.sleep(SENT)
    ctypes.string_at(0)


def leave(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """C code that ends the process."""
    yield epoch(1)
    print("giving up", flush=True)
    time.sleep(SENT)
    os._exit(3)


def sys_exit(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Python code that would like to end the process."""
    yield epoch(1)
    sys.exit("no more")


def refuse(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """An error with a sentence for the user."""
    yield epoch(1)
    raise CostlabError("The data set is on holiday.")


def fault(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """An error that nobody foresaw."""
    yield epoch(1)
    raise ValueError("bad luck")


def no_result(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Ends without saying how."""
    yield epoch(1)


def noisy(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Writes to standard output in every way there is, and reads standard input."""
    libc = ctypes.CDLL(None)
    for number in range(1, spec.epochs + 1):
        print(f'python {number} {{"kind": "ready"}}')
        libc.printf(b"from C %d\n", number)
        libc.fflush(None)
        subprocess.run([sys.executable, "-c", f"print('from a child {number}')"], check=True)
        os.write(1, b'half a line {"kind": ')  # what comes next must not be glued to it
        yield epoch(number)
    assert sys.stdin.read() == ""
    yield SimpleNamespace(seconds=0.25, test=VERDICT)


def chatty(spec: RunSpec, stop: Stop) -> Iterator[Any]:
    """Writes 4 MB."""
    for _ in range(4_000):
        sys.stderr.write("x" * 999 + "\n")
    print("the end", flush=True)
    yield epoch(1)
    raise CostlabError("It said too much.")
