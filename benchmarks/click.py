"""From the click on "Train" to the result, against a textbook script: `python -m benchmarks.click [--repeats 5]`.

costlab: a worker of its own, warm and on a machine that has been measured, is given a run of 10 epochs on digits as the
Train page does it; the clock stops when the store holds the verdict on the test part. The textbook: a fresh Python
process that imports what it needs and trains the same in the loop of the tutorials. They take turns.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median

from benchmarks.machine import summary, versions

SCRIPT = """
from benchmarks.textbook import train_textbook
from costlab.datasets import DATASETS
from costlab.specs import RunSpec
print(train_textbook(DATASETS["digits"].make(), RunSpec(batch_size=64, epochs={epochs}, seed={seed})).trace())
"""
POLL = 0.01  # seconds; looking more often takes the processor from the training


def until(done: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait for `done`. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {seconds:g} s in vain.")
        time.sleep(POLL)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["COSTLAB_HOME"] = home
        from costlab.specs import RunSpec
        from costlab.store import Store
        from costlab.training.catalogue import catalogues
        from costlab.worker.service import WorkerService

        for _ in catalogues():  # what a worker measures on its first day, 6 s, is measured before
            pass
        store, service = Store(), WorkerService()
        service.start()

        def idle() -> bool:
            slots = [slot for worker in store.workers() if worker.alive for slot in worker.slots]
            return bool(slots) and all(slot.state == "idle" for slot in slots)

        def click(seed: int) -> tuple[float, float]:
            began = time.perf_counter()
            id = store.add(RunSpec(dataset="digits", batch_size=64, epochs=arguments.epochs, seed=seed))
            until(lambda: not store.run(id).active)
            waited = time.perf_counter() - began
            run = store.run(id)
            if run.test is None:
                raise SystemExit(f"The run ended as {run.state}: {run.reason}")
            return waited, run.seconds

        def cold(seed: int) -> float:
            began = time.perf_counter()
            script = SCRIPT.format(epochs=arguments.epochs, seed=seed)
            subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - began

        try:
            until(idle)
            click(0)
            pairs = []
            for seed in range(arguments.repeats):
                until(idle)
                pairs.append((*click(seed), cold(seed)))
        finally:
            service.stop()
    warm, training, textbook = (list(column) for column in zip(*pairs, strict=True))
    ratios = [theirs / ours for ours, _, theirs in pairs]
    print(f"{versions()}; {arguments.epochs} epochs on digits, {arguments.repeats} turns\n")
    print("| click to result, warm | of this, training | cold textbook process | ratio |\n|---|---|---|---|")
    print(f"| {summary(warm)} s | {median(training):.2f} s | {summary(textbook)} s | {summary(ratios)} |")


if __name__ == "__main__":
    main()
