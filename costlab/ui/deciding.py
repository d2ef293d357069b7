"""What the pages about deciding share: whose predictions the address names, fitted once for all visitors; the scenario.

The address is the state: `asked()` reads it, `keep()` writes it, links between the pages carry it along.
"""

import streamlit as st

from costlab.costs import CostMatrix
from costlab.errors import CostlabError
from costlab.fitted import Fitted
from costlab.scenario import Scenario
from costlab.sources import Source, example_names, example_source, run_source
from costlab.ui.address import KEYS, from_address, to_address
from costlab.ui.session import get_store, run_now


def asked() -> tuple[list[Source], list[str]]:
    """The sources that the address names, the first bundled example if none; sentences for those that are not here."""
    found, told = [], []
    for key in _keys():
        try:
            found.append(source_of(key))
        except CostlabError as error:
            told.append(str(error))
    return found or [example_source(example_names()[0])], told


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


def base_of(source: Source) -> tuple[CostMatrix, list[str]]:
    """The costs that the scenario begins with: the saved matrix of the address, else the source's own."""
    if not (name := st.query_params.get("matrix")):
        return source.cost, []
    try:
        return get_store().matrix(name).cost.for_classes(source.predictions.classes), []
    except CostlabError as error:
        return source.cost, [f"{error} The costs shown are those it was trained with."]


def scenario_asked(source: Source) -> tuple[Scenario, CostMatrix, list[str]]:
    """The scenario of the address, the costs it began with, and sentences for what means nothing."""
    base, told = base_of(source)
    scenario, more = from_address(st.query_params.to_dict(), base)
    return scenario, base, [*told, *more]


def carried(scenario: Scenario, base: CostMatrix) -> dict[str, str]:
    """What a link to another of these pages must carry: sources, matrix and scenario."""
    kept = {key: st.query_params[key] for key in ("example", "run", "matrix") if key in st.query_params}
    return kept | to_address(scenario, base)


def keep(scenario: Scenario, base: CostMatrix) -> None:
    """Write the scenario into the address; what the page itself keeps there (mode, cell) stays."""
    others = {key: value for key, value in st.query_params.to_dict().items() if key not in KEYS}
    wanted = others | to_address(scenario, base)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)


def _keys() -> list[str]:
    runs = [f"run:{id}" for id in st.query_params.get("run", "").split(",") if id]
    examples = [f"example:{name}" for name in st.query_params.get("example", "").split(",") if name]
    return [*runs, *examples]


def _mark(source: Source) -> str:
    """Changes when a run is trained again under its id."""
    return str((source.folder / "predictions.npz").stat().st_mtime_ns) if source.folder else ""


@st.cache_resource(show_spinner=False, max_entries=50)
def _run_source(run_id: str, attempt: int, state: str) -> Source:
    return run_source(get_store().run(run_id))


@st.cache_resource(show_spinner=False, max_entries=20)
def _fitted(key: str, mark: str, _source: Source) -> Fitted:
    return Fitted(_source.predictions)
