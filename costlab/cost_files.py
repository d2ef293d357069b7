"""Cost matrices as CSV (a table that a spreadsheet opens) and as JSON (everything, exactly)."""

import csv
import io
import json
import re
from typing import Any

import numpy as np

from costlab.costs import ORIENTATION, CostMatrix
from costlab.doctor import MAX_CLASSES, read_cells
from costlab.errors import InvalidCosts, InvalidFile
from costlab.numbers import show_number

FORMAT = "costlab cost matrix"
MAX_BYTES = 20_000_000  # 1,000 x 1,000 cells of up to 20 characters
_CORNER = re.compile(r"truth\s*\\\s*decision(?:\s*\((?P<unit>.*)\))?\s*", re.IGNORECASE)
_TRANSPOSED = re.compile(r"decision\s*\\\s*truth(?:\s*\((?P<unit>.*)\))?\s*", re.IGNORECASE)


def to_record(cost: CostMatrix) -> dict[str, Any]:
    """The matrix as plain lists and text; floats are exact."""
    return {
        "format": FORMAT,
        "orientation": ORIENTATION,
        "name": cost.name,
        "unit": cost.unit,
        "classes": list(cost.classes),
        "decisions": list(cost.decisions),
        "values": cost.values.tolist(),
    }


def from_record(record: Any) -> CostMatrix:
    """The matrix of `to_record`. Raises InvalidFile or InvalidCosts (both ValueErrors) with one sentence."""
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
    table, findings = read_cells(values, classes, decisions)
    if findings:
        raise InvalidCosts(findings[0].sentence)
    unit, name = str(record.get("unit", "")), str(record.get("name", ""))
    return CostMatrix(table, tuple(classes), None if decisions is None else tuple(decisions), unit, name)  # type: ignore[arg-type]


def to_json(cost: CostMatrix) -> str:
    """JSON text of `to_record`."""
    return json.dumps(to_record(cost), indent=1, ensure_ascii=False)


def from_json(text: str | bytes) -> CostMatrix:
    """The matrix in a JSON text. Raises InvalidFile or InvalidCosts."""
    try:
        record = json.loads(_decoded(text))
    except json.JSONDecodeError as error:
        raise InvalidFile(f"This is not JSON: line {error.lineno}, {error.msg.lower()}.") from error
    except RecursionError as error:
        raise InvalidFile("This JSON is nested too deeply for a cost matrix.") from error
    return from_record(record)


def to_csv(cost: CostMatrix) -> str:
    """CSV text, comma-separated; the corner reads `truth \\ decision (unit)`."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(["truth \\ decision" + (f" ({cost.unit})" if cost.unit else ""), *cost.decisions])
    for truth, row in zip(cost.classes, cost.values, strict=True):
        write([truth, *(show_number(value) for value in row)])
    return out.getvalue()


def from_csv(text: str | bytes, unit: str = "", name: str = "") -> CostMatrix:
    """The matrix in a table with names in its first row and column, separated by commas, semicolons or tabs.

    Columns may stand in another order than the rows; a corner that reads `decision \\ truth` is transposed back.
    """
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
    values, findings = read_cells(
        [[row[1 + d] for d in order] for row in rows[1:]], classes, [decisions[d] for d in order]
    )
    if findings:
        raise InvalidCosts(findings[0].sentence)
    unit = unit or ((corner["unit"] or "") if corner else "")
    return CostMatrix(np.array(values), tuple(classes), tuple(decisions[d] for d in order), unit, name)


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
