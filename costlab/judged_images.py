"""Single test images in a scenario: how likely each class is, what each decision was expected to cost, and did cost."""

from dataclasses import dataclass

import numpy as np

from costlab.fitted import Fitted
from costlab.scenario import Answer, case_of

Cell = tuple[int, int]  # truth, decision


@dataclass(frozen=True)
class JudgedImage:
    """One image of the test part. Costs are in the matrix's unit, without weights.

    row: its place in the test part. index: its place in the data set. truth: a class, decided: a decision, by position.
    probs: (K,), as the rule saw them. expected: (D,), what each decision is expected to cost at `probs`. true: (D,),
    what each costs, as the truth is what it is.
    """

    row: int
    index: int
    truth: int
    decided: int
    probs: np.ndarray
    expected: np.ndarray
    true: np.ndarray

    @property
    def likeliest(self) -> int:
        """The class that the model holds for likeliest."""
        return int(self.probs.argmax())


def seen_probs(fitted: Fitted, answer: Answer) -> np.ndarray:
    """(N, K): the probabilities that the rule of a scenario decides by: calibrated, and moved to its class shares."""
    return fitted.seen(answer.scenario.recipe, case_of(fitted, answer.scenario).priors)


def judged_image(fitted: Fitted, answer: Answer, probs: np.ndarray, row: int) -> JudgedImage:
    """The image in a row of the test part; probs: (N, K) of `seen_probs`."""
    truth = int(fitted.test.target[row])
    return JudgedImage(
        row=row,
        index=int(fitted.test.index[row]),
        truth=truth,
        decided=int(answer.decided[row]),
        probs=probs[row],
        expected=answer.cost.expected(probs[row : row + 1])[0],
        true=answer.cost.values[truth],
    )


def costliest_cell(answer: Answer) -> Cell | None:
    """The cell whose images cost most in all; the fullest where none costs anything, None where no image is tested."""
    paid = answer.counts * answer.weights[:, None] * answer.cost.values
    most = paid if paid.max() > 0 else answer.counts
    truth, decision = np.unravel_index(int(most.argmax()), most.shape)
    return (int(truth), int(decision)) if answer.counts[truth, decision] else None
