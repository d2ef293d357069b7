"""Every check and timing that needs a GPU, in one table: `python -m benchmarks.gpu [--device cuda] [--small]`.

Under five minutes on a fresh machine with a GPU. `--device cpu --small` sends a little of the same through the same
code in under a minute: what has no CPU form (captured graphs) says so. A part that fails takes one row and leaves the
others; the exit code is then 1. Without a GPU it is 2.
"""

import argparse
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import numpy as np
import torch

from benchmarks.floor import best, peak
from benchmarks.machine import versions
from benchmarks.reporting import silent
from benchmarks.stack_forms import by_vmap, unfolded
from benchmarks.sweeps import LOSSES, one_after_another, stacked
from costlab.costs import CostMatrix
from costlab.datasets import DATASETS, ImageSet
from costlab.errors import CostlabError
from costlab.records import Epoch
from costlab.specs import Choice, RunSpec
from costlab.training import Outcome, train
from costlab.training.acceleration import KINDS, measure
from costlab.training.devices import device_name, find_device, precision
from costlab.training.forms import Apart
from costlab.training.setup import Setup, set_up_all
from costlab.training.step_time import step_times

SHAPES = {"digits": (1, 8, 8), "MNIST-like": (1, 28, 28), "CIFAR-like": (3, 32, 32)}
MODELS = ("small_cnn", "resnet_small", "cifar_fast")
TARGET = 0.94  # of CIFAR-10's test images
AGREES = 0.02  # relative, of an epoch's loss in float32 on two devices: sums are taken in another order
Rows = Iterator[tuple[str, str]]  # what was looked at, what was found


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    images: int = 10_000  # of a made-up set
    epochs: int = 10
    members: int = 24  # of the stack
    batch: int = 512  # of the CIFAR-like set
    width: float = 1.0  # of cifar_fast
    seconds: float = 0.5  # for a timing
    repeats: int = 3


SMALL = Size(images=160, epochs=2, members=3, batch=32, width=0.125, seconds=0.02, repeats=1)


def made_up(shape: tuple[int, int, int], number: int, seed: int = 0) -> ImageSet:
    """Images of ten classes that can be told apart: each class a pattern of its own, under noise."""
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(10, *shape)).astype(np.float32)
    target = rng.integers(10, size=number)
    images = 128 + 24 * patterns[target] + 48 * rng.standard_normal((number, *shape), dtype=np.float32)
    split = np.array(["train", "valid", "test"])[np.searchsorted([0.8, 0.9], np.arange(number) / number, side="right")]
    cost = CostMatrix.zero_one("0123456789")
    return ImageSet(images.clip(0, 255).astype(np.uint8), target, split, np.arange(number), cost.classes, cost)


def images_of(name: str, size: Size) -> ImageSet:
    """Real digits; the others made up, so that nothing needs a download."""
    if name == "digits":
        return DATASETS["digits"].make(train_size=min(1079, size.images))
    return made_up(SHAPES[name], size.images)


def batch_of(name: str, size: Size) -> int:
    """Images a step."""
    return {"digits": 64, "MNIST-like": 128}.get(name, size.batch)


def model_of(name: str, size: Size) -> Choice:
    """cifar_fast for colour images, else small_cnn."""
    if name == "CIFAR-like":
        return Choice(name="cifar_fast", options={"width": size.width})
    return Choice(name="small_cnn")


def spec_of(name: str, device: torch.device, size: Size, **fields: object) -> RunSpec:
    """A run on one of the sets."""
    usual = {"epochs": size.epochs, "batch_size": batch_of(name, size), "model": model_of(name, size)}
    return RunSpec(**(usual | {"device": str(device)} | fields))


def set_up(spec: RunSpec, images: ImageSet) -> Setup:
    """Ready to train."""
    (run,) = set_up_all([spec], images)
    if isinstance(run, CostlabError):
        raise run
    return run


def trained(spec: RunSpec, images: ImageSet) -> tuple[list[Epoch], Outcome]:
    """The run's history and end."""
    events = list(train(spec, images=images))
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    return [event for event in events if isinstance(event, Epoch)], outcome


# The checks ----------------------------------------------------------------------------------------------------------


def machine(device: torch.device, size: Size) -> Rows:
    """What it is, and its best matrix product."""
    yield "device", f"{device_name(device)}; {versions()}"
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        memory = f"{about.total_memory / 1e9:.0f} GB, {about.multi_processor_count} multiprocessors"
        yield "CUDA", f"{torch.version.cuda}, compute capability {about.major}.{about.minor}, {memory}"
    for dtype in (torch.float32, torch.bfloat16):
        rate = peak(dtype, device, size.seconds)
        yield f"best matrix product, {str(dtype).removeprefix('torch.')}", f"{rate / 1e12:.2f} TFLOP/s"


