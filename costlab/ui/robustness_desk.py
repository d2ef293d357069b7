"""What somebody does on the Robustness page: the ranges they type, how they want the draws, and taking it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from costlab.candidates import CONSTANT, choices
from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.price_ranges import Cell
from costlab.scenario import Scenario
from costlab.ui import deciding
from costlab.ui.address import KEYS as SCENARIO_KEYS
from costlab.ui.cells import Action, Name, Table, cells
from costlab.ui.robustness_asked import (
    FACTOR,
    KEYS,
    SHOWN,
    Asked,
    factor_typed,
    from_address,
    names_asked,
    rows,
    shown,
    to_address,
    typed,
)
from costlab.ui.sentences import count, inert, number

LAST, PAST = "robustness-address", "robustness-past"  # session keys
TYPED, REFUSED = "robustness-typed", "robustness-factor-refused"
STEPS = 100  # of undo
ENDS = ("low", "likely", "high")
MOVES = {
    "apart": "each on its own",
    "by_truth": "alike for each true class",
    "together": "all together",
}


@dataclass(frozen=True)
class Desk:
    """What the address asks for: ranges and draws, the scenario they are about, and the costs it began with."""

    asked: Asked
    scenario: Scenario
    base: CostMatrix

    @classmethod
    def opened(cls, scenario: Scenario, base: CostMatrix) -> tuple["Desk", list[str]]:
        """The desk of the address, or as this visitor left it where the address asks for nothing of it."""
        address = st.query_params.to_dict()
        if not any(key in address for key in KEYS):
            for key, value in st.session_state.get(LAST, {}).items():
                st.query_params[key] = value
        asked, told = from_address(st.query_params.to_dict(), scenario)
        st.session_state[LAST] = to_address(asked)
        return cls(asked, scenario, base), told

    def change(self, asked: Asked, scenario: Scenario | None = None) -> None:
        """Go on to what is asked now; the state before can be had back."""
        past = st.session_state.setdefault(PAST, [])
        past.append(st.query_params.to_dict())
        del past[:-STEPS]
        _write(asked)
        if scenario is not None and scenario != self.scenario:
            deciding.keep(scenario, self.base)


def _write(asked: Asked) -> None:
    said = to_address(asked)
    others = {key: value for key, value in st.query_params.to_dict().items() if key not in KEYS}
    st.query_params.from_dict(others | said)
    st.session_state[LAST] = said


def _undo() -> None:
    address = st.session_state[PAST].pop()
    mine = (*KEYS, *SCENARIO_KEYS)
    others = {key: value for key, value in st.query_params.to_dict().items() if key not in mine}
    st.query_params.from_dict(others | {key: value for key, value in address.items() if key in mine})
    st.session_state[LAST] = {key: value for key, value in address.items() if key in KEYS}
    _forget()


def _back(desk: Desk) -> None:
    desk.change(replace(desk.asked, own={}))
    _forget()


def _forget() -> None:
    """What was typed and refused goes with what it was typed about."""
    for key in (TYPED, REFUSED, "robustness-factor"):
        st.session_state.pop(key, None)


# The ranges -----------------------------------------------------------------------------------------------------------


def ranges_panel(desk: Desk) -> None:
    """The factor for all prices, and a table for those that have ends of their own."""
    _factor(desk)
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", icon=":material/undo:", on_click=_undo, disabled=not st.session_state.get(PAST))
        st.button(
            "Back to the factor",
            icon=":material/restart_alt:",
            on_click=_back,
            args=(desk,),
            disabled=not desk.asked.own and not st.session_state.get(TYPED),
            help="Every price has the range of the factor again.",
        )
    if refused := st.session_state.get(REFUSED):
        st.error(inert(f"{refused} The last valid one counts."), icon=":material/error:")
    scale = f" All but referring are multiplied by {number(desk.scenario.scale)}." if desk.scenario.scale != 1 else ""
    unit = f", in {inert(desk.base.unit)}" if desk.base.unit else ""
    st.caption(
        f"Type the lowest, the likely and the highest price you call plausible{unit}. "
        f"With low and high empty, the factor holds.{scale}"
    )
    _table(desk)


def _factor(desk: Desk) -> None:
    if REFUSED not in st.session_state:
        st.session_state["robustness-factor"] = f"{desk.asked.factor:g}"
    st.text_input(
        "Every price may be off by a factor of",
        key="robustness-factor",
        on_change=_take_factor,
        args=(desk,),
        max_chars=20,
        width=280,
        help="2: from half the likely price to twice as much. 1: the prices are known exactly.",
    )


def _take_factor(desk: Desk) -> None:
    st.session_state.pop(REFUSED, None)
    try:
        desk.change(factor_typed(desk.asked, st.session_state["robustness-factor"]))
    except CostlabError as error:
        st.session_state[REFUSED] = str(error)


def _table(desk: Desk) -> None:
    places = rows(desk.asked, desk.scenario, desk.base)
    refused: dict[Cell, tuple[tuple[str, ...], str]] = st.session_state.setdefault(TYPED, {})
    lines = shown(desk.asked, desk.scenario, places)
    texts = [refused[cell][0] if cell in refused else line[2:] for cell, line in zip(places, lines, strict=True)]
    wrong = {cell: sentence for cell, (_, sentence) in refused.items() if cell in places}
    table = Table(
        names=places,
        bounds=(*desk.scenario.matrix.values.shape, len(ENDS)),
        rows=[line[:2] for line in lines],
        columns=ENDS,
        texts=texts,
        corner=["truth", "decision"],
        about="The prices as a table to type into: for each truth and decision a low, a likely and a high price.",
        refused={(*cell, end): sentence for cell, sentence in wrong.items() for end in range(len(ENDS))},
    )
    now = desk

    def take(action: Action) -> None:
        nonlocal now
        now = _taken(now, action.texts)

    cells("robustness-table", (desk.base.classes, desk.base.decisions), table, take)
    if len(desk.base.classes) > SHOWN:
        st.caption(f"The {count(len(places), 'dearest price')}; the factor holds for all others.")
    if wrong:
        more = f" {count(len(wrong) - 1, 'more row')} cannot be read either." if len(wrong) > 1 else ""
        first = next(iter(wrong.values()))
        st.error(inert(f"{first} Until it is put right, the last valid range counts.{more}"), icon=":material/error:")


def _taken(desk: Desk, texts: Mapping[Name, str]) -> Desk:
    """The desk after `texts` were typed: rows that can be read go into the address, the others are kept as typed."""
    asked, scenario, refused = desk.asked, desk.scenario, st.session_state[TYPED]
    for cell in dict.fromkeys((truth, decision) for truth, decision, _ in texts):
        before = tuple(shown(asked, scenario, [cell])[0][2:])
        on_screen = refused.pop(cell, (before,))[0]
        now = tuple(texts.get((*cell, end), text) for end, text in enumerate(on_screen))
        if now == before:
            continue
        try:
            asked, scenario = typed(asked, scenario, cell, now)
        except CostlabError as error:
            refused[cell] = (now, str(error))
    if (asked, scenario) != (desk.asked, desk.scenario):
        desk.change(asked, scenario)
    return replace(desk, asked=asked, scenario=scenario)


# How to draw ----------------------------------------------------------------------------------------------------------


def draws_panel(desk: Desk, models: int) -> None:
    """What moves with what, when decisions are made, whether images vary too, and who competes."""
    asked, scenario = desk.asked, desk.scenario
    _choice(desk, "The true prices lie", MOVES, "moving", asked.moving, lambda value: {"moving": value}, _MOVING_HELP)
    deciding_when = {"stay": "as made at the likely prices", "anew": "made anew at the true prices"}
    _choice(
        desk,
        "Decisions",
        deciding_when,
        "anew",
        "anew" if asked.anew else "stay",
        lambda value: {"anew": value == "anew"},
        "As made: what you deploy today, whatever the prices turn out to be. Anew: the true prices will be known "
        "before anything is decided. That takes some seconds.",
    )
    st.session_state["robustness-images"] = asked.images and not asked.anew
    st.checkbox(
        "Other test images, too",
        key="robustness-images",
        disabled=asked.anew,
        on_change=lambda: desk.change(replace(asked, images=st.session_state["robustness-images"])),
        help="Each draw also takes another sample of the test images, so that the shares speak of both doubts.",
    )
    titles = {name: recipe.title for name, recipe in choices(scenario).items()} | {
        CONSTANT: "The best constant decision"
    }
    st.session_state["robustness-rules"] = names_asked(asked, scenario, models)
    st.multiselect(
        "Ways to decide",
        list(titles),
        key="robustness-rules",
        format_func=lambda name: inert(titles[name]),
        on_change=lambda: desk.change(replace(asked, rules=tuple(st.session_state["robustness-rules"]))),
        placeholder="the usual ones",
        wrap=True,
    )


_MOVING_HELP = (
    "Each on its own: one price says nothing about another, and errors cancel out. Alike for each true class: what "
    "makes a missed crack dear makes it dear under every name. All together: the level is unknown, not the proportions."
)


def _choice(
    desk: Desk,
    label: str,
    options: dict[str, str],
    name: str,
    now: str,
    change: Callable[[str], dict[str, object]],
    about: str,
) -> None:
    key = f"robustness-{name}"
    st.session_state[key] = now

    def take() -> None:
        if st.session_state[key] is not None:
            desk.change(replace(desk.asked, **change(st.session_state[key])))  # type: ignore[arg-type]

    st.segmented_control(
        label, list(options), key=key, format_func=options.__getitem__, on_change=take, help=about, wrap=True
    )


__all__ = ["FACTOR", "Desk", "draws_panel", "ranges_panel"]
