"""What decisions cost: confusion, mean cost, normalised cost, the best constant decision. numpy only."""

from typing import Literal, get_args

import numpy as np

from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.records import ConstantResult, RuleResult, TestResult

ShareMode = Literal["counts", "row", "column", "total", "cost"]
SHARE_MODES: tuple[ShareMode, ...] = get_args(ShareMode)


def confusion(target: np.ndarray, decided: np.ndarray, cost: CostMatrix) -> np.ndarray:
    """(K, D) int64: how often truth `t` was decided `d`; for D = K the same as scikit-learn's `confusion_matrix`.

    >>> confusion([0, 1, 1], [0, 0, 1], CostMatrix.zero_one("ab")).tolist()
    [[1, 0], [1, 1]]
    """
    k, d = cost.values.shape
    cells = np.asarray(target, dtype=np.int64) * d + np.asarray(decided, dtype=np.int64)
    return np.bincount(cells, minlength=k * d).reshape(k, d)


def total_cost(counts: np.ndarray, cost: CostMatrix) -> float:
    """What a confusion matrix `counts` (K, D) costs in all, in the matrix's unit."""
    return float((np.asarray(counts) * cost.values).sum())


def mean_cost(counts: np.ndarray, cost: CostMatrix) -> float:
    """Cost an example of a confusion matrix `counts` (K, D). Raises ValueError when it is empty.

    >>> mean_cost([[98, 0], [2, 0]], CostMatrix([[0, 1], [100, 0]], "ab"))
    2.0
    """
    number = np.asarray(counts).sum()
    if number == 0:
        raise ValueError("The mean cost of no examples is not defined; give at least one.")
    return total_cost(counts, cost) / float(number)


def confusion_share(counts: np.ndarray, cost: CostMatrix, mode: ShareMode) -> np.ndarray:
    """(K, D): the cells of a confusion matrix `counts` (K, D) as they are ("counts"), or as shares between 0 and 1.

    "row" is of the images of that truth, "column" of those so decided, "total" of all images; a share of nothing is 0.
    "cost" is what the cell costs (count x cost) of what all cells cost; where some costs are negative (gains), of their
    sizes, so that shares keep their sign and lie between -1 and 1. Raises ValueError for an unknown mode.

    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> confusion_share([[60, 20], [1, 19]], cost, "row").tolist()
    [[0.75, 0.25], [0.05, 0.95]]
    >>> confusion_share([[60, 25], [1, 14]], cost, "cost").tolist()   # 25 false alarms cost 25, one missed crack 100
    [[0.0, 0.2], [0.8, 0.0]]
    """
    counts = np.asarray(counts, dtype=np.float64)
    parts = counts * cost.values if mode == "cost" else counts
    if mode == "counts":
        return counts
    if mode in ("row", "column"):
        whole = counts.sum(axis=1 if mode == "row" else 0, keepdims=True)
    elif mode in ("total", "cost"):
        whole = np.abs(parts).sum(keepdims=True)
    else:
        raise ValueError(f"There is no mode '{mode}'; choose one of {', '.join(SHARE_MODES)}.")
    return np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0)


def best_constant(counts: np.ndarray, cost: CostMatrix) -> tuple[int, float]:
    """The decision that is cheapest when made for every example, and its mean cost; ties go to the first.

    counts: (K,) examples a class.
    """
    counts = np.asarray(counts, dtype=np.float64)
    if counts.sum() == 0:
        raise ValueError("The best constant decision for no examples is not defined; give at least one.")
    means = counts @ cost.values / counts.sum()
    return int(means.argmin()), float(means.min())


def normalised_cost(counts: np.ndarray, cost: CostMatrix) -> float:
    """Mean cost divided by that of the best constant decision: below 1, looking at the images paid.

    Where the best constant decision is free, 0 if the decisions are free too, else infinity.
    """
    constant = best_constant(np.asarray(counts).sum(axis=1), cost)[1]
    paid = mean_cost(counts, cost)
    if constant == 0:
        return 0.0 if paid == 0 else float("inf")
    return paid / constant


def accuracy(counts: np.ndarray) -> float:
    """Share of examples on the diagonal of a confusion matrix (K, D); an extra decision is never right."""
    counts = np.asarray(counts)
    return float(np.trace(counts) / counts.sum())


def judge_rule(rule: str, probs: np.ndarray, target: np.ndarray, cost: CostMatrix) -> RuleResult:
    """What an unfitted rule of `RULES` pays for `probs` (N, K) of `target` (N,)."""
    counts = confusion(target, RULES[rule].make().decide(probs, cost), cost)
    return RuleResult(
        accuracy=accuracy(counts),
        mean_cost=mean_cost(counts, cost),
        normalised_cost=normalised_cost(counts, cost),
        confusion=counts.tolist(),
    )


def judge(probs: np.ndarray, target: np.ndarray, cost: CostMatrix) -> TestResult:
    """The verdict on a test part: cost-blind, cost-aware, and without looking at all."""
    decision, mean = best_constant(np.bincount(target, minlength=len(cost.classes)), cost)
    return TestResult(
        argmax=judge_rule("argmax", probs, target, cost),
        least_expected_cost=judge_rule("least_expected_cost", probs, target, cost),
        best_constant=ConstantResult(decision=cost.decisions[decision], mean_cost=mean),
    )