def formats(device: torch.device, size: Size) -> Rows:
    """The number format and memory layout that `auto` takes, and what they were measured to take."""
    for name, shape in SHAPES.items():
        model = model_of(name, size)
        times = step_times(model, shape, device)
        said = ", ".join(f"{form} {1e6 * seconds:.1f}" for form, seconds in times.items())
        chosen = precision("auto", device, shape, model)
        yield f"format, {model.name} on {name}", f"{chosen}; us an image: {said}"


def ways(device: torch.device, size: Size) -> Rows:
    """Seconds to start and milliseconds a step: eager, captured graph, compiled."""
    for name in SHAPES:
        run = set_up(spec_of(name, device, size), images_of(name, size))
        for kind, wrap in KINDS.items():
            what = f"{kind} step, {run.spec.model.name} on {run.batch_size} x {name}"
            if kind == "compiled" and size is SMALL:
                yield what, "left out of a small run"
                continue
            if kind == "graph" and device.type != "cuda":
                yield what, "no graphs on this device"
                continue
            try:
                start, step = measure(wrap if device.type == "cuda" else UNCAPTURED[kind], run)
            except Exception as error:  # the compiler's, of many kinds
                yield what, f"not possible here: {type(error).__name__}: {str(error).splitlines()[0]:.100}"
                continue
            yield what, f"{start:.2f} s to start, then {1e3 * step:.3f} ms"


UNCAPTURED = {"eager": KINDS["eager"], "compiled": lambda form, device: compiled_only(form)}


def compiled_only(form):
    """Compiled, without a graph around it."""
    from costlab.training.acceleration import Compiled

    return Compiled(form)


def single(device: torch.device, size: Size) -> Rows:
    """A whole run: seconds, accuracy, images a second."""
    for name in SHAPES:
        images = images_of(name, size)
        spec = spec_of(name, device, size)
        trained(spec.model_copy(update={"epochs": 1}), images)
        ended = [trained(spec.model_copy(update={"seed": seed}), images)[1] for seed in range(size.repeats)]
        seconds = median(outcome.seconds for outcome in ended)
        accuracy = median(outcome.test.argmax.accuracy for outcome in ended)
        rate = (images.split == "train").sum() * spec.epochs / seconds
        yield (
            f"single run, {spec.model.name} on {name}, {spec.epochs} epochs",
            f"{seconds:.2f} s, {100 * accuracy:.1f} % right, {rate:,.0f} images a second",
        )


def cifar(device: torch.device, size: Size) -> Rows:
    """The speed record's task, where CIFAR-10 is on the machine or can be had."""
    what = f"cifar_fast to {100 * TARGET:.0f} % on CIFAR-10"
    if size is SMALL:
        yield what, "left out of a small run"
        return
    try:
        images = DATASETS["cifar10"].make()
    except CostlabError as error:
        yield what, str(error)
        return
    spec = RunSpec(dataset="cifar10", model="cifar_fast", loss=SMOOTHED, epochs=10, batch_size=512, device=str(device))
    for epochs in (10, 16, 30):
        _, outcome = trained(spec.model_copy(update={"epochs": epochs}), images)
        found = f"{outcome.seconds:.2f} s, {100 * outcome.test.argmax.accuracy:.2f} % of the test images"
        if outcome.test.argmax.accuracy >= TARGET:
            break
    yield what, f"{found}, {epochs} epochs"


SMOOTHED = Choice(name="cross_entropy", options={"label_smoothing": 0.2})


