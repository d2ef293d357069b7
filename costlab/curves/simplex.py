"""Three classes as a triangle: images as points by their probabilities, decisions as the convex regions they win."""

from dataclasses import dataclass

import numpy as np

from costlab.costs import CostMatrix

MOST = 1500  # points drawn: more than that hide each other
HALF = 0.5  # of its probability an image must have on the three classes, to be a point of their triangle
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])  # on the page: an even triangle with sides of 1
NOTHING = 1e-12  # of the triangle's area: rounding


@dataclass(frozen=True)
class Region:
    """Where one decision has the least expected cost: corners (M, 3) as probabilities, in order; share of the area."""

    decision: int
    corners: np.ndarray
    share: float


@dataclass(frozen=True)
class Simplex:
    """The triangle of three of K classes; with more than three, the others have no probability in it.

    classes: their names; three: their places; names: of all K. decisions: names of all D. regions: of the decisions
    that win somewhere, in their order. rows: (n,) images drawn. points: (n, 3) their probabilities, made to sum to 1.
    target, decided: (n,) places. paid, expected: (n,) what each decision cost, and was expected to by all K
    probabilities. on_three: how many of `total` images have half of their probability or more on the three; of these n
    are drawn, by lot.
    """

    classes: tuple[str, str, str]
    three: tuple[int, int, int]
    names: tuple[str, ...]
    decisions: tuple[str, ...]
    regions: tuple[Region, ...]
    rows: np.ndarray
    points: np.ndarray
    target: np.ndarray
    decided: np.ndarray
    paid: np.ndarray
    expected: np.ndarray
    on_three: int
    total: int
    unit: str

    @property
    def wrong(self) -> np.ndarray:
        """(n,) bool: called another class than it is. An extra decision, such as to refer, is not wrong."""
        return (self.decided < len(self.names)) & (self.decided != self.target)


def triangle(
    probs: np.ndarray,
    target: np.ndarray,
    decided: np.ndarray,
    cost: CostMatrix,
    three: tuple[int, int, int] = (0, 1, 2),
    most: int = MOST,
    seed: int = 0,
) -> Simplex:
    """The triangle of the classes `three` for `probs` (N, K), `target` (N,) and decisions (N,).

    Same seed, same images drawn.

    >>> made = triangle(np.array([[0.2, 0.5, 0.3]]), [1], [1], CostMatrix.zero_one("abc"))
    >>> [round(region.share, 3) for region in made.regions], made.points.round(3).tolist()
    ([0.333, 0.333, 0.333], [[0.2, 0.5, 0.3]])
    """
    probs, target, decided = np.asarray(probs), np.asarray(target, dtype=np.intp), np.asarray(decided, dtype=np.intp)
    on_three = probs[:, three].sum(axis=1)
    rows = np.flatnonzero(on_three >= HALF)
    known = len(rows)
    if known > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    seen, each = probs[rows], np.arange(len(rows))
    return Simplex(
        classes=(cost.classes[three[0]], cost.classes[three[1]], cost.classes[three[2]]),
        three=three,
        names=cost.classes,
        decisions=cost.decisions,
        regions=decision_regions(cost.values[list(three)]),
        rows=rows,
        points=seen[:, three] / on_three[rows, None],
        target=target[rows],
        decided=decided[rows],
        paid=cost.paid(target[rows], decided[rows]),
        expected=cost.expected(seen)[each, decided[rows]],
        on_three=known,
        total=len(probs),
        unit=cost.unit,
    )


def decision_regions(values: np.ndarray) -> tuple[Region, ...]:
    """Where each decision has the least expected cost `p @ values[:, d]` over all p of three classes; values: (3, D).

    Each region is the triangle cut by D - 1 straight lines (Sutherland and Hodgman 1974), exactly up to rounding.
    Together they cover the triangle without overlap; of decisions that cost the same everywhere the first has it all.

    >>> (region,) = decision_regions(np.array([[0, 1], [0, 1], [0, 1]]))
    >>> region.decision, region.corners.tolist(), region.share
    (0, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 1.0)
    """
    values = np.asarray(values, dtype=np.float64)
    scale = np.abs(values - values.min(axis=1, keepdims=True)).max() or 1.0
    regions = []
    for decision in range(values.shape[1]):
        corners = np.eye(3)
        dearer = (values - values[:, [decision]]) / scale  # (3, D) by how much the others are, in each corner
        same = (np.abs(dearer) <= NOTHING).all(axis=0)
        if same[:decision].any():
            continue
        for other in np.flatnonzero(~same):
            corners = _cut(corners, corners @ dearer[:, other])
            if not len(corners):
                break
        if (share := _share(corners)) > NOTHING:
            regions.append(Region(decision, corners, share))
    return tuple(regions)


def on_page(points: np.ndarray) -> np.ndarray:
    """(n, 2): where probabilities (n, 3) lie in an even triangle with sides of 1.

    >>> on_page(np.array([[0.5, 0.5, 0.0]])).tolist()
    [[0.5, 0.0]]
    """
    return np.asarray(points) @ CORNERS


def _cut(corners: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """The part of a convex polygon (M, 3) whose `heights` (M,), linear over it, are not below 0."""
    kept = []
    for place in range(len(corners)):
        here, there = heights[place - 1], heights[place]
        if here * there < 0:  # the edge crosses the line
            kept.append(corners[place - 1] + (corners[place] - corners[place - 1]) * (here / (here - there)))
        if there >= 0:
            kept.append(corners[place])
    return np.array(kept).reshape(-1, 3)


def _share(corners: np.ndarray) -> float:
    """The area of a polygon (M, 3), as a share of the triangle's (the shoelace formula)."""
    if len(corners) < 3:
        return 0.0
    x, y = corners[:, 0], corners[:, 1]  # two of three probabilities: areas change by one factor
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
