"""The charts of a comparison: costs with intervals, the difference of two rows, and who is cheapest at which prices."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from costlab.against_bar import Against, telling_pair
from costlab.comparable import Group
from costlab.comparing import Standing, highest_price, path_from_equal, path_of_price, telling_cell
from costlab.comparing_words import difference_words, path_words, stretches
from costlab.figures import compared_costs, confusion_difference, cost_path_curve
from costlab.ui.compare_sources import choice
from costlab.ui.compare_tables import noun
from costlab.ui.plot import plot
from costlab.ui.run_result import table
from costlab.ui.sentences import cell_sentence, inert, number

WAYS = {"equal": "from equal costs to these", "price": "the price of one mistake"}


def key_of(group: Group) -> str:
    """A part of the keys of a group's charts."""
    return group.sources[0].key.replace(":", "-")


def intervals(group: Group, standing: Standing) -> None:
    """Costs with intervals, the cheapest on top."""
    order = standing.order
    names, means = [standing.entries[row].title for row in order], [standing.means[row] for row in order]
    best = [place for place, row in enumerate(order) if row in standing.best]
    figure = compared_costs.draw(names, means, best, standing.cost.unit)
    plot(figure, key=f"costs-{key_of(group)}", alt=compared_costs.words(names, means, standing.cost.unit))


def difference(group: Group, standing: Standing, saved: Sequence[Against]) -> None:
    """Where two rows decide otherwise."""
    keys = [entry.key for entry in standing.entries]
    titles = {entry.key: entry.title for entry in standing.entries}
    st.subheader("Where two of them differ", anchor=False)
    first, second = (keys[row] for row in telling_pair(standing, saved))
    name = key_of(group)
    with st.container(horizontal=True):
        one = choice(f"From this {noun(group)}", keys, f"from-{name}", first, titles.__getitem__)
        other = choice("to this one", keys, f"to-{name}", second, titles.__getitem__)
    a, b = keys.index(one), keys.index(other)
    st.markdown(inert(difference_words(standing, a, b)))
    if a == b:
        return
    counts = standing.counts[b] - standing.counts[a]
    said = confusion_difference.words(counts, standing.cost)
    plot(confusion_difference.draw(counts, standing.cost), key=f"difference-{name}", alt=said, height=_height(standing))
    st.caption(inert(said))
    _twin(confusion_difference.table(counts, standing.cost))


def _height(standing: Standing) -> int:
    return int(np.clip(110 + 46 * len(standing.cost.classes), 260, 620))


def curve(group: Group, standing: Standing) -> None:
    """All rows while prices move, with the lower envelope and who owns which stretch."""
    st.subheader("Who is cheapest at other prices", anchor=False)
    with st.container(horizontal=True):
        way = choice("What moves", list(WAYS), "move", "equal", WAYS.__getitem__, key_of(group))
        cell = _cell(standing, key_of(group)) if way == "price" else None
    what = noun(group)
    unit = standing.cost.unit or "units"
    if cell is None:
        path, top = path_from_equal(standing), 0.0
        figure = cost_path_curve.draw(path, what=what)
    else:
        top = highest_price(standing.cost, *cell)
        path = path_of_price(standing, *cell, top)
        title = f"price of '{standing.cost.classes[cell[0]]}' called '{standing.cost.decisions[cell[1]]}'"
        figure = cost_path_curve.draw(path, what=what, prices=(title, top))
        st.caption(inert(cell_sentence(standing.cost, *cell)))
    said = path_words(path, what, top, unit)
    plot(figure, key=f"path-{key_of(group)}", alt=said, height=420)
    st.markdown(inert(said))
    rows = [[inert(part), inert(name)] for part, name in stretches(path.envelope, path.names, top, unit)]
    with st.expander("The stretches as a table", icon=":material/table:"):
        head = ["Share of the way" if cell is None else "Price", f"Cheapest {what}"]
        table(head, rows)
    st.caption("Decisions stay as they are at these costs, so each line is straight; nothing is decided anew.")


def _cell(standing: Standing, place: str) -> tuple[int, int]:
    """The mistake whose price moves; the address keeps it as What if does."""
    cost = standing.cost
    cells = [(t, d) for t in range(len(cost.classes)) for d in range(len(cost.decisions)) if t != d]
    names = {f"{t}.{d}": f"'{cost.classes[t]}' called '{cost.decisions[d]}'" for t, d in cells}
    chosen = choice("Mistake", list(names), "cell", "{}.{}".format(*telling_cell(standing)), names.__getitem__, place)
    truth, _, decision = chosen.partition(".")
    return int(truth), int(decision)


def _twin(columns: Mapping[str, Sequence[object]]) -> None:
    """A figure's numbers as a table."""
    with st.expander("The same as a table", icon=":material/table:"):
        rows = [[inert(_said(value)) for value in row] for row in list(zip(*columns.values(), strict=True))[:60]]
        table([inert(name) for name in columns], rows, numbers=range(2, len(columns)))


def _said(value: object) -> str:
    return number(value) if isinstance(value, float | int) else str(value)
