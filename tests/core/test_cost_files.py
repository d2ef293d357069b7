"""Cost matrices as files: exact both ways, forgiving about separators, strict about everything else."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlab.costs import CostMatrix
from costlab.errors import CostlabError, InvalidCosts, InvalidFile
from tests.core.test_costs import matrices

COST = CostMatrix([[0, 1, 0.5], [100, 0, 7]], ("ok", "crack"), ("ok", "crack", "ask"), unit="EUR", name="agreed")


@given(matrices())
def test_json_keeps_everything(cost: CostMatrix) -> None:
    assert CostMatrix.from_json(cost.to_json()) == cost
    assert CostMatrix.from_json(cost.to_json().encode()) == cost


@given(matrices())
def test_csv_keeps_values_names_and_unit(cost: CostMatrix) -> None:
    again = CostMatrix.from_csv(cost.to_csv(), name=cost.name)
    assert again == cost


def test_csv_says_which_way_round_it_is() -> None:
    assert COST.to_csv() == "truth \\ decision (EUR),ok,crack,ask\nok,0,1,0.5\ncrack,100,0,7\n"


@pytest.mark.parametrize(
    "text",
    [
        "truth \\ decision (EUR);ok;crack;ask\nok;0;1;0,5\ncrack;100;0;7\n",
        "truth \\ decision (EUR)\tok\tcrack\task\r\nok\t0\t1\t.5\r\ncrack\t1e2\t0\t7\r\n",
        '\ufefftruth \\ decision (EUR),ok,crack,ask\n"ok",0,1,"0,5"\n\ncrack,100,0,7\n,,,\n',
        "truth \\ decision (EUR),crack,ask,ok\nok,1,1/2,0\ncrack,0,7,100",
        "decision \\ truth (EUR),ok,crack\nok,0,100\ncrack,1,0\nask,0.5,7\n",
    ],
    ids=[
        "semicolons and decimal commas",
        "tabs",
        "byte order mark and blank rows",
        "columns in another order",
        "transposed",
    ],
)
def test_tables_from_spreadsheets_are_read(text: str) -> None:
    assert CostMatrix.from_csv(text, name="agreed") == COST


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Expected a table with the names of the decisions"),
        ("a,b\n1,2\n", "Expected a table with the names of the decisions"),
        ("x,ok,crack\nok,0,1\ncrack,abc,0\n", "The cost of 'crack' called 'ok': 'abc' is not a number."),
        ("x,ok,crack\nok,0,\ncrack,1,0\n", "The cost of 'ok' called 'crack': the cell is empty."),
        ("x,ok,crack\nok,0,1\ncrack,1\n", "Row 3 has 2 cells; expected 3 as in the first row."),
        ("x,ok,ok\nok,0,1\ncrack,1,0\n", "The decision 'ok' is named twice; give each its own name."),
        (
            "x,ok,dent\nok,0,1\ncrack,1,0\n",
            "The class 'crack' is missing among the decisions; every class must also be a column.",
        ),
        ('x,"ok,crack\nok,0,1\ncrack,1,0\n', "This is not a CSV table"),
        (b"\xff\xfe\x00", "This file is not text in UTF-8"),
    ],
)
def test_what_is_not_a_table_of_costs_is_refused_in_one_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(CostlabError) as caught:
        CostMatrix.from_csv(text)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ("[1, 2]", "Expected a costlab cost matrix (a JSON object); got '[1, 2]'."),
        ('{"format": "other"}', "Expected a costlab cost matrix"),
        (
            '{"classes": ["a", "b"]}',
            "A costlab cost matrix needs the lists 'classes' and 'values'; 'values' is missing.",
        ),
        ('{"classes": ["a", "b"], "values": [1, 2]}', "The values of a costlab cost matrix are a list of"),
        ('{"classes": ["a", 2], "values": [[0, 1], [1, 0]]}', "The names of classes and decisions are texts"),
        (
            '{"classes": ["a", "b"], "decisions": "ab", "values": [[0, 1], [1, 0]]}',
            "The decisions of a cost matrix are a list",
        ),
        (
            '{"classes": ["a", "b"], "values": [[0, NaN], [1, 0]]}',
            "The cost of 'a' called 'b': 'nan' is not a finite number.",
        ),
        ('{"classes": ["a", "b"], "values": [[0, null], [1, 0]]}', "The cost of 'a' called 'b': the cell is empty."),
        ('{"classes": ["a", "b"], "values": [[0, 1], [1]]}', "Row 2 has 1 cells; expected 2."),
        ("{", "This is not JSON: line 1"),
        ("[" * 100_000, "This JSON is nested too deeply for a cost matrix."),
    ],
)
def test_what_is_not_a_matrix_in_json_is_refused_in_one_sentence(record: str, sentence: str) -> None:
    with pytest.raises(CostlabError) as caught:
        CostMatrix.from_json(record)
    assert str(caught.value).startswith(sentence)


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidFile, match="up to 20 MB; this one has 21"):
        CostMatrix.from_csv(b"," * 21_000_000)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_a_matrix_or_one_sentence(text: str | bytes) -> None:
    for read in (CostMatrix.from_csv, CostMatrix.from_json):
        try:
            outcome = read(text)
        except (InvalidFile, InvalidCosts) as error:
            outcome = str(error)
        assert outcome


def test_a_file_of_the_largest_size_makes_its_way() -> None:
    values = np.random.default_rng(0).random((300, 300))
    cost = CostMatrix(values, tuple(f"class {i}" for i in range(300)))
    assert CostMatrix.from_csv(cost.to_csv()) == cost
    assert json.loads(cost.to_json())["orientation"] == "Rows are the truth, columns the decision."
