"""What is said about single images, cells and the lack of both."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from costlab.costs import CostMatrix
from costlab.fitted import Fitted
from costlab.judged_images import JudgedImage
from costlab.scenario import Scenario, answer
from costlab.sources import example_source
from costlab.ui.image_words import cell_told, empty_cell, image_words, legend, rows_told

COST = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR").with_referral(3, "ask")


def image(truth: int, decided: int, *probs: float) -> JudgedImage:
    chances = np.array(probs)
    return JudgedImage(0, 7, truth, decided, chances, COST.expected(chances[None])[0], COST.values[truth])


@pytest.mark.parametrize(
    ("looked_at", "sentence"),
    [
        (image(1, 0, 0.93, 0.07), "A 'crack' called 'ok', 93 % sure"),
        (image(0, 1, 0.98, 0.02), "An 'ok' called 'crack'; likeliest 'ok', 98 %"),
        (image(1, 2, 0.3, 0.7), "A 'crack' with the decision 'ask'; likeliest 'crack', 70 %"),
    ],
)
def test_an_image_is_told_by_its_truth_its_decision_and_how_sure_that_is(looked_at: JudgedImage, sentence: str) -> None:
    assert image_words(COST, looked_at) == sentence


def test_a_line_for_each_decision_says_its_chance_and_both_costs() -> None:
    assert rows_told(COST, image(1, 0, 0.75, 0.25)) == [
        {"name": "ok", "mark": "decided", "share": 0.75, "chance": "75 %", "expected": "25 EUR", "true": "100 EUR"},
        {"name": "crack", "mark": "truth", "share": 0.25, "chance": "25 %", "expected": "0.75 EUR", "true": "0 EUR"},
        {"name": "ask", "mark": "", "share": None, "chance": "", "expected": "3 EUR", "true": "3 EUR"},
    ]
    assert legend(COST, (1, 0))["note"].endswith("as this is a 'crack'.")


def test_of_many_classes_the_likeliest_the_truth_and_the_decision_are_told() -> None:
    cost = CostMatrix.zero_one([f"c{number}" for number in range(100)])
    probs = np.arange(100) / np.arange(100).sum()
    shown = rows_told(cost, JudgedImage(0, 0, 3, 5, probs, cost.expected(probs[None])[0], cost.values[3]))
    assert [row["name"] for row in shown] == [f"c{number}" for number in (99, 98, 97, 96, 95, 94, 93, 92, 3, 5)]


def test_a_cell_says_how_many_images_it_holds_and_an_empty_one_where_to_look() -> None:
    source = example_source("surface_defects")
    given = answer(Fitted(source.predictions), Scenario(source.cost))
    test = source.predictions.part("test")
    images = sum(bool(t == 0 and d == 3) for t, d in zip(test.target, given.decided, strict=True))
    assert cell_told(given, (0, 3)).startswith(f"{images} test images of 'ok' were called 'crack'. Each costs 1 EUR;")
    right = cell_told(given, (3, 3))
    assert "were called 'crack', which is right. Each costs nothing;" in right
    said = empty_cell(given, (3, 0), (0, 3))
    assert said == (
        f"No test image of 'crack' is called 'ok'. Most of the cost comes from 'ok' called 'crack': {images} images."
    )
    assert empty_cell(given, (3, 0), None) == "No test image of 'crack' is called 'ok'."


def missing() -> None:
    from dataclasses import replace

    from costlab.fitted import Fitted
    from costlab.scenario import Scenario, answer
    from costlab.sources import example_source
    from costlab.specs import Choice
    from costlab.ui.gallery import gallery

    source = example_source("surface_defects")
    fitted = Fitted(source.predictions)
    for name in ("mnist", "gone"):
        spec = source.spec.model_copy(update={"dataset": Choice(name=name)})
        gallery(replace(source, spec=spec), fitted, answer(fitted, Scenario(source.cost)), (0, 3))
    unnumbered = replace(source, predictions=replace(source.predictions, assumed=("index",)))
    gallery(unnumbered, fitted, answer(fitted, Scenario(source.cost)), (0, 3))


def test_images_that_are_not_here_are_told_in_a_sentence_and_the_cell_is_still_described() -> None:
    app = AppTest.from_function(missing, default_timeout=60).run()
    assert not app.exception
    plain = [each.value.replace("\\", "").replace("\u2060", "") for each in app.info]
    assert plain[0].startswith("MNIST is not on this machine yet")
    assert plain[1].startswith("There is no data set named 'gone'")
    assert plain[2].startswith("The file of predictions does not say which image each line is about.")
    assert all(text.endswith("the images cannot be shown.") for text in plain)
    assert "test images of 'ok' were called 'crack'" in app.markdown[0].value
