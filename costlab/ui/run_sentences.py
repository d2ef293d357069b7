"""What happens to a run and what it cost, as sentences that can be read aloud. Plain text, no streamlit."""

from collections.abc import Sequence

import numpy as np

from costlab.costs import CostMatrix
from costlab.metrics import confusion_share
from costlab.records import TestResult
from costlab.store import Run
from costlab.ui.sentences import amount, count, duration, number

# In words, with an icon and a colour of Streamlit's badge; never a colour alone.
STATES = {
    "queued": ("Waiting", ":material/schedule:", "gray"),
    "starting": ("Starting", ":material/hourglass_top:", "blue"),
    "running": ("Training", ":material/autorenew:", "blue"),
    "succeeded": ("Done", ":material/check_circle:", "green"),
    "failed": ("Failed", ":material/error:", "red"),
    "cancelled": ("Cancelled", ":material/block:", "orange"),
}
MODES = {
    "counts": ("Counts", "how many images"),
    "row": ("Row %", "of the images of this truth"),
    "column": ("Column %", "of the images with this decision"),
    "total": ("Total %", "of all images"),
    "cost": ("Cost share", "of what all decisions cost: count times cost, over the total"),
}


def waiting(run: Run, runs: Sequence[Run], worker: bool) -> str:
    """Why a queued run does not run yet; `runs` are all that are known, `worker` whether one is there."""
    if not worker:
        return "No worker is running, so this run waits. It starts as soon as there is one."
    before = sum(other.state == "queued" and other.created < run.created for other in runs)
    busy = sum(other.state in ("starting", "running") for other in runs)
    if before:
        return f"Waiting in the queue; {count(before, 'run')} will start before it."
    return "Waiting in the queue; next to start" + (" when a run ends." if busy else ".")


def progress(run: Run, epoch: int, worker: bool) -> str:
    """How far training is: `epoch` epochs are done; `worker` says whether one is there."""
    if not worker:
        return "The worker has gone silent; this run goes on when a worker is back."
    if run.cancel_requested:
        return "Cancelling…"
    if run.state == "starting" or run.prepared is None:
        return "Starting: loading the images and building the model."
    text = f"{epoch} of {count(run.spec.epochs, 'epoch')} done, {percent(run.fraction)} of the training"
    if 0.03 < run.fraction < 1:
        text += f", about {duration(run.seconds * (1 / run.fraction - 1))} left"
    return text + "."


def cell_words(counts: np.ndarray, cost: CostMatrix, truth: int, decision: int) -> str:
    """What one cell of a confusion matrix `counts` (K, D) says.

    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR")
    >>> cell_words(np.array([[60, 25], [1, 14]]), cost, 1, 0)
    "1 image of 'crack' was called 'ok': it cost 100 EUR, 80 % of the total."
    """
    images, paid = int(counts[truth, decision]), float(counts[truth, decision] * cost.values[truth, decision])
    called = f"called '{cost.decisions[decision]}'"
    if decision >= len(cost.classes):
        called = f"decided '{cost.decisions[decision]}'"
    if not images:
        return f"No image of '{cost.classes[truth]}' was {called}."
    subject = f"{number(images)} image{'' if images == 1 else 's'} of '{cost.classes[truth]}'"
    verb, pronoun = ("was", "it") if images == 1 else ("were", "they")
    if paid == 0:
        return f"{subject} {verb} {called}: {pronoun} cost nothing."
    share = abs(confusion_share(counts, cost, "cost")[truth, decision])
    deed = "cost" if paid > 0 else "earned"
    return f"{subject} {verb} {called}: {pronoun} {deed} {amount(abs(paid), cost.unit)}, {percent(share)} of the total."


def percent(share: float) -> str:
    """A share as whole percents, but never 0 % of something.

    >>> percent(0.414), percent(0.002), percent(0)
    ('41 %', 'less than 1 %', '0 %')
    """
    return "less than 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def verdict(test: TestResult, images: int, unit: str) -> str:
    """What the test part shows, and what it does not show, about deciding by least expected cost."""
    blind, aware, constant = test.argmax.mean_cost, test.least_expected_cost.mean_cost, test.best_constant
    saved = blind - aware
    where = f"on {number(images)} test images"
    if saved == 0:
        said = f"Both rules cost the same {where}."
    elif blind > 0 and 0 <= aware <= 10 * blind:
        much = f"{'saved' if saved > 0 else 'cost'} {percent(abs(saved) / blind)} {'of' if saved > 0 else 'more than'}"
        said = f"Deciding by least expected cost {much} what argmax costs {where}."
    else:
        side = "less" if saved > 0 else "more"
        said = f"Deciding by least expected cost cost {amount(abs(saved), unit)} an image {side} than argmax {where}."
    if min(blind, aware) >= constant.mean_cost:
        said += f" Neither rule is cheaper than deciding '{constant.decision}' without looking at the images."
    return said + " How much of this is chance has not been worked out: do not read a small difference as real."
