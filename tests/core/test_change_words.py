"""The sentence of a change: exact where it is known by hand, grammatical everywhere, its numbers those of a recount."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costlab.calibration import CALIBRATIONS
from costlab.change_words import change_sentence
from costlab.costs import CostMatrix
from costlab.decisions import RULES
from costlab.errors import InvalidCosts
from costlab.fitted import Fitted
from costlab.intervals import Interval, paired_interval
from costlab.moved_words import calibrated, moved
from costlab.predictions import Predictions
from costlab.scenario import REFER, Answer, Change, Scenario, answer, change

OK_CRACK = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"], unit="EUR")
START = Scenario(OK_CRACK, calibration="none")


def certain(groups: list[tuple[int, float, int]], classes: tuple[str, ...] = ("ok", "crack")) -> Fitted:
    """Images in groups of (how many, probability of the second class, truth): decisions are known by hand."""
    target = np.array([truth for many, _, truth in groups for _ in range(many)])
    second = np.array([p for many, p, _ in groups for _ in range(many)])
    logits = np.log(np.stack([1 - second, second], axis=1))
    return Fitted(Predictions(logits, target, classes, np.full(len(target), "test"), np.arange(len(target))))


# "crack" is decided above 1 / (1 + price): above 0.0099 at 100 EUR, above 0.004975 at 200 EUR
FITTED = certain([(900, 0.001, 0), (60, 0.008, 0), (20, 0.5, 0), (2, 0.008, 1), (18, 0.5, 1)])


def said(before: Scenario, after: Scenario, fitted: Fitted = FITTED) -> str:
    old, new = answer(fitted, before), answer(fitted, after)
    return change_sentence(change(old, new, fitted.test.target)).replace("\u2009", ",")


def priced(miss: float = 100, alarm: float = 1, unit: str = "EUR", **more: Any) -> Scenario:
    return replace(START, cost=CostMatrix([[0, alarm], [miss, 0]], ["ok", "crack"], unit=unit), **more)


CASES_BY_HAND = [
    # 62 more are called 'crack': 60 false alarms of 1, 2 misses of 200 saved
    (
        START,
        priced(200),
        "Moving 'crack' called 'ok' from 100 to 200 EUR changes 62 of 1,000 decisions: 60 more 'ok' called 'crack' and "
        "2 fewer 'crack' called 'ok'. At the new prices, deciding anew costs 80 EUR per 1,000 images instead of 420 "
        "(cannot be told apart from no change).",
    ),
    (
        priced(200),
        START,
        "Moving 'crack' called 'ok' from 200 to 100 EUR changes 62 of 1,000 decisions: 60 fewer 'ok' called 'crack' "
        "and 2 more 'crack' called 'ok'. At the new prices, deciding anew costs 220 EUR per 1,000 images instead of 80 "
        "(cannot be told apart from no change).",
    ),
    (START, START, "Nothing was moved: the decisions cost 220 EUR per 1,000 images."),
    (
        START,
        priced(101),
        "Moving 'crack' called 'ok' from 100 to 101 EUR changes none of the 1,000 decisions. They now cost 222 EUR per "
        "1,000 images; before, they cost 220 EUR.",
    ),
    (
        priced(unit="minutes", miss=1, alarm=0.001),
        priced(unit="minutes", miss=1, alarm=0.001, scale=2.0),
        "Moving the scale of all costs from 1 to 2 changes none of the 1,000 decisions. They now cost 1.96 minutes per "
        "1,000 images; before, they cost 0.98 minutes.",
    ),
    (
        START,
        priced(200, 3),
        "Moving 2 costs changes none of the 1,000 decisions. They now cost 460 EUR per 1,000 images; before, they cost "
        "220 EUR.",
    ),
    (
        START,
        priced(0, 0),
        "Moving 2 costs changes 38 of 1,000 decisions: 20 fewer 'ok' called 'crack' and 18 more 'crack' called 'ok'. "
        "At the new prices, deciding anew costs nothing per 1,000 images, as much as the decisions before would.",
    ),
    (
        START,
        replace(START, rule="argmax"),
        "Deciding by the rule 'Most probable class' instead of 'Least expected cost' changes 38 of 1,000 decisions: 20 "
        "fewer 'ok' called 'crack' and 18 more 'crack' called 'ok'. Deciding anew costs 2,000 EUR per 1,000 images "
        "instead of 220 (1,780 EUR more; 95 %: {}).",
    ),
    (
        START,
        replace(START, referral=0.2),
        "Being able to refer images to a human for 0.2 EUR each changes 100 of 1,000 decisions: 100 more referred, 20 "
        "fewer 'ok' called 'crack' and 2 fewer 'crack' called 'ok'. At the new prices, deciding anew costs 20 EUR per "
        "1,000 images instead of 220 (200 EUR less; 95 %: {}; it rests on about 2 dear images: too few to rely on).",
    ),
    (
        replace(START, referral=0.2),
        START,
        "No longer referring images to a human changes 100 of 1,000 decisions: 100 fewer referred, 20 more 'ok' called "
        "'crack' and 2 more 'crack' called 'ok'. At the new prices, deciding anew costs 220 EUR per 1,000 images "
        "instead of 20 (200 EUR more; 95 %: {}; it rests on about 2 dear images: too few to rely on).",
    ),
    (
        replace(START, referral=0.2),
        replace(START, referral=5.0),
        "Moving the price of referring from 0.2 to 5 EUR changes 100 of 1,000 decisions: 100 fewer referred, 20 more "
        "'ok' called 'crack' and 2 more 'crack' called 'ok'. At the new prices, deciding anew costs 220 EUR per 1,000 "
        "images instead of 500 (cannot be told apart from no change).",
    ),
    (
        START,
        replace(priced(200), referral=50.0, scale=2.0),
        "Moving 'crack' called 'ok' (from 100 to 200 EUR), the scale of all costs (from 1 to 2) and the price of "
        "referring (now 50 EUR) changes 62 of 1,000 decisions: 60 more 'ok' called 'crack' and 2 fewer 'crack' called "
        "'ok'. At the new prices, deciding anew costs 160 EUR per 1,000 images instead of 840 (cannot be told apart "
        "from no change).",
    ),
    (
        priced(scale=2.0),
        priced(200, scale=2.0),
        "Moving 'crack' called 'ok' from 100 to 200 EUR, times 2, changes 62 of 1,000 decisions: 60 more 'ok' called "
        "'crack' and 2 fewer 'crack' called 'ok'. At the new prices, deciding anew costs 160 EUR per 1,000 images "
        "instead of 840 (cannot be told apart from no change).",
    ),
    (
        START,
        replace(START, cost=CostMatrix([[-1, 1], [100, 0]], ["ok", "crack"], unit="EUR")),
        "Moving 'ok' called 'ok' from 0 to \u22121 EUR changes none of the 1,000 decisions. They now earn 740 EUR per "
        "1,000 images; before, they cost 220 EUR.",
    ),
    (
        priced(unit=""),
        priced(200, unit=""),
        "Moving 'crack' called 'ok' from 100 to 200 changes 62 of 1,000 decisions: 60 more 'ok' called 'crack' and 2 "
        "fewer 'crack' called 'ok'. At the new prices, deciding anew costs 80 per 1,000 images instead of 420 (cannot "
        "be told apart from no change).",
    ),
]


BLIND = [(20, -1.0), (18, 100.0)]  # how many images cost how much more
REFERRED = [(60, 0.2), (20, -0.8), (2, -99.8), (18, 0.2)]


def between(groups: list[tuple[int, float]]) -> str:
    """The ends of the interval of a difference known by hand, per 1,000 of 1,000 images."""
    each = np.concatenate([np.full(many, more) for many, more in groups])
    interval = paired_interval(np.append(each, np.zeros(1000 - len(each))), np.zeros(1000))
    low, high = sorted((abs(1000 * interval.low), abs(1000 * interval.high)))
    return f"{low:,.4g} to {high:,.4g}" if high < 1000 else f"{low:,.0f} to {high:,.0f}"


@pytest.mark.parametrize(("before", "after", "sentence"), CASES_BY_HAND)
def test_a_sentence_known_by_hand(before: Scenario, after: Scenario, sentence: str) -> None:
    ends = between(REFERRED if before.rule == after.rule else BLIND)
    assert said(before, after) == sentence.replace("{}", ends)


def test_new_class_shares_are_named_where_the_costs_are_told() -> None:
    shifted = said(START, replace(START, shares=(1.0, 1.0)))
    assert shifted.startswith("Moving the class shares changes 962 of 1,000 decisions: 960 more 'ok' called 'crack'")
    assert "With these class shares, deciding anew costs" in shifted
    back = said(replace(START, shares=(1.0, 1.0)), START)
    assert back.startswith("Going back to the class shares of the test set changes 962 of 1,000 decisions")
    both = said(START, replace(priced(200), shares=(1.0, 1.0)))
    assert "At the new prices and class shares, deciding anew" in both


def test_a_rule_that_is_tuned_anew_after_a_drag_is_named() -> None:
    rng = np.random.default_rng(0)
    target = rng.choice(3, 400)
    logits, split = 2 * (rng.normal(size=(400, 3)) + 1.5 * np.eye(3)[target]), np.repeat(["valid", "test"], 200)
    sure = Fitted(Predictions(logits, target, NAMES, split, np.arange(400)))
    start, drag = (
        Scenario(CostMatrix([[0, a, 2], [100, 0, 5], [20, 3, 0]], NAMES), "tuned_multipliers") for a in (1, 30)
    )
    dragged, rest = answer(sure, drag, tuned_for=start), answer(sure, drag)
    differ = sum(one != other for one, other in zip(dragged.decided, rest.decided, strict=True))
    assert differ > 0
    sentence = change_sentence(change(dragged, rest, sure.test.target))
    assert sentence.startswith(f"Tuning the rule anew changes {differ} of 200 decisions: ")


def test_class_shares_of_another_scale_are_not_called_new() -> None:
    before, after = replace(START, shares=(98.0, 2.0)), replace(priced(200), shares=(49.0, 1.0))
    assert "At the new prices, deciding anew" in said(before, after)


def test_one_image_of_many_and_one_alone_are_singular() -> None:
    few = certain([(9, 0.001, 0), (1, 0.008, 1)])
    assert "changes 1 of 10 decisions: 1 fewer 'crack' called 'ok'. " in said(START, priced(200), few)
    alone = Fitted(replace_split(few, 1))
    assert "changes nothing about the only image. " in said(START, priced(101), alone)
    assert "changes the decision about the only image: 1 more 'ok' called 'crack'. " in said(START, priced(5000), alone)


def replace_split(fitted: Fitted, tested: int) -> Predictions:
    """The same images, all but the first `tested` of them for validation."""
    split = np.where(np.arange(len(fitted)) < tested, "test", "valid")
    return replace(fitted.test, split=split)


def test_all_decisions_may_change() -> None:
    sentence = said(START, replace(START, cost=CostMatrix([[9, 0], [0, 9]], ["ok", "crack"])), certain([(5, 0.001, 0)]))
    assert "changes all 5 decisions: 5 more 'ok' called 'crack'. " in sentence


def test_as_many_one_way_as_the_other_is_said() -> None:
    three = np.array([[0.6, 0.4, 0.0001], [0.4, 0.6, 0.0001]] * 2)
    target = np.array([2, 2, 2, 2])
    fitted = Fitted(Predictions(np.log(three), target, ("a", "b", "c"), np.full(4, "test"), np.arange(4)))
    swap = CostMatrix([[1, 0, 9], [0, 1, 9], [1, 1, 0]], "abc")
    sentence = said(
        Scenario(CostMatrix.zero_one("abc"), calibration="none"), Scenario(swap, calibration="none"), fitted
    )
    assert "changes all 4 decisions, but as many go one way as the other. " in sentence


def test_many_cells_are_counted_after_the_three_that_moved_most() -> None:
    rng = np.random.default_rng(0)
    target = rng.integers(0, 5, 300)
    logits = rng.normal(size=(300, 5)) + np.eye(5)[target]
    fitted = Fitted(Predictions(logits, target, tuple("abcde"), np.full(300, "test"), np.arange(300)))
    zero_one = Scenario(CostMatrix.zero_one("abcde"), calibration="none")
    dear = replace(zero_one, cost=CostMatrix.one_dear("abcde", "a", 20))
    sentence = said(zero_one, dear, fitted)
    assert len(re.findall(r"\d+ (?:more|fewer) '", sentence)) == 3
    assert re.search(r" and changes in \d+ other cells\. ", sentence)


def a_change(now: float, kept: float, interval: tuple[float, float], events: float = 100.0, unit: str = "EUR") -> str:
    """The sentence where the worth is as given, per 1,000."""
    real = change(answer(FITTED, START), answer(FITTED, replace(START, rule="argmax")), FITTED.test.target)
    cost = replace(real.after.cost, unit=unit)
    mean = Interval(now / 1000, now / 1000 - 1, now / 1000 + 1)
    difference = Interval((now - kept) / 1000, interval[0] / 1000, interval[1] / 1000)
    made = replace(
        real, after=replace(real.after, mean=mean, cost=cost), kept=kept / 1000, difference=difference, events=events
    )
    return change_sentence(made).replace("\u2009", ",").split("Deciding anew ")[1]


@pytest.mark.parametrize(
    ("worth", "sentence"),
    [
        ((30, 40, (-15, -5)), "costs 30 EUR per 1,000 images instead of 40 (10 EUR less; 95 %: 5 to 15)."),
        ((40, 30, (5, 15)), "costs 40 EUR per 1,000 images instead of 30 (10 EUR more; 95 %: 5 to 15)."),
        ((-40, -30, (-15, -5)), "earns 40 EUR per 1,000 images instead of 30 (10 EUR more; 95 %: 5 to 15)."),
        ((-30, -40, (5, 15)), "earns 30 EUR per 1,000 images instead of 40 (10 EUR less; 95 %: 5 to 15)."),
        (
            (-30, 40, (-80, -60)),
            "earns 30 EUR per 1,000 images instead of costing 40 EUR (70 EUR cheaper; 95 %: 60 to 80).",
        ),
        (
            (40, -30, (60, 80)),
            "costs 40 EUR per 1,000 images instead of earning 30 EUR (70 EUR dearer; 95 %: 60 to 80).",
        ),
        ((0, 40, (-50, -30)), "costs nothing per 1,000 images instead of 40 EUR (40 EUR less; 95 %: 30 to 50)."),
        ((40, 0, (30, 50)), "costs 40 EUR per 1,000 images instead of nothing (40 EUR more; 95 %: 30 to 50)."),
        ((0, -40, (30, 50)), "costs nothing per 1,000 images instead of earning 40 EUR (40 EUR less; 95 %: 30 to 50)."),
        ((30, 30, (0, 0)), "costs 30 EUR per 1,000 images, as much as the decisions before would."),
        ((30, 40, (-25, 5)), "costs 30 EUR per 1,000 images instead of 40 (cannot be told apart from no change)."),
        (
            (100.001, 100.002, (-0.0015, -0.0005)),
            "costs 100.001 EUR per 1,000 images instead of 100.002 (0.001 EUR less; 95 %: 0.0005 to 0.0015).",
        ),
    ],
)
def test_what_it_is_worth_is_told_with_the_right_sign(worth: tuple[float, float, Any], sentence: str) -> None:
    assert a_change(*worth) == sentence


def test_a_difference_that_rests_on_few_images_says_so() -> None:
    assert "; it rests on about 3 dear images: too few to rely on)." in a_change(30, 40, (-15, -5), events=3.2)
    assert "; it rests on about 1 dear image: too few to rely on)." in a_change(30, 40, (-15, -5), events=0.4)
    assert "rests" not in a_change(30, 40, (-15, 5), events=3.2)


# What was moved ------------------------------------------------------------------------------------------------------

REFERS = OK_CRACK.with_referral(7.0)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (START, START, ""),
        (START, replace(START, calibration="vector"), "Moving from no calibration to vector scaling"),
        (
            replace(START, calibration="affine"),
            replace(START, calibration="temperature", shares=(1.0, 2.0)),
            "Moving the class shares and the calibration (from affine scaling to temperature scaling)",
        ),
        (replace(START, shares=(1.0, 2.0)), replace(START, shares=(2.0, 4.0)), ""),
        (replace(START, shares=(1.0, 2.0)), replace(START, shares=(1.0, 3.0)), "Moving the class shares"),
        (START, priced(unit="minutes"), "Moving the unit from EUR to minutes"),
        (START, priced(unit=""), "Moving the unit from EUR to none"),
        (START, replace(START, cost=OK_CRACK.with_referral(1.0, "look again")), "Adding the decision 'look again'"),
        (replace(START, cost=OK_CRACK.with_referral(1.0, "look again")), START, "Dropping the decision 'look again'"),
        (
            replace(START, cost=OK_CRACK.with_referral(1.0, "look again")),
            replace(START, cost=OK_CRACK.with_referral(1.0, "measure")),
            "Choosing among other decisions",
        ),
        (
            replace(START, cost=REFERS),
            replace(START, cost=REFERS.replaced(1, 2, 9.0)),
            "Moving 'crack' with the decision 'refer to a human' from 7 to 9 EUR",
        ),
        (
            replace(START, cost=REFERS),
            replace(START, cost=REFERS, referral=3.0),
            "Referring images to a human for 3 EUR each",
        ),
        (
            replace(START, cost=REFERS, referral=3.0),
            replace(START, cost=REFERS),
            "Going back to the price of referring in the costs",
        ),
        (priced(1e-7), priced(100.0000001), "Moving 'crack' called 'ok' from 1e-07 to 100 EUR"),
        (priced(100.0000001), priced(100), "Moving 'crack' called 'ok' from 100.0000001 to 100 EUR"),
        (priced(2, unit="hours"), priced(1, unit="hours"), "Moving 'crack' called 'ok' from 2 to 1 hour"),
    ],
)
def test_what_was_moved_is_found_by_comparing(before: Scenario, after: Scenario, words: str) -> None:
    assert moved(before, after) == words


def test_classes_in_another_order_are_the_same_classes() -> None:
    turned = replace(START, cost=OK_CRACK.for_classes(("crack", "ok")), shares=(1.0, 3.0))
    assert moved(replace(START, shares=(3.0, 1.0)), turned) == ""


def test_costs_about_other_classes_are_not_compared() -> None:
    with pytest.raises(InvalidCosts, match="class names must be the same"):
        moved(START, Scenario(CostMatrix.zero_one("ab")))


def test_every_calibration_has_a_name_to_be_read() -> None:
    assert all("_" not in calibrated(name) for name in CALIBRATIONS)
    assert len({calibrated(name) for name in CALIBRATIONS}) == len(CALIBRATIONS)


def test_long_names_are_shown_by_their_ends() -> None:
    names = ["the same long beginning " + "x" * 40 + each for each in ("first", "second")]
    cost = CostMatrix([[0, 1], [100, 0]], names)
    words = moved(Scenario(cost), Scenario(cost.replaced(1, 0, 5.0)))
    assert words == (
        "Moving 'the same long beginning …xxxxxxxxxsecond' called 'the same long beginning …xxxxxxxxxxfirst' "
        "from 100 to 5"
    )


# Laws ----------------------------------------------------------------------------------------------------------------

NAMES = ("ok", "crack", "stain")
RNG = np.random.default_rng(3)
TARGET = np.arange(120) % 3
LOGITS = RNG.normal(size=(120, 3)) + np.eye(3)[TARGET]
SPLIT = np.where(np.arange(120) < 60, "valid", "test")
THREE = Fitted(Predictions(LOGITS, TARGET, NAMES, SPLIT, np.arange(120)))


@st.composite
def scenarios(draw: st.DrawFn, names: tuple[str, ...] = NAMES, unit: str = "EUR") -> Scenario:
    """Any scenario that is not too far from a common one, so that single things are often moved."""
    values = np.array([[0.0, 1.0, 2.0], [100.0, 0.0, 5.0], [20.0, 3.0, 0.0]])
    for _ in range(draw(st.integers(0, 3))):
        values[draw(st.integers(0, 2)), draw(st.integers(0, 2))] = draw(st.sampled_from([-20.0, 0.0, 1.0, 4.5, 70.0]))
    cost = CostMatrix(values, names, unit=unit)
    if draw(st.integers(0, 3)) == 0:
        cost = cost.with_referral(draw(st.sampled_from([0.0, 2.0])), draw(st.sampled_from(["look again", REFER])))
    return Scenario(
        cost=cost,
        rule=draw(st.sampled_from(["least_expected_cost", "least_expected_cost", "argmax", "tuned_multipliers"])),
        calibration=draw(st.sampled_from(["temperature", "temperature", "none", "vector"])),
        scale=draw(st.sampled_from([1.0, 1.0, 2.0])),
        referral=draw(st.sampled_from([None, None, 0.5, 3.0])),
        shares=draw(st.sampled_from([None, None, (1.0, 1.0, 1.0), (5.0, 1.0, 0.0)])),
    )


def grammatical(sentence: str) -> None:
    """What holds of every sentence."""
    assert sentence.endswith(".")
    assert sentence == sentence.strip()
    assert not re.search(r"[ \t\n]{2,}|\.\.| [.,;:)]|\( |\n", sentence)
    assert not re.search(r"\b([a-z]+) \1\b", sentence), "a word twice"
    assert not re.search(r"\b1 (images|decisions|cells|EUR\w)", sentence)
    assert "changes changes" not in sentence
    assert sentence[0].isupper()
    assert all(each[0].isupper() for each in re.split(r"(?<=[a-z)])\. ", sentence))
    assert sentence.count("(") == sentence.count(")")
    assert not re.search("-0|nan|None", sentence)


def names_of(found: Answer) -> list[str]:
    """(N,) the decisions by name."""
    return [found.cost.decisions[decision] for decision in found.decided]


def whole(text: str) -> int:
    return int(text.replace("\u2009", ""))


@settings(max_examples=200)
@given(scenarios(), scenarios())
def test_the_numbers_of_every_sentence_are_those_of_a_recount(before: Scenario, after: Scenario) -> None:
    old, new = answer(THREE, before), answer(THREE, after)
    sentence = change_sentence(change(old, new, THREE.test.target))
    grammatical(sentence)
    pairs = list(zip(THREE.test.target, names_of(old), names_of(new), strict=True))
    differ = sum(was != now for _, was, now in pairs)
    if sentence.startswith("Nothing was moved") or "changes none of the 60 decisions" in sentence:
        assert differ == 0
    elif "changes all 60 decisions" in sentence:
        assert differ == 60
    else:
        assert f"changes {differ} of 60 decisions" in sentence
    for number, way, truth, name in re.findall(r"(\d+) (more|fewer) '(\w+)' called '(\w+)'", sentence):
        by = sum((now == name) - (was == name) for t, was, now in pairs if NAMES[t] == truth)
        assert by == (int(number) if way == "more" else -int(number))
        assert truth != name
    for number, way, what in re.findall(r"(\d+) (more|fewer) (referred|with the decision 'look again')", sentence):
        name = REFER if what == "referred" else "look again"
        by = sum((now == name) - (was == name) for _, was, now in pairs)
        assert by == (int(number) if way == "more" else -int(number))


@settings(max_examples=100)
@given(scenarios(), scenarios())
def test_what_is_told_per_1000_images_is_what_loops_find(before: Scenario, after: Scenario) -> None:
    old, new = answer(THREE, before), answer(THREE, after)
    found = re.search(
        r"(costs?|earns?|costs? nothing) (?:([\d\u2009.]+) EUR )?per 1\u2009000",
        change_sentence(change(old, new, THREE.test.target)),
    )
    assert found
    paid = [new.cost.values[t, d] * new.weights[t] for t, d in zip(THREE.test.target, new.decided, strict=True)]
    mean = 1000 * sum(paid) / len(paid)
    told = float(found[2].replace("\u2009", "")) if found[2] else 0.0
    assert told == pytest.approx(abs(mean), rel=1e-3, abs=1e-9)
    assert found[1].startswith("earn") == (mean < 0)


@settings(max_examples=60)
@given(st.data())
def test_any_name_and_unit_makes_one_line_of_text(data: st.DataObject) -> None:
    word = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=80).filter(str.strip)
    names = tuple(data.draw(st.lists(word, min_size=3, max_size=3, unique=True)))
    unit = data.draw(st.text(max_size=20))
    assume(REFER not in names and "look again" not in names)
    fitted = Fitted(Predictions(LOGITS, TARGET, names, SPLIT, np.arange(120)))
    before, after = data.draw(scenarios(names, unit)), data.draw(scenarios(names, unit))
    sentence = change_sentence(change(answer(fitted, before), answer(fitted, after), fitted.test.target))
    assert sentence.endswith(".")
    assert not re.search(r"[ \t\r\n]{2,}|\n", sentence)
    assert len(sentence) < 1500


def test_rules_are_named_by_their_titles() -> None:
    for name in RULES:
        assert RULES[name].title in moved(START, replace(START, rule=name)) or name == START.rule


def test_a_change_is_built_of_two_answers() -> None:
    found = change(answer(FITTED, START), answer(FITTED, priced(200)), FITTED.test.target)
    assert isinstance(found, Change)
    assert int(found.differs.sum()) == 62
