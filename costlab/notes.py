"""Notes on a cost matrix: why a cell costs what it costs, in the words of those who agreed to it.

Stored by position, "truth.decision", as `{"1.0": "a recall"}`; where the order of classes changes, a note follows its
names. In a JSON file they stand beside the costs, by name.
"""

import json
from collections.abc import Mapping
from typing import Any

from costlab.costs import CostMatrix
from costlab.errors import InvalidCosts

MAX_NOTE = 500  # characters
Notes = dict[str, str]
Cell = tuple[int, int]


def key(cell: Cell) -> str:
    """The name of a cell in notes.

    >>> key((3, 0))
    '3.0'
    """
    return f"{cell[0]}.{cell[1]}"


def checked_notes(notes: Any, cost: CostMatrix) -> Notes:
    """Notes on cells of `cost`, without empty ones. Raises InvalidCosts where they are about no cell, or too long.

    >>> checked_notes({"1.0": " a recall ", "0.1": ""}, CostMatrix.zero_one("ab"))
    {'1.0': 'a recall'}
    """
    if not isinstance(notes, Mapping):
        raise InvalidCosts(f"The notes on costs are texts by cell, like {{'1.0': 'a recall'}}; got {notes!s:.40}.")
    cells = {key((t, d)) for t in range(len(cost.classes)) for d in range(len(cost.decisions))} if notes else set()
    kept = {}
    for place, note in notes.items():
        if place not in cells or not isinstance(note, str):
            raise InvalidCosts(f"A note stands at a cell of the costs, like '1.0', and is a text; got {place!r:.40}.")
        if len(note) > MAX_NOTE:
            raise InvalidCosts(f"A note on a cost has up to {MAX_NOTE} characters; got {len(note)}.")
        if note.strip():
            kept[str(place)] = note.strip()
    return kept


def moved_notes(notes: Mapping[str, str], before: CostMatrix, after: CostMatrix) -> Notes:
    """The notes on `before` at the cells of the same names in `after`; those of cells that are gone are left out.

    >>> moved_notes({"1.0": "a recall"}, CostMatrix.zero_one(["ok", "crack"]), CostMatrix.zero_one(["crack", "ok"]))
    {'0.1': 'a recall'}
    """
    if before.classes == after.classes and before.decisions == after.decisions:
        return dict(notes)
    rows = {name: place for place, name in enumerate(after.classes)}
    columns = {name: place for place, name in enumerate(after.decisions)}
    moved = {}
    for place, note in notes.items():
        truth, decision = (int(part) for part in place.split("."))
        cell = rows.get(before.classes[truth]), columns.get(before.decisions[decision])
        if None not in cell:
            moved[f"{cell[0]}.{cell[1]}"] = note
    return moved


def to_json(cost: CostMatrix, notes: Mapping[str, str]) -> str:
    """The JSON text of the costs, with the notes by the names of their cells."""
    from costlab.cost_files import to_record

    named = []
    for place, note in notes.items():
        truth, decision = (int(part) for part in place.split("."))
        named.append({"truth": cost.classes[truth], "decision": cost.decisions[decision], "note": note})
    return json.dumps(to_record(cost) | ({"notes": named} if named else {}), indent=1, ensure_ascii=False)


def from_json(text: str | bytes, cost: CostMatrix) -> Notes:
    """The notes in the JSON text that `cost` was read from; {} where there are none. Raises InvalidCosts.

    >>> cost = CostMatrix.zero_one("ab")
    >>> from_json(to_json(cost, {"1.0": "a recall"}), cost)
    {'1.0': 'a recall'}
    """
    listed = json.loads(text).get("notes", [])
    notes = {}
    for each in listed if isinstance(listed, list) else [None]:
        said = each if isinstance(each, dict) else {}
        truth, decision = said.get("truth"), said.get("decision")
        if truth not in cost.classes or decision not in cost.decisions:
            raise InvalidCosts(f"A note in this file is about no cell of its costs; got {str(each)[:60]!r}.")
        notes[key((cost.classes.index(truth), cost.decisions.index(decision)))] = said.get("note")
    return checked_notes(notes, cost)
