"""Cost matrices as CSV (a table that a spreadsheet opens) and as JSON (everything, exactly)."""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from costlab.costs import ORIENTATION, CostMatrix
from costlab.doctor import MAX_CLASSES, Finding, doctor, read_cells
from costlab.errors import InvalidCosts, InvalidFile
from costlab.numbers import show_number

FORMAT = "costlab cost matrix"
MAX_BYTES = 20_000_000  # 1,000 x 1,000 cells of up to 20 characters
_TRUTH, _DECISION = r"(?:truth|true|true class|actual)", r"(?:decision|decided|called|predicted|prediction)"
_CORNER, _TRANSPOSED = (
    re.compile(rf"{rows}\s*\\\s*{columns}(?:\s*\((?P<unit>.*)\))?\s*", re.IGNORECASE)
    for rows, columns in ((_TRUTH, _DECISION), (_DECISION, _TRUTH))
)
_ROWS_DECIDE = re.compile(rf"{_DECISION}(?:\s*[/|].*)?", re.IGNORECASE)  # what some programs write before the rows


class Table(NamedTuple):
    """What stands in a cost file, before any cell of it is read: K rows of D cells, and the names.

    corner: what a CSV file says in its first cell.
    """

    cells: list[list[Any]]
    classes: list[str]
    decisions: list[str] | None
    unit: str = ""
    name: str = ""
    corner: str = ""

    def findings(self, beside: Mapping[str, CostMatrix] | None = None) -> list[Finding]:
        """All that the doctor says about it, and that its corner names the rows as decisions, if it does."""
        found = doctor(self.cells, self.classes, self.decisions, self.unit, beside)
        doubt = self.doubt()
        if doubt is None:
            return found
        errors = [finding for finding in found if finding.severity == "error"]
        return [*errors, doubt, *(f for f in found if f.severity == "warning" and f.name != doubt.name)]

    def doubt(self) -> Finding | None:
        """The warning that a corner such as `predicted` says the rows are decisions.

        >>> Table([["0", "1"], ["2", "0"]], ["ok", "crack"], None, corner="Predicted").doubt().name
        'swapped'
        """
        if not _ROWS_DECIDE.fullmatch(self.corner):
            return None
        sentence = (
            f"The first cell of the file reads '{self.corner:.40}', as if its rows were decisions. {ORIENTATION} "
            "If yours are the reverse, write decision \\ truth into that cell, and they are turned."
        )
        return Finding("warning", sentence, name="swapped")

    def matrix(self) -> CostMatrix:
        """The cost matrix. Raises InvalidCosts with the first thing that is wrong."""
        values, findings = read_cells(self.cells, self.classes, self.decisions)
        if findings:
            raise InvalidCosts(findings[0].sentence)
        decisions = None if self.decisions is None else tuple(self.decisions)
        return CostMatrix(values, tuple(self.classes), decisions, self.unit, self.name)  # type: ignore[arg-type]


def to_record(cost: CostMatrix) -> dict[str, Any]:
    """The matrix as plain lists and text; floats are exact."""
    return {
        "format": FORMAT,
        "orientation": ORIENTATION,
        "name": cost.name,
        "unit": cost.unit,
        "classes": list(cost.classes),
        "decisions": list(cost.decisions),
        "values": cost.rows(),
    }


def from_record(record: Any) -> CostMatrix:
    """The matrix of `to_record`. Raises InvalidFile or InvalidCosts (both ValueErrors) with one sentence."""
    return _record_table(record).matrix()


def _record_table(record: Any) -> Table:
    if not isinstance(record, dict) or record.get("format", FORMAT) != FORMAT:
        raise InvalidFile(f"Expected a {FORMAT} (a JSON object); got {str(record)[:40]!r}.")
    missing = [key for key in ("classes", "values") if not isinstance(record.get(key), list)]
    if missing:
        raise InvalidFile(f"A {FORMAT} needs the lists 'classes' and 'values'; {missing[0]!r} is missing.")
    values, classes, decisions = record["values"], record["classes"], record.get("decisions")
    if not isinstance(decisions, list | None):
        raise InvalidFile("The decisions of a cost matrix are a list of names.")
    if len(values) > MAX_CLASSES or any(not isinstance(row, list) for row in values):
        raise InvalidFile(f"The values of a {FORMAT} are a list of up to {MAX_CLASSES} rows, each a list of numbers.")
    names = [classes, decisions or []]
    if any(not isinstance(name, str) for group in names for name in group):
        raise InvalidFile("The names of classes and decisions are texts in quotation marks.")
    return Table(values, classes, decisions, str(record.get("unit", "")), str(record.get("name", "")))


