"""The four figures at the top of What if, always in sight: this cost, two to compare with, the share referred."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from costlab.scenario import CASES, Answer
from costlab.ui.sentences import inert, number
from costlab.ui.whatif_words import between, referred, reliance, thousand

BLIND = "Most probable class"
HELP = {BLIND: "What it costs to take the class of the highest probability (argmax), whatever mistakes cost."}
KEY = "whatif-results"  # of the container to draw in: app.css keeps it in sight


def beside(answers: Sequence[tuple[str, Answer]]) -> None:
    """What other models pay in the same scenario, by title; how they compare is the matter of Compare."""
    for title, answer in answers:
        unit = answer.cost.unit
        paid = f"{thousand(answer.mean.estimate, unit)} (95 % sure: {between(answer.mean, unit)})"
        st.caption(f"**{inert(title)}**, decided in the same way: {inert(paid)} per {number(CASES)} images.")


def strip(answer: Answer) -> None:
    """The figures, each with what it means: one piece of HTML, for each edit paints them anew."""
    unit = answer.cost.unit
    share, sent = referred(answer)
    few = reliance(answer.events)
    cards = (
        (
            f"Cost of {number(CASES)} images",
            thousand(answer.mean.estimate, unit),
            f"95 % sure: {between(answer.mean, unit)}",
        ),
        (
            f"Always '{answer.constant.decision}'",
            thousand(answer.constant.mean_cost, unit),
            "The best decision without looking",
        ),
        (BLIND, thousand(answer.blind.estimate, unit), f"95 % sure: {between(answer.blind, unit)}"),
        ("Referred to a human", share, sent),
    )
    st.html(f'<dl class="costlab-figures">{"".join(_card(*card) for card in cards)}</dl>')
    if few:
        st.caption(f":material/warning: {inert(few)}")


def _card(title: str, value: str, about: str) -> str:
    """A figure with what it is and how sure; names that users typed are escaped, and stay text."""
    help = HELP.get(title, "")
    ask, more = (f' title="{help}"', f' <span class="costlab-unseen">{help}</span>') if help else ("", "")
    title, value, about = (escape(text.replace("\u2009", "\u202f")) for text in (title, value, about))
    return (
        f"<div{ask}><dt>{title}{more}</dt>"
        f'<dd class="costlab-figure" data-testid="figure">{value}</dd><dd>{about}</dd></div>'
    )
