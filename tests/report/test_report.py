"""The report: its numbers by another program, what it says was not known, and that nothing in it acts or fetches."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from costlab.agreement import Agreement, note_key, priced_cells
from costlab.costs import CostMatrix
from costlab.fitted import Fitted
from costlab.images import png
from costlab.predictions import Predictions
from costlab.report import findings, make_report
from costlab.scenario import Scenario
from costlab.sources import Source, example_source
from tests.report.cases import embedded, made

AGREED = Agreement(by="Ada", day="22 November 2026")


def report(source: Source, agreed: Agreement = AGREED, **scenario: object) -> str:
    return make_report(source, Fitted(source.predictions), Scenario(source.cost, **scenario), agreed)  # type: ignore[arg-type]


def plain_temperature(logits: np.ndarray, target: np.ndarray) -> float:
    """The temperature of least log-loss with costlab's stated pull, by trying out ever finer grids."""
    centred = logits - logits.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).mean())
    low, high = 1e-3 / size, 20.0 / size

    def loss(scale: float) -> float:
        z = scale * centred
        z = z - z.max(axis=1, keepdims=True)
        pull = (scale * size) ** 2 / (18 * len(target))
        return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), target]) + pull)

    for _ in range(40):
        grid = np.linspace(low, high, 9)
        best = int(np.argmin([loss(scale) for scale in grid]))
        low, high = grid[max(0, best - 1)], grid[min(8, best + 1)]
    return (low + high) / 2


@pytest.mark.parametrize("name", ["surface_defects", "traffic_lights", "digits"])
def test_its_numbers_are_those_of_plain_loops_over_the_predictions(name: str, tmp_path: Path) -> None:
    source = example_source(name)
    source.predictions.save(tmp_path / "predictions.npz")
    told = embedded(report(source))
    with np.load(tmp_path / "predictions.npz") as file:
        logits, target, split = file["logits"].astype(float), file["target"], file["split"]
    scale = plain_temperature(logits[split == "valid"], target[split == "valid"])
    prices, truths, decided, blind = source.cost.values, target[split == "test"].tolist(), [], []
    for row in logits[split == "test"]:
        weights = [np.exp(scale * (z - row.max())) for z in row]
        expected = [sum(w * prices[t][d] for t, w in enumerate(weights)) for d in range(prices.shape[1])]
        decided.append(expected.index(min(expected)))
        blind.append(list(row).index(max(row)))

    def cost(decisions: list[int]) -> float:
        return 1000 * sum(prices[t][d] for t, d in zip(truths, decisions, strict=True)) / len(truths)

    by = {way["name"]: way for way in told["decided"]}
    assert by["chosen"]["cost"] == pytest.approx(cost(decided))
    assert by["bar"]["cost"] == pytest.approx(cost(decided))
    assert by["argmax"]["cost"] == pytest.approx(cost(blind))
    constants = [cost([d] * len(truths)) for d in range(len(prices))]
    assert by["constant"]["cost"] == pytest.approx(min(constants))
    assert by["argmax"]["difference"] == pytest.approx(cost(decided) - cost(blind))
    assert told["confusion"] == confusion_matrix(truths, decided, labels=range(len(prices))).tolist()
    assert told["accuracy"] == pytest.approx(np.mean(np.array(truths) == decided))
    dearest = max(prices[t][d] for t, d in zip(truths, decided, strict=True))
    assert told["costliest"][0]["cost"] == dearest


def test_shares_weigh_the_test_images_as_plain_loops_do() -> None:
    source = made(3, n=90)
    told = embedded(report(source, shares=(8.0, 1.0, 1.0), referral=4.0, rule="refer"))
    counts = np.array(told["confusion"])
    prices = np.array(told["cost"]["values"])
    mean = sum(
        share * sum(n * price for n, price in zip(row, line, strict=True)) / sum(row)
        for share, row, line in zip((0.8, 0.1, 0.1), counts, prices, strict=True)
    )
    by = {way["name"]: way for way in told["decided"]}
    assert by["chosen"]["cost"] == pytest.approx(1000 * mean)
    referred = sum(s * row[3] / sum(row) for s, row in zip((0.8, 0.1, 0.1), counts, strict=True))
    assert told["referred"] == pytest.approx(referred)


