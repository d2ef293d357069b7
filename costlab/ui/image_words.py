"""What is said about images and the cells they are in. Plain text."""

from typing import Any

from costlab.costs import CostMatrix
from costlab.judged_images import Cell, JudgedImage
from costlab.scenario import Answer
from costlab.ui.run_sentences import percent
from costlab.ui.sentences import a, amount, capital, number

ALL_UP_TO = 12  # decisions in the table of an image; of more, the likeliest
LIKELIEST = 8


def called(cost: CostMatrix, cell: Cell) -> str:
    """A cell in words.

    >>> called(CostMatrix([[0, 1], [100, 0]], ["ok", "crack"]), (1, 0))
    "'crack' called 'ok'"
    """
    truth, decision = cell
    verb = "called" if decision < len(cost.classes) else "with the decision"
    return f"'{cost.classes[truth]}' {verb} '{cost.decisions[decision]}'"


def cell_told(answer: Answer, cell: Cell) -> str:
    """How many images are in a cell, what each costs, and how they are sorted."""
    cost, (truth, decision) = answer.cost, cell
    images, price = int(answer.counts[cell]), float(cost.values[cell])
    one = images == 1
    subject = f"{number(images)} test {'image' if one else 'images'} of '{cost.classes[truth]}'"
    was = "was" if one else "were"
    deed = "called" if decision < len(cost.classes) else "given the decision"
    right = ", which is right" if truth == decision else ""
    paid = "nothing" if price == 0 else amount(abs(price), cost.unit)
    costs = f"{'It' if one else 'Each'} {'earns' if price < 0 else 'costs'} {paid}"
    order = "" if one else "; the one the model is surest of comes first"
    return f"{subject} {was} {deed} '{cost.decisions[decision]}'{right}. {costs}{order}."


def empty_cell(answer: Answer, cell: Cell, other: Cell | None) -> str:
    """That a cell holds no image, and which one is worth a look."""
    cost, (truth, decision) = answer.cost, cell
    deed = "called" if decision < len(cost.classes) else "given the decision"
    said = f"No test image of '{cost.classes[truth]}' is {deed} '{cost.decisions[decision]}'."
    if other is None:
        return said
    images = int(answer.counts[other])
    return f"{said} Most of the cost comes from {called(cost, other)}: {number(images)} image{'s' * (images != 1)}."


def image_words(cost: CostMatrix, image: JudgedImage) -> str:
    """What happened to one image, for those who do not see it, too.

    >>> import numpy as np
    >>> cost = CostMatrix([[0, 1], [100, 0]], ["ok", "crack"])
    >>> probs = np.array([0.93, 0.07])
    >>> image_words(cost, JudgedImage(0, 5, 1, 0, probs, probs @ cost.values, cost.values[1]))
    "A 'crack' called 'ok', 93 % sure"
    """
    likeliest, sure = image.likeliest, percent(float(image.probs.max()))
    subject = capital(a(cost.classes[image.truth]))
    verb = "called" if image.decided < len(cost.classes) else "with the decision"
    said = f"{subject} {verb} '{cost.decisions[image.decided]}'"
    return (
        f"{said}, {sure} sure"
        if likeliest == image.decided
        else f"{said}; likeliest '{cost.classes[likeliest]}', {sure}"
    )


def legend(cost: CostMatrix, cell: Cell) -> dict[str, str]:
    """The words around the images: heads of the table, and what its columns mean."""
    return {
        "list": f"Images of {called(cost, cell)}",
        "decision": "Decision",
        "chance": "Likely to be right",
        "expected": "Expected cost",
        "true": "True cost",
        "note": "Expected: what a decision costs on average at these chances. "
        f"True: what it costs here, as this is {a(cost.classes[cell[0]])}.",
    }


def rows_told(cost: CostMatrix, image: JudgedImage) -> list[dict[str, Any]]:
    """A line for each decision, or the likeliest ones and those that matter: its chance and its two costs."""
    classes = len(cost.classes)
    shown = list(range(len(cost.decisions)))
    if len(shown) > ALL_UP_TO:
        likely = [int(each) for each in (-image.probs).argsort(kind="stable")[:LIKELIEST]]
        shown = list(dict.fromkeys([*likely, image.truth, image.decided, *shown[classes:]]))
    return [
        {
            "name": cost.decisions[each],
            "mark": " and ".join(["truth"] * (each == image.truth) + ["decided"] * (each == image.decided)),
            "share": float(image.probs[each]) if each < classes else None,
            "chance": percent(float(image.probs[each])) if each < classes else "",
            "expected": amount(float(image.expected[each]), cost.unit),
            "true": amount(float(image.true[each]), cost.unit),
        }
        for each in shown
    ]