def to_json(cost: CostMatrix) -> str:
    """JSON text of `to_record`."""
    return json.dumps(to_record(cost), indent=1, ensure_ascii=False)


def from_json(text: str | bytes) -> CostMatrix:
    """The matrix in a JSON text. Raises InvalidFile or InvalidCosts."""
    return json_table(text).matrix()


def json_table(text: str | bytes) -> Table:
    """The table in a JSON text. Raises InvalidFile when there is none."""
    try:
        record = json.loads(_decoded(text))
    except json.JSONDecodeError as error:
        raise InvalidFile(f"This is not JSON: line {error.lineno}, {error.msg.lower()}.") from error
    except RecursionError as error:
        raise InvalidFile("This JSON is nested too deeply for a cost matrix.") from error
    return _record_table(record)


def to_csv(cost: CostMatrix) -> str:
    """CSV text, comma-separated; the corner reads `truth \\ decision (unit)`."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(["truth \\ decision" + (f" ({cost.unit})" if cost.unit else ""), *cost.decisions])
    for truth, row in zip(cost.classes, cost.rows(), strict=True):
        write([truth, *(show_number(value) for value in row)])
    return out.getvalue()


def from_csv(text: str | bytes, unit: str = "", name: str = "") -> CostMatrix:
    """The matrix in a table with names in its first row and column, separated by commas, semicolons or tabs.

    Columns may stand in another order than the rows; a corner that reads `decision \\ truth` is transposed back.
    Raises InvalidFile or InvalidCosts.
    """
    table = csv_table(text)
    return table._replace(unit=unit or table.unit, name=name).matrix()


def csv_table(text: str | bytes) -> Table:
    """The table in a CSV text, as `from_csv` takes it. Raises InvalidFile when there is none."""
    rows = [row for row in _rows(_decoded(text)) if any(cell.strip() for cell in row)]
    if len(rows) < 3 or len(rows[0]) < 3:
        raise InvalidFile(
            "Expected a table with the names of the decisions in its first row and of the truths in its first column, "
            f"at least 2 of each; got {len(rows)} rows and {len(rows[0]) if rows else 0} columns."
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InvalidFile(f"Row {number} has {len(row)} cells; expected {len(rows[0])} as in the first row.")
    if transposed := _TRANSPOSED.fullmatch(rows[0][0].strip()):
        rows = [list(column) for column in zip(*rows, strict=True)]
    corner = transposed or _CORNER.fullmatch(rows[0][0].strip())
    classes = [row[0].strip() for row in rows[1:]]
    decisions = [cell.strip() for cell in rows[0][1:]]
    order = _order(classes, decisions)
    cells = [[row[1 + d] for d in order] for row in rows[1:]]
    unit = (corner["unit"] or "") if corner else ""
    return Table(cells, classes, [decisions[d] for d in order], unit, corner=rows[0][0].strip())


def _order(classes: list[str], decisions: list[str]) -> list[int]:
    """The columns, classes first and in the order of the rows; untouched where that cannot be (the doctor says why)."""
    if len(decisions) > MAX_CLASSES or len(set(decisions)) < len(decisions) or not set(classes) <= set(decisions):
        return list(range(len(decisions)))
    return [decisions.index(c) for c in classes] + [d for d, n in enumerate(decisions) if n not in classes]


def _decoded(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise InvalidFile(
            f"A cost matrix file has up to {MAX_BYTES // 1_000_000} MB; this one has {len(text) // 1_000_000}."
        )
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile("This file is not text in UTF-8; save it as CSV (UTF-8) or JSON.") from error


def _rows(text: str) -> list[list[str]]:
    """The table, split at the separator that the first line uses most."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max("\t;,", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text.strip("\r\n")), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InvalidFile(f"This is not a CSV table: {error}.") from error
