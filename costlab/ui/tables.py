"""Tables that are sorted, chosen from and taken along in the browser (see `table.js`): `show_table`, `choose_rows`.

Not `st.dataframe`: it sends what pyarrow has made, and pyarrow imports pandas to make it, together 71 MB. It also
paints a canvas, which keyboards and screen readers get less from than from rows and boxes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from costlab.ui.components import Component
from costlab.ui.sentences import number
from costlab.ui.server import version

_component = Component("table.js", "table.css")


@dataclass(frozen=True)
class Column:
    """A column: what sorts it and goes into the file, texts or numbers, None where there is nothing.

    shown: how a cell is written. help: what the column is.
    """

    cells: Sequence[str | float | None]
    shown: Callable[[Any], str] = lambda cell: cell if isinstance(cell, str) else number(cell)
    help: str = ""


Columns = Mapping[str, Column | Sequence[Any]]  # by name, all of one length; a bare sequence is a column's cells


def show_table(key: str, about: str, columns: Columns, file: str = "table.csv") -> None:
    """Show a table. key: its lasting identity; about: the table in a sentence; file: what it is called when saved."""
    _component(key=key, data=_data(key, about, columns, file))


def choose_rows(
    key: str, about: str, columns: Columns, names: Mapping[str, str], chosen: Sequence[str], file: str = "table.csv"
) -> list[str]:
    """Show a table to choose rows of; the names of those that are chosen, in the order of `names`.

    names: of each row, with a title that it is read out by. chosen: what is chosen at first, then the browser knows.
    """
    asked = [name for name in names if name in chosen]
    data = _data(key, about, columns, file) | {"names": list(names.items()), "chosen": asked}
    said = _component(key=key, data=data, default={"chosen": asked}, on_chosen_change=lambda: None).chosen
    return [name for name in names if name in said] if isinstance(said, list) else asked


def _data(key: str, about: str, columns: Columns, file: str) -> dict[str, Any]:
    made = {name: column if isinstance(column, Column) else Column(column) for name, column in columns.items()}
    cells = [[_plain(cell) for cell in column.cells] for column in made.values()]
    return {
        "key": key,
        "about": about,
        "file": file,
        "heads": [
            {"name": name, "help": column.help, "numeric": all(not isinstance(cell, str) for cell in column.cells)}
            for name, column in made.items()
        ],
        "cells": cells,
        "texts": [
            ["" if plain is None else column.shown(cell) for plain, cell in zip(row, column.cells, strict=True)]
            for row, column in zip(cells, made.values(), strict=True)
        ],
        "names": None,
        "chosen": [],
        "version": version(),
    }


def _plain(cell: object) -> str | float | None:
    """The cell as JSON has it; what is no finite number is nothing."""
    if cell is None or isinstance(cell, str):
        return cell
    value = float(cell)  # type: ignore[arg-type]
    return value if isfinite(value) else None
