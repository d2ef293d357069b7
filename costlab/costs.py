"""What each mistake costs: `CostMatrix`, its presets, and the one normalisation that losses see.

Orientation, once and everywhere: `values[t, d]` is what it costs to decide `d` when the truth is `t`. Rows are the
truth, columns the decision, as in scikit-learn's `confusion_matrix` (Elkan 2001 writes the transpose).
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from costlab.doctor import MAX_COST, name_findings, read_cells, shape_finding
from costlab.errors import InvalidCosts

if TYPE_CHECKING:
    import numpy as np
else:
    from costlab import arrays as np

ORIENTATION = "Rows are the truth, columns the decision."


@dataclass(frozen=True, eq=False)
class CostMatrix:
    """The cost of every decision for every truth; frozen, and checked when it is made.

    It keeps its numbers as bytes; `values` shows them as an array from the first time it is asked for. So a process
    that reads matrices and passes them on, as the dispatcher does, needs no numpy.

    values: (K, D) finite numbers in `unit`, `values[t, d]` the cost of deciding `d` when the truth is `t`.
    classes: K names. decisions: D >= K names that begin with the classes; further ones are extra decisions
    such as "refer to a human". unit: "EUR", "minutes"; name: how it is called on screens.
    Raises InvalidCosts naming the first faulty cell.

    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR")
    >>> cost.paid([1, 0], [0, 0]).tolist()           # a missed crack, a good part called good
    [100.0, 0.0]
    >>> cost.expected([[0.98, 0.02]]).tolist()       # "ok" costs 2, "crack" 0.98: call it a crack
    [[2.0, 0.98]]
    """

    values: np.ndarray
    classes: tuple[str, ...]
    decisions: tuple[str, ...] = field(default=None)  # type: ignore[assignment,arg-type]  # None: the classes
    unit: str = ""
    name: str = ""
    _numbers: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        classes = tuple(str(name) for name in self.classes)
        decisions = classes if self.decisions is None else tuple(str(name) for name in self.decisions)
        numbers = _checked(self.values, classes, decisions)
        for label, text in (("unit", self.unit), ("name", self.name)):
            if len(text) > 80:
                raise InvalidCosts(f"The {label} of a cost matrix has up to 80 characters; got {len(text)}.")
        object.__delattr__(self, "values")  # what was given; `__getattr__` makes the array
        object.__setattr__(self, "_numbers", numbers)
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "decisions", decisions)

    if not TYPE_CHECKING:  # else every attribute would pass for one that a matrix has

        def __getattr__(self, name: str) -> Any:
            """`values`, the first time; it cannot be written to, as its bytes cannot."""
            if name != "values":
                raise AttributeError(f"A cost matrix has no '{name}'.")
            values = np.frombuffer(self._numbers).reshape(len(self.classes), len(self.decisions))
            object.__setattr__(self, "values", values)
            return values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CostMatrix) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return self._numbers, self.classes, self.decisions, self.unit, self.name

    def rows(self) -> list[list[float]]:
        """`values` as K lists of D numbers."""
        shape = len(self.classes), len(self.decisions)
        return memoryview(self._numbers).cast("d", shape).tolist()  # type: ignore[return-value]  # of floats, by "d"

    @property
    def square(self) -> np.ndarray:
        """(K, K): the part that a model's own decisions can cost, without the extra decisions."""
        return self.values[:, : len(self.classes)]

    def expected(self, probs: np.ndarray) -> np.ndarray:
        """(N, D): what each decision is expected to cost, `sum_t probs[n, t] values[t, d]`, for `probs` (N, K)."""
        return np.asarray(probs) @ self.values

    def paid(self, target: np.ndarray, decided: np.ndarray) -> np.ndarray:
        """(N,): what each decision did cost, for `target` (N,) in 0..K-1 and `decided` (N,) in 0..D-1."""
        return self.values[np.asarray(target, dtype=np.intp), np.asarray(decided, dtype=np.intp)]

    def normalised(self) -> np.ndarray:
        """(K, D) float32, what losses see: each row's minimum moved to 0, then divided by the mean off the diagonal.

        Neither step changes which decision is best. All zeros stay all zeros; where mistakes are (next to) free and
        only right answers cost, the largest value divides instead of the mean.

        >>> CostMatrix([[1, 3], [5, 1]], "ab").normalised().tolist()
        [[0.0, 0.6666666865348816], [1.3333333730697632, 0.0]]
        """
        shifted = self.values - self.values.min(axis=1, keepdims=True)
        mean, largest = shifted[np.eye(*shifted.shape) == 0].mean(), shifted.max()
        scale = mean if mean > 1e-9 * largest else largest
        return (shifted / scale if scale > 0 else shifted).astype(np.float32)

    def replaced(self, truth: int, decision: int, value: float) -> CostMatrix:
        """The same matrix with one cost changed."""
        values = self.values.copy()
        values[truth, decision] = value
        return replace(self, values=values)

    def for_classes(self, classes: Sequence[str]) -> CostMatrix:
        """The same costs with the rows in the order of `classes`. Raises InvalidCosts when the names differ."""
        wanted = tuple(str(name) for name in classes)
        if wanted == self.classes:
            return self
        if sorted(wanted) != sorted(self.classes):
            raise InvalidCosts(
                f"The cost matrix is about {_listed(self.classes)}, the data about {_listed(wanted)}; "
                "the class names must be the same."
            )
        order = [self.classes.index(name) for name in wanted]
        columns = order + list(range(len(wanted), len(self.decisions)))
        decisions = wanted + self.decisions[len(wanted) :]
        return replace(self, values=self.values[np.ix_(order, columns)], classes=wanted, decisions=decisions)

    # Presets -----------------------------------------------------------------------------------------------------

    @classmethod
    def zero_one(cls, classes: Sequence[str], unit: str = "", name: str = "every mistake costs 1") -> CostMatrix:
        """Every mistake costs 1, so the mean cost is the error rate."""
        return cls(1.0 - np.eye(len(classes)), tuple(classes), unit=unit, name=name)

    @classmethod
    def ordinal(cls, classes: Sequence[str], power: float = 1.0, unit: str = "", name: str = "") -> CostMatrix:
        """`|t - d| ** power`: the further off, the dearer. Raises InvalidCosts unless power is above 0.

        >>> CostMatrix.ordinal("abc", power=2).values[0].tolist()
        [0.0, 1.0, 4.0]
        """
        if not power > 0:
            raise InvalidCosts(f"The power of ordinal costs must be above 0; got {power}.")
        steps = np.arange(len(classes), dtype=float)
        with np.errstate(over="ignore"):  # an overflow becomes infinite, which the check refuses by cell
            values = np.abs(steps[:, None] - steps) ** power
        return cls(values, tuple(classes), unit=unit, name=name or f"distance to the power {power:g}")

    @classmethod
    def one_dear(
        cls, classes: Sequence[str], dear: str, factor: float = 50.0, unit: str = "", name: str = ""
    ) -> CostMatrix:
        """Missing the class `dear` costs `factor`, every other mistake 1."""
        if dear not in classes:
            raise InvalidCosts(f"'{dear}' is not a class; choose one of {_listed(classes)}.")
        weights = {dear: factor}
        values = [[weights.get(t, 1.0) if t != d else 0.0 for d in classes] for t in classes]
        return cls(np.array(values), tuple(classes), unit=unit, name=name or f"missing '{dear}' costs {factor:g}")

    @classmethod
    def from_rows(cls, classes: Sequence[str], weights: Sequence[float], unit: str = "", name: str = "") -> CostMatrix:
        """Class weights as costs: every mistake on class `t` costs `weights[t]`."""
        if len(weights) != len(classes):
            raise InvalidCosts(f"Expected {len(classes)} class weights, one a class; got {len(weights)}.")
        values = np.asarray(weights, dtype=float)[:, None] * (1.0 - np.eye(len(classes)))
        return cls(values, tuple(classes), unit=unit, name=name or "from class weights")

    @classmethod
    def from_groups(
        cls,
        classes: Sequence[str],
        groups: Mapping[str, str],
        within: float = 1.0,
        between: float = 10.0,
        unit: str = "",
        name: str = "",
    ) -> CostMatrix:
        """A mistake inside a group costs `within`, one across groups `between`; `groups` names each class's group."""
        missing = [c for c in classes if c not in groups]
        if missing:
            raise InvalidCosts(f"Every class needs a group; {_listed(missing)} has none.")
        values = [[0.0 if t == d else within if groups[t] == groups[d] else between for d in classes] for t in classes]
        return cls(np.array(values), tuple(classes), unit=unit, name=name or "grouped")

    def with_referral(self, cost: float, name: str = "refer to a human") -> CostMatrix:
        """The same matrix with one more decision, which costs `cost` whatever the truth."""
        column = np.full((len(self.classes), 1), cost)
        return replace(self, values=np.hstack([self.values, column]), decisions=(*self.decisions, name))

    # Files -------------------------------------------------------------------------------------------------------

    @classmethod
    def from_json(cls, text: str | bytes) -> CostMatrix:
        """The matrix that `to_json` wrote. Raises InvalidFile or InvalidCosts with one sentence."""
        from costlab.cost_files import from_json

        return from_json(text)

    def to_json(self) -> str:
        """JSON text, with the orientation said in it."""
        from costlab.cost_files import to_json

        return to_json(self)

    @classmethod
    def from_csv(cls, text: str | bytes, unit: str = "", name: str = "") -> CostMatrix:
        """The matrix of a table whose first row and column carry the names. Raises InvalidFile or InvalidCosts."""
        from costlab.cost_files import from_csv

        return from_csv(text, unit=unit, name=name)

    def to_csv(self) -> str:
        """CSV text: first row the decisions, first column the truths, the corner says so and carries the unit."""
        from costlab.cost_files import to_csv

        return to_csv(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Inside pydantic models a matrix reads from and writes to the dictionary of `to_json`."""
        from costlab.cost_files import from_record, to_record

        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else from_record(value),
            serialization=core_schema.plain_serializer_function_ser_schema(to_record),
        )


def _listed(names: Sequence[str]) -> str:
    shown = [f"'{name}'" for name in names[:6]]
    return ", ".join(shown) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _checked(values: Any, classes: tuple[str, ...], decisions: tuple[str, ...]) -> bytes:
    """`values` as the bytes of K times D float64, row by row, or InvalidCosts with the first sentence of the doctor.

    -0.0 becomes 0.0: they compare equal, so they must hash equal.
    """
    if not _nested(values):
        given = np.asarray(values) if hasattr(values, "dtype") else np.array(values, dtype=object)
        findings = name_findings(classes, decisions)
        if not findings and (wrong := shape_finding(given.shape, classes, decisions)):
            findings = [wrong]
        if findings:
            raise InvalidCosts(findings[0].sentence)
        if given.dtype.kind in "iuf" and (np.abs(given) <= MAX_COST).all():
            return (given.astype(np.float64) + 0.0).tobytes()
        values = given.tolist()
    rows, findings = read_cells(values, classes, decisions)
    if findings:
        raise InvalidCosts(findings[0].sentence)
    return array("d", (number + 0.0 for number in chain.from_iterable(rows))).tobytes()


def _nested(values: Any) -> bool:
    """Whether these are rows in a list, as files and JSON hold them."""
    return isinstance(values, list | tuple) and all(isinstance(row, list | tuple) for row in values)
