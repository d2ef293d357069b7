"""What the pages about deciding share: whose predictions the address names, fitted once for all visitors; the scenario.

The address is the state: `asked()` reads it, `keep()` writes it, links between the pages carry it along. The navigation
in the sidebar opens pages with an empty address: then what was looked at last is restored.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from costlab.comparable import why_apart
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.scenario import Answer, Scenario, answer
from costlab.sources import Source, example_names, example_source, run_source
from costlab.ui.address import KEYS, from_address, needs_extra, to_address
from costlab.ui.session import get_store, run_now

SOURCES = ("example", "run")
ALL = (*SOURCES, "matrix", *KEYS)  # what all these pages keep in the address
MOST = 20  # sources in an address
LAST = "deciding-address"  # session key: what these pages looked at last


def asked() -> tuple[list[Source], list[str]]:
    """The sources that the address names, the first bundled example if none; sentences for those that are not here.

    An address that says nothing of sources and scenario is filled with what this visitor looked at last.
    """
    if not any(key in st.query_params for key in ALL) and (last := st.session_state.get(LAST)):
        st.query_params.from_dict(last | st.query_params.to_dict())
    keys, found, told = source_keys(), [], []
    if len(keys) > MOST:
        told.append(f"The address names {len(keys)} results; the first {MOST} are shown.")
    for key in keys[:MOST]:
        try:
            found.append(source_of(key))
        except CostlabError as error:
            told.append(str(error))
    if not found:
        found = [example_source(example_names()[0])]
        told += [f"Shown instead: '{found[0].title}'."] if keys else []
    return found, told


def source_of(key: str) -> Source:
    """The source of a key, "example:NAME" or "run:ID". Raises NotFound, UnknownName or InvalidFile."""
    kind, _, name = key.partition(":")
    if kind == "example":
        return example_source(name)
    run = run_now(name)
    return _run_source(run.id, run.attempt, run.state)


def fitted_of(source: Source) -> Fitted:
    """The source's predictions with calibrations and rules, kept for all visitors."""
    return _fitted(source.key, _mark(source), source)


def alike(sources: Sequence[Source]) -> tuple[list[Source], list[str]]:
    """Those after the first that may be set beside it, and a sentence for each that may not."""
    first, found, told = sources[0], [], []
    for other in sources[1:]:
        if why := why_apart(first, other):
            told.append(f"'{other.title}' is left out beside '{first.title}'. {why}")
        else:
            found.append(other)
    return found, told


def answers(sources: Sequence[Source], scenario: Scenario) -> list[tuple[str, Answer]]:
    """What a scenario means for each of `sources`, by title."""
    return [(each.title, answer(fitted_of(each), scenario)) for each in sources]


def base_of(source: Source) -> tuple[CostMatrix, list[str]]:
    """The costs that the scenario begins with: the saved matrix of the address, else the source's own.

    The classes come in the order of the source's predictions.
    """
    own = source.cost.for_classes(source.predictions.classes)
    if not (name := st.query_params.get("matrix")):
        return own, []
    try:
        return get_store().matrix(name).cost.for_classes(own.classes), []
    except CostlabError as error:
        return own, [f"{error} The costs shown are those that '{source.title}' came with."]


def scenario_asked(source: Source) -> tuple[Scenario, CostMatrix, list[str]]:
    """The scenario of the address, the costs it began with, and sentences for what means nothing.

    What cannot be for this source (a share of a class that is not in the test part, say) is left out and told.
    """
    base, told = base_of(source)
    scenario, more = from_address(st.query_params.to_dict(), base)
    scenario, odd = possible(scenario, fitted_of(source))
    st.session_state[LAST] = _ours()
    return scenario, base, [*told, *more, *odd]


def possible(scenario: Scenario, fitted: Fitted) -> tuple[Scenario, list[str]]:
    """The scenario without what cannot be judged on this test part, and a sentence for each thing left out."""
    told = []
    if scenario.shares is not None:
        tested = np.bincount(fitted.test.target, minlength=len(fitted.classes)) > 0
        shares = tuple(np.where(tested, scenario.shares, 0.0).tolist())
        if shares != scenario.shares:
            missing = next(name for name, there in zip(fitted.classes, tested, strict=True) if not there)
            told.append(f"There is no test image of '{missing}', so it has no share in the class mix.")
            scenario = replace(scenario, shares=shares if any(shares) else None)
    try:
        extra = len(scenario.matrix.decisions) > len(scenario.matrix.classes)
    except CostlabError as error:
        told.append(f"{error} The scale and the price of referring are left out.")
        scenario, extra = replace(scenario, scale=1.0, referral=None), False
    if needs_extra(scenario.rule) and not extra:
        told.append(f"The rule '{RULES[scenario.rule].title}' needs a price for referring; it is left out.")
        scenario = replace(scenario, rule=Scenario(scenario.cost).rule)
    return scenario, told


def carried(scenario: Scenario, base: CostMatrix) -> dict[str, str]:
    """What a link to another of these pages must carry: sources, matrix and scenario."""
    kept = {key: st.query_params[key] for key in (*SOURCES, "matrix") if key in st.query_params}
    return kept | to_address(scenario, base)


def keep(scenario: Scenario, base: CostMatrix, **also: str) -> None:
    """Write the scenario into the address; what the page itself keeps there stays, but for `also`: "" takes it out."""
    others = {key: value for key, value in st.query_params.to_dict().items() if key not in KEYS}
    wanted = {key: value for key, value in (others | also).items() if value} | to_address(scenario, base)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
    st.session_state[LAST] = _ours()


def source_keys() -> list[str]:
    """The keys of the sources that the address names, each once."""
    runs = [f"run:{id}" for id in st.query_params.get("run", "").split(",") if id]
    examples = [f"example:{name}" for name in st.query_params.get("example", "").split(",") if name]
    return list(dict.fromkeys([*runs, *examples]))


def _ours() -> dict[str, str]:
    return {key: value for key, value in st.query_params.to_dict().items() if key in ALL}


def _mark(source: Source) -> str:
    """Changes when a run is trained again under its id."""
    return str((source.folder / "predictions.npz").stat().st_mtime_ns) if source.folder else ""


@st.cache_resource(show_spinner=False, max_entries=50)
def _run_source(run_id: str, attempt: int, state: str) -> Source:
    return run_source(get_store().run(run_id))


@st.cache_resource(show_spinner=False, max_entries=20)
def _fitted(key: str, mark: str, _source: Source) -> Fitted:
    return Fitted(_source.predictions)
