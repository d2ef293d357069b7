"""The answer to what is asked on the Robustness page, worked out once for all who ask the same."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from costlab.candidates import candidates
from costlab.fitted import Fitted
from costlab.influence import Influence, influences
from costlab.robustness import Robustness, robustness
from costlab.sources import Source
from costlab.ui.robustness_asked import names_asked, to_address
from costlab.ui.robustness_desk import Desk


class Weighed(NamedTuple):
    """What the draws say, and which price matters."""

    result: Robustness
    influences: list[Influence]


def weigh(models: Sequence[tuple[Source, Fitted]], desk: Desk) -> Weighed:
    """Draw the prices for what is asked. Raises InvalidCosts or InvalidPredictions where it means nothing."""
    names = tuple(names_asked(desk.asked, desk.scenario, len(models)))
    who = tuple((source.key, id(fitted)) for source, fitted in models)
    scenario = desk.scenario
    key = (who, names, hash(scenario), tuple(sorted(to_address(desk.asked).items())))
    return _weighed(key, models, desk, names)


@st.cache_resource(show_spinner=False, max_entries=30)
def _weighed(key: object, _models: Sequence[tuple[Source, Fitted]], _desk: Desk, _names: tuple[str, ...]) -> Weighed:
    ranges = _desk.asked.ranges(_desk.scenario)
    found = candidates(_models, _desk.scenario, _names)
    result = robustness(found, ranges, anew=_desk.asked.anew, images=_desk.asked.images)
    return Weighed(result, influences(found, ranges))
