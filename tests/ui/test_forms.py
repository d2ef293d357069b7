"""A form asks what the schema of the options says, with its bounds, and nothing else."""

from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import Field
from streamlit.testing.v1 import AppTest

from costlab.registry import Options
from costlab.ui.forms import _choice_text, changed, fields, problems


class Kind(Enum):
    FAST = "fast"
    SLOW = "slow"


class Demo(Options):
    learning_rate: float = 0.1
    gamma: float = Field(2.0, ge=0, le=5, title="Gamma", description="How much easy examples count less.")
    power: float = Field(1.0, gt=0, lt=4)
    steps: int = Field(3, ge=1, le=10)
    size: int | None = Field(None, ge=20, title="Images")
    mix: bool = True
    average: Literal["macro", "weighted"] = "macro"
    kind: Kind = Kind.SLOW
    maybe: Literal["a", "b"] | None = None
    only: Literal["x"] = "x"
    label: str = Field("", max_length=30)
    weights: list[float] = [1.0, 2.0]


SCHEMA = Demo.model_json_schema()


def by_name() -> dict[str, Any]:
    return {field.name: field for field in fields(SCHEMA)}


def test_every_type_of_option_becomes_its_kind_of_question() -> None:
    assert {name: field.kind for name, field in by_name().items()} == {
        "learning_rate": "number", "gamma": "number", "power": "number",
        "steps": "integer", "size": "integer", "mix": "boolean",
        "average": "choice", "kind": "choice", "maybe": "choice", "label": "text", "weights": "json",
    }  # fmt: skip


def test_labels_help_defaults_and_bounds_come_from_the_schema() -> None:
    gamma, power, size, kind = (by_name()[name] for name in ("gamma", "power", "size", "kind"))
    assert (gamma.label, gamma.help, gamma.default) == ("Gamma", "How much easy examples count less.", 2.0)
    assert (gamma.minimum, gamma.maximum) == (0, 5)
    assert (power.label, power.above, power.below) == ("Power", 0, 4)
    assert (size.optional, size.minimum, size.default) == (True, 20, None)
    assert (kind.choices, kind.default) == (("fast", "slow"), "slow")
    assert by_name()["learning_rate"].label == "Learning rate"
    assert by_name()["maybe"].choices == (None, "a", "b")


def test_the_defaults_have_no_problem_and_need_not_be_sent() -> None:
    defaults = {name: field.default for name, field in by_name().items()}
    assert problems(SCHEMA, defaults) == []
    assert changed(SCHEMA, defaults) == {}
    assert Demo(**changed(SCHEMA, {**defaults, "gamma": 3.0})) == Demo(gamma=3.0)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("gamma", 6, "Gamma must be at most 5; got 6."),
        ("gamma", -1, "Gamma must be at least 0; got -1."),
        ("power", 0, "Power must be above 0; got 0."),
        ("power", 4, "Power must be below 4; got 4."),
        ("steps", None, "Steps needs a value."),
    ],
)
def test_an_answer_out_of_bounds_is_refused_in_one_sentence(name: str, value: Any, sentence: str) -> None:
    defaults = {name: field.default for name, field in by_name().items()}
    assert problems(SCHEMA, {**defaults, name: value}) == [sentence]


def _page() -> None:
    import streamlit as st

    from costlab.ui.forms import draw, problems
    from tests.ui.test_forms import SCHEMA

    answers = draw(SCHEMA, "demo")
    st.session_state["answers"] = answers
    st.session_state["problems"] = problems(SCHEMA, answers)


def test_an_untouched_form_answers_with_the_defaults() -> None:
    app = AppTest.from_function(_page).run()
    assert not app.exception
    assert app.session_state["answers"] == Demo().model_dump(mode="json", exclude={"only"})
    assert app.session_state["problems"] == []


def test_what_is_typed_into_a_form_is_what_it_answers() -> None:
    app = AppTest.from_function(_page).run()
    app.number_input(key="demo-gamma").set_value(0.25)
    app.number_input(key="demo-size").set_value(100)
    app.selectbox(key="demo-average").set_value("weighted")
    app.checkbox(key="demo-mix").set_value(False)
    app.text_input(key="demo-weights").set_value("[3, 4]").run()
    answers = app.session_state["answers"]
    assert Demo(**answers) == Demo(gamma=0.25, size=100, average="weighted", mix=False, weights=[3, 4])
    app.text_input(key="demo-weights").set_value("[3,").run()
    assert app.session_state["problems"] == ["Weights must be written as JSON; got '[3,'."]


@pytest.mark.parametrize(("choice", "text"), [(None, "none"), ("least_cost", "least cost"), ("adamw", "AdamW")])
def test_a_menu_shows_words_and_not_names_of_the_code(choice: str | None, text: str) -> None:
    assert _choice_text(choice) == text