class _Page(HTMLParser):
    """Elements, their attributes, and the text that is seen."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._hidden = "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._hidden else data


NASTY = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><b>&amp;", "$x$ {title} %s")


def test_what_people_typed_is_text_and_nothing_else() -> None:
    source = made(4, names=NASTY, unit="<i>€</i>")
    notes = {note_key(*cell): NASTY[number % 4] for number, cell in enumerate(priced_cells(source.cost))}
    html = report(source, Agreement(NASTY[0], NASTY[1], NASTY[2], NASTY[3], notes), referral=2.0)
    page = _Page(html)
    for text in (*NASTY, "<i>€</i>"):
        assert text in page.text
    assert [tag for tag, _ in page.tags].count("script") == [
        tag for tag, _ in _Page(report(made(4), referral=2.0)).tags
    ].count("script")
    assert not any(tag in ("i", "img", "iframe", "link") for tag, _ in page.tags)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert embedded(html)["notes"] == notes


def test_nothing_in_it_is_fetched_and_its_policy_forbids_it() -> None:
    page = _Page(report(made(3)))
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy  # the default holds
    assert "http" not in policy
    for _, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data"):
            assert (attributes.get(name) or "data:").startswith("data:")


def test_it_is_small_enough_for_any_mailbox() -> None:
    assert 400_000 < len(report(example_source("digits")).encode()) < 1_000_000


def test_images_are_in_the_file_with_words_for_those_who_do_not_see_them() -> None:
    source = made(3)
    fitted, scenario = Fitted(source.predictions), Scenario(source.cost)
    costliest = findings(source, fitted, scenario, AGREED).facts.costliest
    pictures = {image.index: png(np.full((1, 4, 4), number, np.uint8)) for number, image in enumerate(costliest)}
    page = _Page(make_report(source, fitted, scenario, AGREED, pictures))
    shown = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(shown) == len(costliest) == len({attributes["src"] for attributes in shown}) > 3
    for image, attributes in zip(costliest, shown, strict=True):
        alt = attributes["alt"] or ""
        assert str(image.index) in alt
        assert image.truth in alt
        assert image.decision in alt
    without = make_report(source, fitted, scenario, AGREED, {}, "They are <elsewhere>.")
    assert "They are &lt;elsewhere&gt;." in without


def test_a_price_stands_where_its_truth_and_decision_meet() -> None:
    cost = CostMatrix([[0, 7], [310, 0]], ["ok", "crack"], unit="EUR")
    made_up = made(2, names=("ok", "crack"))
    source = Source("run:x", "x", made_up.predictions, cost, made_up.spec, (5, 5))
    html = report(source, Agreement(notes={"1.0": "Recall of 2024"}))
    rows = re.findall(r'<tr><th scope="row">(\w+)</th>(.*?)</tr>', html)
    cells = [(truth, re.findall(r"<td[^>]*>(.*?)</td>", line)) for truth, line in rows[:2]]
    assert cells == [("ok", ["0", "7"]), ("crack", ["310<sup>1</sup>", "0"])]
    assert "Rows are the truth, columns the decision." in html
    assert "&#x27;crack&#x27; called &#x27;ok&#x27;: 310 EUR. Recall of 2024" in html


@pytest.mark.parametrize("k", [2, 10, 30, 100])
def test_it_is_written_for_two_to_a_hundred_classes(k: int) -> None:
    source = made(k, n=max(200, 3 * k), valid=12 * k)
    html = report(source, referral=5.0)
    page = _Page(html)
    assert "What was not known" in page.text
    assert embedded(html)["cost"]["values"][1][0] == source.cost.values[1, 0]
    whole = 'class="matrix' in html
    assert whole == (k <= 10)
    dearest = max(source.cost.values[t, d] for t in range(k) for d in range(k))
    assert f"{dearest:g}" in page.text
    assert page.tags.count(("figure", {"class": "chart", "id": "price_curve"})) == 1


# What was not known ----------------------------------------------------------------------------------------------


def doubts(source: Source, agreed: Agreement = AGREED, **scenario: object) -> str:
    return " ".join(embedded(report(source, agreed, **scenario))["not_known"])


def two(wrong: list[int], n: int, unit: str = "EUR", truths: list[int] | None = None) -> Source:
    """A model of two classes that is quite sure, and wrong at these test images."""
    target = np.array(truths if truths is not None else [number % 2 for number in range(n)])
    said = target.copy()
    said[wrong] = 1 - said[wrong]
    logits = 4.0 * np.eye(2)[np.concatenate([target, said])]
    split = np.repeat(["valid", "test"], n)
    predictions = Predictions(logits, np.tile(target, 2), ("ok", "crack"), split, np.arange(2 * n))
    cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit=unit)
    spec = made(2).spec
    return Source("run:two", "two", predictions, cost, spec, (5, 5))


def test_a_dear_mistake_that_never_happened_is_told_with_how_often_it_still_may() -> None:
    source = two([0, 2, 4], 200)
    told = doubts(source, rule="argmax")
    # none of 100 cracks was missed: (1 - 0.0295) ** 100 is 0.05
    assert pytest.approx(0.05, rel=0.01) == (1 - 0.0295) ** 100
    assert "a 'crack' called 'ok', did not happen among 100 test images of that class" in told
    assert "up to 3\u2009% of them" in told.replace("2.9\u2009%", "3\u2009%").replace("3.0", "3")
    missed = doubts(two([1, 3, 5], 200), rule="argmax")
    assert "did not happen" not in missed


def test_few_dear_mistakes_and_a_wide_interval_are_told_only_where_there_are_few() -> None:
    few, many = two([1], 200), two(list(range(1, 400, 4)), 400)
    assert "rests on about 1 dear mistake" in doubts(few, rule="argmax")
    assert "anywhere between" in doubts(few, rule="argmax")
    assert "rests on about" not in doubts(many, rule="argmax")
    assert "anywhere between" not in doubts(many, rule="argmax")


def test_uncalibrated_probabilities_are_told_only_where_they_are() -> None:
    source = made(3)
    assert "used as the model gives them" in doubts(source, calibration="none")
    assert "used as the model gives them" not in doubts(source)


def test_cross_fitting_is_told_only_where_it_was_needed() -> None:
    assert "cross-fitted" in doubts(made(3, valid=6))
    assert "cross-fitted" not in doubts(made(3, valid=300))


def test_a_class_without_test_images_is_named() -> None:
    source = made(3, n=100)
    rows = (source.predictions.split == "valid") | (source.predictions.target != 2)
    given = source.predictions
    fewer = Predictions(given.logits[rows], given.target[rows], given.classes, given.split[rows], given.index[rows])
    lacking = Source("run:x", "x", fewer, source.cost, source.spec, source.counts)
    assert "No test image is of the class 'class 2'" in doubts(lacking)
    assert "No test image is of" not in doubts(source)


def test_shares_are_told_as_assumed_or_as_those_of_the_test_images() -> None:
    source = made(3)
    assert "was not given" in doubts(source)
    assert "assumed" not in doubts(source)
    assert "assumed, not measured" in doubts(source, shares=(1.0, 1.0, 2.0))


def test_silent_prices_and_missing_names_are_counted() -> None:
    source = two([1], 100)
    assert "None of the 2 prices" in doubts(source)
    assert "Nobody is named" in doubts(source, Agreement())
    one = doubts(source, Agreement(by="Ada", notes={"0.1": "a look", "1.0": "  "}))
    assert "One of the 2 prices has no comment" in one
    both = doubts(source, Agreement(by="Ada", notes={"0.1": "a look", "1.0": "recall"}))
    assert "comment" not in both
    assert "Nobody is named" not in both


def test_synthetic_images_are_called_synthetic_and_real_ones_not() -> None:
    assert "a program drew them" in doubts(example_source("surface_defects"))
    assert "a program drew them" not in doubts(example_source("digits"))


@settings(max_examples=6, deadline=None)
@given(
    k=st.integers(2, 5),
    scale=st.floats(0.01, 1e4),
    blind=st.booleans(),
    refer=st.one_of(st.none(), st.floats(0, 60)),
    text=st.text(max_size=30),
)
def test_any_scenario_gives_a_whole_page(k: int, scale: float, blind: bool, refer: float | None, text: str) -> None:
    source = made(k, n=40, valid=60)
    rule = "argmax" if blind else "least_expected_cost"
    html = report(source, Agreement(text, text, text, text), scale=scale, rule=rule, referral=refer)
    assert html.rstrip().endswith("</html>")
    told = embedded(html)
    total = sum(map(sum, told["confusion"]))
    assert total == 40
    prices = np.array(told["cost"]["values"])
    by = {way["name"]: way for way in told["decided"]}
    assert by["chosen"]["cost"] == pytest.approx(1000 * (np.array(told["confusion"]) * prices).sum() / total)
    low, high = by["chosen"]["interval"]
    assert low <= by["chosen"]["cost"] * (1 + 1e-9)
    assert by["chosen"]["cost"] <= high * (1 + 1e-9)
