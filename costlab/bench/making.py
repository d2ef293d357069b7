"""How a report was made: the command, the versions, the machine, the data; and what it says nothing about."""

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from costlab.bench import sentences as say
from costlab.bench.judging import behaviours
from costlab.bench.plan import Plan, Setting
from costlab.bench.summary import Report
from costlab.datasets import DATASETS
from costlab.specs import OPTIMISERS, Choice

SHOWN = 12  # kinds of failures


def about(report: Report, dataset: str) -> str:
    """A data set as it was used: options, images, model, epochs."""
    setting = next(one for one in report.planned.plan.settings if one.name == dataset)
    sizes = report.planned.survey.sets[dataset][0].sizes
    images = f"{sizes['train']} training, {sizes['valid']} validation and {sizes['test']} test images"
    epochs = say.number(setting.epochs, "epoch", "epochs")
    return (
        f"{setting.dataset.name}: {images} ({_options(setting.dataset) or 'no options'}), {_model(setting)}, {epochs}, "
        f"batches of {setting.batch_size}."
    )


def made(report: Report) -> Iterator[str]:
    """How the report was made, a line each."""
    planned, plan = report.planned, report.planned.plan
    yield f"Command: `{planned.command}`"
    yield f"Date: {planned.date}; {', '.join(f'{name} {text}' for name, text in planned.survey.versions.items())}."
    yield (
        f"Machine: {planned.survey.device}; {say.number(planned.slots, 'process', 'processes')} at a time, 1 thread "
        "each; no GPU; float32."
    )
    yield (
        f"{say.number(report.done, 'run', 'runs')} of {report.total}, {_clock(planned.seconds)} on the clock; "
        f"{_per_run(report.frame)}"
    )
    yield f"Training: {OPTIMISERS[plan.optimiser]}; its rate rises and falls once; images are shifted and turned."
    yield f"Seeds: {plan.seeds}. {SEEDS}"
    yield _losses(plan, report)
    yield f"Recipes, each fitted on validation and judged on test: {', '.join(behaviours())}."
    yield say.failed(report)
    yield from _failures(report.failures)


SEEDS = (
    "A seed draws the split into training, validation and test, the initial weights, the order of the images, and the "
    "random costs; all losses of a seed share them, and so they are compared in pairs."
)


def not_covered(report: Report) -> Iterator[str]:
    """What may not be concluded, a line each."""
    yield (
        "Larger images and networks, long training, pretrained weights: each run here is a small network and a "
        "second or two of one CPU core."
    )
    yield (
        "Tuned losses: each runs with its default options unless its name says otherwise, at one learning rate. A loss "
        "with well-chosen options may do better; so may the bar."
    )
    yield (
        "Other images: the seeds split one pool of images again and again, so runs share images, and the intervals "
        "speak of this pool; for new images they are somewhat too narrow."
    )
    yield "Class shares that differ between training and use: test images have the same shares as validation images."
    used = dict.fromkeys(setting.dataset.name for setting in report.planned.plan.settings)
    if drawn := [name for name in used if "synthetic" in DATASETS[name].title]:
        yield f"Photographs: {' and '.join(drawn)} {'is' if len(drawn) == 1 else 'are'} drawn by a program."


def looking(report: Report) -> list[str]:
    """The losses that look at the cost matrix."""
    return [name for name, facts in report.planned.survey.losses.items() if facts.uses_costs]


def _losses(plan: Plan, report: Report) -> str:
    total = say.number(len(plan.losses), "loss", "losses")
    return (
        f"{total}, of which {len(looking(report))} look at the cost matrix and are trained anew for each kind of costs "
        "(found by trying, not by name); the others are trained once a data set and seed, and judged at all costs."
    )


def _per_run(frame: pd.DataFrame) -> str:
    seconds = frame.drop_duplicates("run").seconds
    seconds = seconds[seconds > 0]
    if seconds.empty:
        return "no training was timed."
    return f"{_clock(seconds.sum())} of training in all, {seconds.median():.1f} s a run (median)."


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def _failures(failures: pd.DataFrame) -> Iterator[str]:
    kinds = Counter(zip(failures.loss, failures.data_set, failures.failed, strict=True))
    for (loss, dataset, sentence), times in list(kinds.items())[:SHOWN]:
        yield f"Failed: `{loss}` on {dataset}, {say.number(times, 'run', 'runs')}: {sentence}"
    if len(kinds) > SHOWN:
        yield f"Failed: and {len(kinds) - SHOWN} more kinds; the parquet file has all."


def _options(choice: Choice) -> str:
    return ", ".join(f"{name} {value}" for name, value in choice.options.items())


def _model(setting: Setting) -> str:
    options = _options(setting.model)
    return f"{setting.model.name} ({options})" if options else setting.model.name
