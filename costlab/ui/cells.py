"""A table of texts to type into, for costs: `cells(...)`. Python holds the texts, the browser shows them.

What is typed reaches the server at once: `st.data_editor` waits 150 ms before it tells of it, and must be made anew
wherever Python changes a cell. The browser (see `cells.js`) tells all that it has typed since Python last said how far
it has taken it, so a message that another one overtakes loses nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import NamedTuple
from zlib import crc32

import streamlit as st

from costlab.ui.components import Component
from costlab.ui.server import version

Name = tuple[int, ...]  # of a cell: that of its row, then its column; rows may move between two messages, names do not
MAX_TEXT = 200  # characters kept of what was typed into a cell
MAX_ACTIONS = 1000  # in one message
LAST_SERIAL = 2**53 - 1  # that a browser can count to

_component = Component("cells.js", "cells.css")


@dataclass(frozen=True)
class Table:
    """What is shown: `texts` (rows x columns), with what each row is about at its left and each column above it.

    names: of the rows; bounds: above each part of a cell's name. corner: what `rows` are, one for each part; across:
    what `columns` are, where they do not say it. about: the table in a sentence. refused: why a text cannot be read, by
    the name of its cell. selected: the cell that the page speaks of, if it does. diagonal: whether it is set off.
    """

    names: Sequence[Name]
    bounds: Name
    rows: Sequence[Sequence[str]]
    columns: Sequence[str]
    texts: Sequence[Sequence[str]]
    corner: Sequence[str]
    about: str
    across: str = ""
    refused: Mapping[Name, str] = field(default_factory=dict)
    selected: Name | None = None
    diagonal: bool = False


class Action(NamedTuple):
    """What somebody did: texts typed or pasted in one go, and the cell that is to be looked at, if it says so."""

    texts: Mapping[Name, str]
    look: Name | None


def cells(key: str, of: object, table: Table, take: Callable[[Action], None]) -> None:
    """Show a table; `take` is called with each action, before the run of the script that it causes.

    key: its lasting identity. of: what the cells are about, such as the names of classes: what was typed while it was
    something else is not taken. What stands in `table` must follow from what was taken: the browser shows that alone.
    """
    about = f"{crc32(repr(of).encode()):08x}"
    taken = st.session_state[f"{key}-taken"] = read_actions(st.session_state.get(key), "", (), _taken(key))[1]
    data = {
        "key": key,
        "of": about,
        "taken": taken,
        "about": table.about,
        "corner": list(table.corner),
        "across": table.across,
        "names": [list(name) for name in table.names],
        "rows": [list(names) for names in table.rows],
        "columns": list(table.columns),
        "texts": [list(row) for row in table.texts],
        "refused": {".".join(map(str, name)): why for name, why in table.refused.items()},
        "selected": list(table.selected) if table.selected else None,
        "diagonal": table.diagonal,
        "version": version(),
    }
    _component(key=key, data=data, on_said_change=partial(_hear, key, about, table.bounds, take))


def read_actions(sent: object, of: str, bounds: Name, after: int) -> tuple[list[Action], int]:
    """The actions after the one numbered `after` that a browser tells of, without what does not fit; the last number.

    of: what they must be about; bounds: above each part of a cell's name.

    >>> sent = {"said": {"of": "x", "log": [{"serial": 8, "texts": [[[0, 1], ".5"], [[7, 0], "1"]], "look": None}]}}
    >>> read_actions(sent, "x", (2, 2), after=7)
    ([Action(texts={(0, 1): '.5'}, look=None)], 8)
    >>> read_actions(sent, "x", (2, 2), after=8)
    ([], 8)
    """
    said = sent.get("said") if isinstance(sent, Mapping) else None
    log = said.get("log") if isinstance(said, Mapping) else None
    actions = []
    for each in log[:MAX_ACTIONS] if isinstance(log, list) else ():
        serial = each.get("serial") if isinstance(each, Mapping) else None
        if type(serial) is not int or not after < serial <= LAST_SERIAL:
            continue
        after = serial
        action = Action(_texts(each.get("texts"), bounds), _name(each.get("look"), bounds))
        if said.get("of") == of and (action.texts or action.look):  # type: ignore[union-attr]
            actions.append(action)
    return actions, after


def _hear(key: str, of: str, bounds: Name, take: Callable[[Action], None]) -> None:
    actions, st.session_state[f"{key}-taken"] = read_actions(st.session_state[key], of, bounds, _taken(key))
    for action in actions:
        take(action)


def _taken(key: str) -> int:
    return int(st.session_state.get(f"{key}-taken", 0))


def _texts(sent: object, bounds: Name) -> dict[Name, str]:
    texts = {}
    for each in sent[: prod(bounds)] if isinstance(sent, list) else ():
        name = _name(each[0], bounds) if isinstance(each, list) and len(each) == 2 else None
        if name and isinstance(each[1], str):
            texts[name] = each[1][:MAX_TEXT]
    return texts


def _name(sent: object, bounds: Name) -> Name | None:
    if not isinstance(sent, list) or len(sent) != len(bounds) or any(type(part) is not int for part in sent):
        return None
    return tuple(sent) if all(0 <= part < bound for part, bound in zip(sent, bounds, strict=True)) else None
