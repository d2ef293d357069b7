"""costlab beside other ways to train, in alternation: `python -m benchmarks.peers [CONTESTANT ...] [--repeats 3]`.

The same model (`small_cnn`), images, epochs, batch size and threads, AdamW with a rising and falling rate, no
augmentation unless asked for (then as each does it; the bare loop and "textbook, tensors" have none); after each epoch
a confusion matrix of the validation part, at the end one of the test part. Timed from the images in memory to that,
set-up included, imports and the first run not. Unless images are varied, the peers are handed standardised tensors,
but for those "with Dataset and transforms". Each is written as its own tutorials write it, with logs, checkpoints
and progress bars off, and has a warm process of its own; they take turns, and a ratio is one's time divided by
costlab's of the same turn. Install what is compared with: `pip install -e '.[peers]'`.
"""

import argparse
import sys
from statistics import mean, median

from benchmarks.contestants import Contestant, Lap, Runner
from benchmarks.datasets import DATA, of_name
from benchmarks.machine import summary, versions
from costlab.datasets import ImageSet
from costlab.specs import RunSpec

TEXTBOOK, FLOAT32 = "benchmarks.textbook", "float32"
KERAS = ("keras", "torch")
CONTESTANTS = {
    "costlab": Contestant("costlab, live reporting on", "benchmarks.peer_costlab"),
    "costlab-float32": Contestant("costlab, float32", "benchmarks.peer_costlab", precision=FLOAT32),
    "bare": Contestant("bare loop", "benchmarks.bare", "train_bare"),
    "bare-float32": Contestant("bare loop, float32", "benchmarks.bare", "train_bare", precision=FLOAT32),
    "tensors": Contestant("textbook, tensors", TEXTBOOK, "train_textbook_tensors"),
    "textbook": Contestant("textbook, Dataset and transforms", TEXTBOOK, "train_textbook"),
    "skorch": Contestant("skorch", "benchmarks.peer_skorch", needs=("skorch",)),
    "fastai": Contestant("fastai", "benchmarks.peer_fastai", needs=("fastai",)),
    "fastai-transforms": Contestant(
        "fastai, Dataset and transforms", "benchmarks.peer_fastai", "train_transformed", needs=("fastai",)
    ),
    "lightning": Contestant("Lightning", "benchmarks.peer_lightning", needs=("lightning",)),
    "lightning-transforms": Contestant(
        "Lightning, Dataset and transforms", "benchmarks.peer_lightning", "train_transformed", needs=("lightning",)
    ),
    "lightning-bf16": Contestant(
        "Lightning, bf16-mixed", "benchmarks.peer_lightning", "train_bfloat16", needs=("lightning",)
    ),
    "keras": Contestant(
        "Keras, torch", "benchmarks.peer_keras", needs=KERAS, environment=(("KERAS_BACKEND", "torch"),)
    ),
    "keras-jax": Contestant(
        "Keras, jax", "benchmarks.peer_keras", needs=("keras", "jax"), environment=(("KERAS_BACKEND", "jax"),)
    ),
}


def compare(names: list[str], images: ImageSet, spec: RunSpec, repeats: int) -> list[str]:
    """The rows of a table: `repeats` turns of all contestants, after one epoch each that does not count."""
    runners: dict[str, Runner] = {}
    laps: dict[str, list[Lap]] = {name: [] for name in names}
    troubles = {name: f"not installed: {', '.join(gone)}" for name in names if (gone := CONTESTANTS[name].missing)}
    for turn in range(-1, repeats):
        for name in names:
            if name not in troubles:
                if name not in runners:
                    runners[name] = Runner(CONTESTANTS[name])
                update = {"epochs": 1} if turn < 0 else {"seed": turn}
                try:
                    lap = runners[name].lap(images, spec.model_copy(update=update))
                except RuntimeError as error:
                    troubles[name] = f"failed: {error}"
                else:
                    laps[name] += [lap] if turn >= 0 else []
                    print(f"{name}: {lap.clock:.2f} s", file=sys.stderr, flush=True)
    memory = {name: runner.close() for name, runner in runners.items()}
    return [row(name, laps, troubles.get(name), memory.get(name, 0)) for name in names]


def row(name: str, laps: dict[str, list[Lap]], trouble: str | None, memory: float) -> str:
    """One contestant's line."""
    title = CONTESTANTS[name].title
    if trouble:
        return f"| {title} | {trouble} | | | | |"
    times = [lap.clock for lap in laps[name]]
    ratios = [time / lap.clock for time, lap in zip(times, laps["costlab"], strict=False)]
    processor = [lap.processor / ours.processor for lap, ours in zip(laps[name], laps["costlab"], strict=False)]
    accuracy = 100 * mean(lap.accuracy for lap in laps[name])
    spread = f"{min(times):.2f} to {max(times):.2f} s"
    return (
        f"| {title} | {median(times):.2f} s ({spread}) | {summary(ratios)} | {median(processor):.2f} "
        f"| {accuracy:.1f} % | {memory:.0f} MB |"
    )


def main() -> None:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestants", nargs="*", help=f"all when none is named: {', '.join(CONTESTANTS)}")
    parser.add_argument("--data", nargs="+", default=DATA, choices=DATA)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--augment", action="store_true", help="vary the training images")
    arguments = parser.parse_args()
    if unknown := set(arguments.contestants) - set(CONTESTANTS):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(CONTESTANTS)}")
    names = ["costlab", *(name for name in arguments.contestants or CONTESTANTS if name != "costlab")]
    print(
        f"{versions()}; {arguments.threads} thread(s), {arguments.epochs} epochs, {arguments.repeats} turns"
        f"{', augmented' if arguments.augment else ''}\n"
    )
    for data in arguments.data:
        images, batch_size = of_name(data)
        spec = RunSpec(
            epochs=arguments.epochs,
            batch_size=batch_size,
            threads=arguments.threads,
            device="cpu",
            optimiser="adamw",  # as the others have it
            augment=arguments.augment,
        )
        print(f"| {data} | median (least to most) | times costlab's | processor | accuracy | memory |")
        print("|---|---|---|---|---|---|")
        print("\n".join(compare(names, images, spec, arguments.repeats)) + "\n", flush=True)


if __name__ == "__main__":
    main()
