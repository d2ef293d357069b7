"""The address of the pages about deciding holds a whole scenario, and nothing in it can harm."""

import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.calibration import CALIBRATIONS
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.scenario import Scenario
from costlab.ui.address import KEYS, MOST_EDITS, complete, from_address, to_address
from costlab.ui.whatif_desk import same

COSTS = st.floats(-1e15, 1e15, allow_nan=False)
POSITIVE = st.floats(1e-6, 1e6)


@st.composite
def scenarios(draw: st.DrawFn) -> tuple[Scenario, CostMatrix]:
    """Any scenario that a visitor can reach, and the costs it began with; up to 15 classes, with extra decisions."""
    size, extra = draw(st.integers(2, 15)), draw(st.integers(0, 2))
    names = [f"c{k}" for k in range(size)]
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    decisions = [*names, *(f"extra {k}" for k in range(extra))]
    base = CostMatrix(rng.integers(0, 9, (size, size + extra)).astype(float), names, decisions, unit="EUR")
    cells = st.tuples(st.integers(0, size - 1), st.integers(0, size + extra - 1))
    values = base.values.copy()
    for cell, cost in draw(st.dictionaries(cells, COSTS, max_size=8)).items():
        values[cell] = cost
    if draw(st.booleans()):  # more than can be named one by one
        values = values + 1
    shares = st.lists(st.floats(0.0, 1e3), min_size=size, max_size=size).filter(lambda each: sum(each) > 0)
    return Scenario(
        replace(base, values=np.clip(values, -1e15, 1e15)),
        rule=draw(st.sampled_from(sorted(RULES))),
        calibration=draw(st.sampled_from(sorted(CALIBRATIONS))),
        scale=draw(POSITIVE),
        referral=draw(st.none() | COSTS),
        shares=draw(st.none() | shares.map(tuple)),
    ), base


@given(scenarios())
def test_a_scenario_comes_back_from_its_address_exactly(pair: tuple[Scenario, CostMatrix]) -> None:
    scenario, base = pair
    said = to_address(scenario, base)
    back, told = from_address(said, base)
    assert told == []
    assert complete(scenario, base)
    assert same(back, scenario)
    assert set(said) <= set(KEYS)
    assert sum(map(len, said.values())) < 8000


@given(
    st.dictionaries(st.sampled_from(KEYS), st.text(max_size=60) | st.sampled_from(["-1", "0", "1.0:", "nan", "1,,"]))
)
def test_nonsense_is_left_out_with_a_sentence_each_and_never_raises(said: dict[str, str]) -> None:
    base = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    scenario, told = from_address(said, base)
    assert len(told) <= len(said)
    assert all(sentence.endswith("it is left out.") for sentence in told)
    assert np.isfinite(scenario.matrix.values).all()


def test_the_usual_scenario_needs_no_words() -> None:
    base = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    assert to_address(Scenario(base), base) == {}


def test_costs_too_many_and_too_odd_for_an_address_are_told_to_be_incomplete() -> None:
    names = [f"c{k}" for k in range(60)]
    base = CostMatrix.zero_one(names)
    odd = replace(base, values=np.random.default_rng(0).random((60, 60)))
    assert to_address(Scenario(odd), base) == {}
    assert not complete(Scenario(odd), base)
    assert complete(Scenario(base), base)


def test_more_edits_than_are_ever_written_are_refused_as_a_whole() -> None:
    base = CostMatrix.zero_one([f"c{k}" for k in range(20)])
    text = ",".join(["0.1:7"] * (MOST_EDITS + 1))
    scenario, told = from_address({"edit": text}, base)
    assert scenario.cost == base
    assert len(told) == 1


def test_compressed_costs_cannot_grow_beyond_the_matrix() -> None:
    base = CostMatrix.zero_one(["ok", "crack"])
    bomb = urlsafe_b64encode(zlib.compress(bytes(3_000_000), 9)).decode()
    infinite = urlsafe_b64encode(zlib.compress(np.full(4, np.inf).tobytes())).decode()
    for text in (bomb, infinite, "", "AAAA", "é"):
        scenario, told = from_address({"costs": text}, base)
        assert scenario.cost == base
        assert len(told) == 1


@pytest.mark.parametrize("text", ["-1.1:5", "0.2:5", "2.0:5", "0:5", "0.1:nan", "0.1:1e99", "0.1"])
def test_an_edit_of_no_cell_or_no_cost_is_refused(text: str) -> None:
    base = CostMatrix.zero_one(["ok", "crack"])
    scenario, told = from_address({"edit": text}, base)
    assert scenario.cost == base
    assert len(told) == 1