def sweep(device: torch.device, size: Size) -> Rows:
    """Members of a stack against the same runs one after another, and what forms a stack could take."""
    images = images_of("digits", size)
    chosen = [LOSSES[member % len(LOSSES)] for member in range(size.members)]
    specs = [
        spec_of("digits", device, size, loss=loss, seed=member // len(LOSSES)) for member, loss in enumerate(chosen)
    ]
    times = {}
    for way in (one_after_another, stacked):
        way(images, [spec.model_copy(update={"epochs": 1}) for spec in specs])
        began = perf_counter()
        accuracies = way(images, specs)
        times[way] = perf_counter() - began
    alone, together = times.values()
    yield (
        f"{len(specs)} runs on digits",
        f"one after another {alone:.2f} s, as a stack {together:.2f} s: {alone / together:.2f} times faster, "
        f"{100 * np.mean(accuracies):.1f} % right on average",
    )
    for name in ("digits",) if size is SMALL else ("digits", "MNIST-like"):
        yield from forms(name, device, size)


def forms(name: str, device: torch.device, size: Size) -> Rows:
    """Milliseconds of a step of all members in each form that a stack could take."""
    from costlab.training.stacked import Together

    images = images_of(name, size)
    specs = [spec_of(name, device, size, seed=seed, precision="float32") for seed in range(size.members)]
    runs = [run for run in set_up_all(specs, images) if isinstance(run, Setup)]
    part, batch = runs[0].parts["train"], batch_of(name, size)
    pixels = part.standardised(slice(batch)).contiguous(memory_format=torch.channels_last)
    target, share = part.target[:batch], torch.full((), 0.01, device=device)
    made: dict[str, Callable[[], object]] = {}
    for title, form in (("grouped convolutions", Together(runs)), ("loop", Apart(runs))):
        given = form.arranged([pixels] * size.members)
        made[title] = lambda form=form, given=given: form.step(given, (target,) * size.members, share)
    made["vmap"] = by_vmap([run.model for run in runs], pixels, target)
    made["unfolded, batched products"] = unfolded([run.model for run in runs], pixels, target)
    times = {title: 1e3 * best(step, device, size.seconds) for title, step in made.items()}
    said = ", ".join(f"{title} {milliseconds:.2f}" for title, milliseconds in times.items())
    yield f"step of {size.members} members on {batch} x {name}, ms", f"{said} (the last two without optimiser)"


def reporting(device: torch.device, size: Size) -> Rows:
    """What the live view adds to a run of many short epochs."""
    images, spec = images_of("digits", size), spec_of("digits", device, size, epochs=3 * size.epochs)
    trained(spec, images)
    ratios = []
    for seed in range(size.repeats):
        own = spec.model_copy(update={"seed": seed})
        with silent():
            quiet = trained(own, images)[1].seconds
        history, live = trained(own, images)
        ratios.append(live.seconds / quiet)
    found = f"adds {100 * (median(ratios) - 1):.1f} % to {quiet:.2f} s, {len(history)} of {spec.epochs} epochs shown"
    yield "reporting, digits", found


def repeats(device: torch.device, size: Size) -> Rows:
    """Two runs of one spec, bit for bit."""
    for name in SHAPES:
        images, spec = images_of(name, size), spec_of(name, device, size, epochs=2)
        one, other = (trained(spec, images)[1] for _ in range(2))
        alike = all(torch.equal(weight, other.weights[name]) for name, weight in one.weights.items())
        alike = alike and np.array_equal(one.predictions.logits, other.predictions.logits)
        if not alike:
            raise AssertionError(f"Two runs of {spec.model.name} on {name} differ.")
        yield f"the same run twice, {spec.model.name} on {name}", "the same bits"


def agreement(device: torch.device, size: Size) -> Rows:
    """The first epoch on this device and on the CPU, in float32."""
    few = replace(size, images=min(size.images, 2000))
    for name in SHAPES:
        images = images_of(name, few)
        asked = spec_of(name, device, few, epochs=1, precision="float32", batch_size=64, learning_rate=1e-3)
        (here,), outcome = trained(asked, images)
        (there,), other = trained(asked.model_copy(update={"device": "cpu", "threads": 1}), images)
        apart = abs(here.train_loss - there.train_loss) / there.train_loss
        if apart > AGREES:
            raise AssertionError(f"{name}: loss {here.train_loss:.5f} on {device}, {there.train_loss:.5f} on the CPU.")
        same = np.mean(outcome.predictions.logits.argmax(1) == other.predictions.logits.argmax(1))
        yield (
            f"agreement with the CPU, {asked.model.name} on {name}",
            (f"loss of the first epoch within {apart:.1e}, {100 * same:.1f} % of the images decided alike"),
        )


CHECKS = (machine, formats, ways, single, cifar, sweep, reporting, repeats, agreement)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 when all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="gpu", help="cuda, cuda:1, mps or cpu; the first GPU when left out")
    parser.add_argument("--small", action="store_true", help="a little of everything")
    parser.add_argument("--only", nargs="+", choices=[check.__name__ for check in CHECKS], help="some checks")
    asked = parser.parse_args(arguments)
    device = find_device("auto" if asked.device == "gpu" else asked.device)
    if asked.device == "gpu" and device.type == "cpu":
        print(
            "This machine has no GPU that torch can use; say --device cpu to try the same code here.", file=sys.stderr
        )
        return 2
    size, failed, began = SMALL if asked.small else Size(), 0, perf_counter()
    print("| check | found | seconds |\n|---|---|---|")
    for check in CHECKS:
        if asked.only and check.__name__ not in asked.only:
            continue
        started = perf_counter()
        try:
            for what, found in check(device, size):
                print(f"| {what} | {found} | {perf_counter() - started:.1f} |", flush=True)
                started = perf_counter()
        except Exception as error:  # one part that fails must not cost the others
            failed += 1
            traceback.print_exc()
            print(f"| {check.__name__} | **failed**: {type(error).__name__}: {error!s:.150} | |", flush=True)
    print(f"\n{perf_counter() - began:.0f} s in all, {failed} of {len(CHECKS)} parts failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
