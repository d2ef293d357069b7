"""What can be assumed beside the costs: their scale, a price for asking a human, class mix, calibration, rule."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from costlab.calibration import CALIBRATIONS
from costlab.decisions import RULES
from costlab.doctor import within_bounds
from costlab.numbers import parse_number, show_number
from costlab.scenario import REFER
from costlab.shares import mix_of, moved
from costlab.sources import Source
from costlab.ui.address import needs_extra
from costlab.ui.run_sentences import percent
from costlab.ui.sentences import inert, number
from costlab.ui.whatif_desk import Desk
from costlab.ui.whatif_words import mix

STEPS = [step * 10.0**power for power in (-2, -1, 0, 1) for step in (1, 2, 5)] + [100.0]
SLIDERS = 12  # classes with a slider each; beyond, one is chosen
CALIBRATION_TITLES = {
    "none": "None: as the network says",
    "temperature": "Temperature: one number",
    "affine": "Affine: one number, and one a class",
    "vector": "Vector: two numbers a class",
}


def controls(source: Source, desk: Desk, tested: np.ndarray) -> None:
    """All of them in a row. tested: (K,) test images a class."""
    width = 230 if st.session_state.get("large-type") else 175
    places = st.grid(5, min_column_width=width, gap="small", vertical_alignment="bottom")
    for draw in (_scale, _referral, partial(_mix, source, tested), _rule, _calibration):
        with places.cell():
            draw(desk)
    for text, sentence in desk.typed.values():
        st.error(inert(f"{sentence} Until '{text[:40]}' is put right, the last valid value counts."))


def _scale(desk: Desk) -> None:
    scale = desk.settings.scale
    steps = STEPS if scale in STEPS else sorted([*STEPS, scale])
    follow("whatif-scale", scale)
    st.select_slider(
        "All costs times",
        steps,
        format_func=lambda value: f"× {number(value)}",
        key="whatif-scale",
        on_change=lambda: desk.set(scale=float(st.session_state["whatif-scale"])),
        help="Multiplies every cost of the grid. Decisions change only where asking a human keeps its own price.",
    )


def _referral(desk: Desk) -> None:
    price = desk.settings.referral
    shown = "" if price is None else show_number(price)
    follow("whatif-refer", desk.typed["refer"][0] if "refer" in desk.typed else shown)
    st.text_input(
        "Asking a human costs",
        key="whatif-refer",
        placeholder="as in the grid" if REFER in desk.draft.sheet.cost.decisions else "nobody can be asked",
        max_chars=40,
        on_change=_set_referral,
        args=(desk,),
        help="Adds the decision to refer an image to a human, at this price whatever the truth. Leave it empty where "
        "nobody can be asked.",
    )


def _set_referral(desk: Desk) -> None:
    text = str(st.session_state["whatif-refer"] or "").strip()
    try:
        desk.set(referral=within_bounds(parse_number(text)) if text else None)
        desk.typed.pop("refer", None)
    except ValueError as error:
        desk.typed["refer"] = (text, f"The price of asking a human: {error}.")


def _mix(source: Source, tested: np.ndarray, desk: Desk) -> None:
    shares, classes = desk.settings.shares, desk.draft.sheet.cost.classes
    label = "as in the test set" if shares is None else "your own"
    if shares is not None and shares == _trained(source, tested):
        label = "as in training"
    st.caption(f"Class mix: {label}")
    # A label of its own that never changes: with another one the panel would close under the hand that moves a slider.
    panel = st.popover("Change the class mix", key="whatif-mix", on_change="rerun", width="stretch")
    if not panel.open:
        return
    with panel, st.container(width=380):
        st.caption("How often each class comes where the model will decide. It moves the probabilities and the costs.")
        with st.container(horizontal=True):
            st.button("As in the test set", on_click=partial(desk.set, shares=None), key="whatif-mix-test")
            trained = _trained(source, tested)
            st.button(
                "As in training",
                on_click=partial(desk.set, shares=trained),
                disabled=trained is None,
                key="whatif-mix-train",
            )
        now = shares or mix_of(tested, tested) or ()
        for k in range(len(classes)) if len(classes) <= SLIDERS else [_chosen(classes)]:
            _slider(desk, classes, k, now, tested)
        if len(classes) > SLIDERS:
            st.caption(inert(f"The mix: {mix(classes, now)}."))
        if (tested == 0).any():
            st.caption("A class without a test image has no share: nothing is known of what its mistakes cost.")


def _trained(source: Source, tested: np.ndarray) -> tuple[float, ...] | None:
    return mix_of(source.counts, tested) if len(source.counts) == len(tested) else None


def _chosen(classes: Sequence[str]) -> int:
    places = range(len(classes))
    return int(st.selectbox("Class", places, format_func=classes.__getitem__, key="whatif-mix-class"))


def _slider(desk: Desk, classes: Sequence[str], k: int, shares: Sequence[float], tested: np.ndarray) -> None:
    key = f"whatif-share-{k}"
    follow(key, round(100 * shares[k], 1))
    st.slider(
        inert(f"{classes[k]}: {percent(shares[k])}"),
        0.0,
        100.0,
        step=0.1,
        format="%.1f %%",
        key=key,
        disabled=not tested[k],
        on_change=lambda: desk.set(shares=moved(shares, k, st.session_state[key] / 100, tested)),
    )


def _rule(desk: Desk) -> None:
    cost = desk.draft.sheet.cost
    extra = desk.settings.referral is not None or len(cost.decisions) > len(cost.classes)
    rules = [name for name in RULES if extra or not needs_extra(name)]
    follow("whatif-rule", desk.settings.rule)
    st.selectbox(
        "Rule",
        rules,
        format_func=lambda name: RULES[name].title,
        key="whatif-rule",
        on_change=lambda: desk.set(rule=st.session_state["whatif-rule"]),
        help="How a decision follows from probabilities and costs. Tuned rules learn from the validation images.",
    )


def _calibration(desk: Desk) -> None:
    follow("whatif-calibration", desk.settings.calibration)
    st.selectbox(
        "Probabilities corrected by",
        list(CALIBRATIONS),
        format_func=lambda name: CALIBRATION_TITLES.get(name, name.capitalize()),
        key="whatif-calibration",
        on_change=lambda: desk.set(calibration=st.session_state["whatif-calibration"]),
        help="Networks are often too sure of themselves. A calibration, fitted on validation images, mends that.",
    )


def follow(key: str, value: object) -> None:
    """Let a widget show `value`; only where it shows another, or it would fight the hand that moves it."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
