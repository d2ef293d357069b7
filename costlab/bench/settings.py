"""From the words of the command line to a plan. Names are checked by looking at file names: no torch."""

import json
from collections.abc import Collection, Sequence
from importlib.util import find_spec

from costlab.bench.families import FAMILIES, STANDARD
from costlab.bench.plan import BAR_LOSS, Plan, Setting
from costlab.errors import InvalidSpec, UnknownName
from costlab.registry import Registry
from costlab.specs import Choice, RunSpec

_USES = [  # about a second of training each on one core; cross-entropy gets 4 to 20 % of the test images wrong
    Setting(
        name="digits",
        dataset=Choice(name="digits", options={"train_size": 100}),
        model=Choice(name="small_cnn"),
        epochs=30,
    ),
    Setting(
        name="digits_wrong_labels",
        dataset=Choice(name="digits", options={"train_size": 200, "label_noise": 0.1}),
        model=Choice(name="small_cnn"),
        epochs=20,
    ),
    Setting(
        name="surface_defects", dataset=Choice(name="surface_defects", options={"images": 3000, "train_size": 1200})
    ),
    Setting(name="traffic_lights", dataset=Choice(name="traffic_lights", options={"images": 2000, "train_size": 800})),
]
HARD = {setting.name: setting for setting in _USES}
OTHERS = {"train_size": 1000}
FULL_SEEDS, QUICK_SEEDS = 10, 5
QUICK_SETS, QUICK_FAMILIES = ("digits",), ("one_dear", "distance")
ALL = "all"


def make_plan(
    datasets: Sequence[str] = (),
    losses: Sequence[str] = (),
    families: Sequence[str] = (),
    seeds: int | None = None,
    epochs: int | None = None,
    quick: bool = False,
) -> Plan:
    """The plan; what is left empty takes all there is, or with `quick` a little of it. The bar's loss is always in.

    losses: names, `all`, or a name with options such as "weighted_cross_entropy:weights=cost rows;...".
    Raises UnknownName or InvalidSpec with one sentence.
    """
    if seeds is not None and not 2 <= seeds <= 1000:
        raise InvalidSpec(f"Pairs need between 2 and 1000 seeds; got {seeds}.")
    if epochs is not None and not 1 <= epochs <= 1000:
        raise InvalidSpec(f"Expected between 1 and 1000 epochs; got {epochs}.")
    for family in families:
        if family not in FAMILIES:
            raise UnknownName("kind of costs", family, FAMILIES)
    settings = [_setting(name, epochs) for name in datasets or (QUICK_SETS if quick else HARD)]
    return Plan(
        settings=list({setting.name: setting for setting in settings}.values()),
        losses=_losses(losses or [ALL]),
        families=list(dict.fromkeys(families or (QUICK_FAMILIES if quick else STANDARD))),
        seeds=seeds or (QUICK_SEEDS if quick else FULL_SEEDS),
        optimiser=RunSpec().optimiser,
    )


def names(kind: str, package: str) -> Registry:
    """The plug-ins of `package` by file name; nothing is imported.

    >>> "cross_entropy" in names("loss", "costlab.losses")
    True
    """
    found = find_spec(package)
    return Registry(kind, package, list(found.submodule_search_locations or []) if found else [])


def _setting(name: str, epochs: int | None) -> Setting:
    known = names("data set", "costlab.datasets")
    if name not in known and name not in HARD:
        raise UnknownName("data set", name, {*known, *HARD})
    setting = HARD.get(name) or Setting(name=name, dataset=Choice(name=name, options=OTHERS))
    return setting.model_copy(update={"epochs": epochs}) if epochs else setting


def _losses(texts: Sequence[str]) -> list[Choice]:
    """The losses that the texts name, the bar's first, each once."""
    known = names("loss", "costlab.losses")
    found = [Choice(name=BAR_LOSS)]
    for text in texts:
        for choice in [Choice(name=name) for name in known] if text == ALL else [_loss(text, known)]:
            if choice not in found:
                found.append(choice)
    return found


def _loss(text: str, known: Collection[str]) -> Choice:
    """A loss and its options; values are JSON where they are, else text.

    >>> _loss("soft_f_beta:beta=2;average=weighted", ["soft_f_beta"]).options
    {'beta': 2, 'average': 'weighted'}
    """
    name, colon, rest = text.partition(":")
    if name.strip() not in known:
        raise UnknownName("loss", name.strip()[:80], known)
    options = {}
    for part in rest.split(";") if colon else []:
        option, equals, value = part.partition("=")
        if not (equals and option.strip()):
            raise InvalidSpec(f"Expected a loss such as soft_f_beta:beta=2; got {text!r}.")
        try:
            options[option.strip()] = json.loads(value)
        except (ValueError, RecursionError):
            options[option.strip()] = value.strip()
    return Choice(name=name.strip(), options=options)
