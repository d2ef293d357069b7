"""How far a training step is from what the cores can do: `python -m benchmarks.floor [--device auto] [--threads 1 2]`.

FLOPs of a step (forward and backward, counted by `torch.utils.flop_counter`: convolutions and matrix products) divided
by its time, as a share of the best that a large matrix product reaches in the same number format and with as many
threads; and, by PyTorch's profiler, what the time of a step goes into. Time that no operator accounts for is Python's,
PyTorch's dispatch and the profiler's own.
"""

import argparse
import os
from collections import defaultdict
from dataclasses import replace
from time import perf_counter

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.datasets import DATA, of_name
from benchmarks.machine import versions
from costlab.specs import RunSpec
from costlab.training.devices import find_device
from costlab.training.forms import Apart
from costlab.training.setup import Setup, set_up_all

SIZES = (512, 1024, 2048)
KINDS = {  # the first that an operator's name contains
    "convolution": ("conv",),
    "matrix products": ("mm", "linear"),
    "pooling": ("pool",),
    "batch norm": ("batch_norm",),
    "optimiser": ("adamw",),
    "loss": ("softmax", "nll", "cross_entropy"),
    "ReLU": ("relu", "threshold", "clamp"),
    "copies and formats": ("copy", "clone", "contiguous", "to", "cat", "index", "empty", "zero", "fill", "resize"),
}


def wait(device: torch.device) -> None:
    """Until the device has done all that was asked."""
    if device.type != "cpu":
        torch.get_device_module(device.type).synchronize()


def best(run, device: torch.device, seconds: float = 1.0) -> float:
    """The least seconds that `run` takes, tried for about `seconds`."""
    run()
    times, end = [], perf_counter() + seconds
    while len(times) < 3 or perf_counter() < end:
        wait(device)
        began = perf_counter()
        run()
        wait(device)
        times.append(perf_counter() - began)
    return min(times)


def peak(dtype: torch.dtype, device: torch.device, seconds: float) -> float:
    """FLOPs a second of the best square matrix product, or of the same as a 1x1 convolution (another library's)."""
    found = 0.0
    for size in SIZES:
        a, b = (torch.rand(size, size, device=device).to(dtype) for _ in range(2))
        pixels = a.view(1, size, 1, size).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        kernels = b.view(size, size, 1, 1)
        ways = (lambda a=a, b=b: a @ b, lambda x=pixels, w=kernels: torch.conv2d(x, w))
        found = max(found, *(2 * size**3 / best(way, device, seconds / len(SIZES)) for way in ways))
    return found


class Step:
    """One optimiser step of costlab's own loop on the same batch again and again."""

    def __init__(self, name: str, precision: str, device: str):
        images, batch_size = of_name(name)
        spec = RunSpec(batch_size=batch_size, device=device, precision=precision, optimiser="adamw")  # no products
        run = set_up_all([spec], images)[0]
        assert isinstance(run, Setup), run
        self.device, self.precision = run.device, run.spec.precision
        part = run.parts["train"]
        pixels = part.standardised(slice(batch_size)).contiguous(memory_format=torch.channels_last)
        self.form = Apart([replace(run)])
        self.batch = (pixels,), (part.target[:batch_size],), torch.full((), 0.01, device=run.device)

    def __call__(self) -> None:
        """Take it."""
        self.form.step(*self.batch)

    def flops(self) -> int:
        """Of its convolutions and matrix products, forward and backward."""
        with FlopCounterMode(display=False) as counter:
            self()
        return counter.get_total_flops()

    def by_kind(self, steps: int) -> tuple[float, dict[str, float]]:
        """Seconds of a step under the profiler, and of them the share of each kind of operator."""
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if self.device.type == "cuda" else [])]
        with profile(activities=activities) as seen:
            began = perf_counter()
            for _ in range(steps):
                self()
            wait(self.device)
            total = perf_counter() - began
        shares: dict[str, float] = defaultdict(float)
        for event in seen.key_averages():
            on_gpu = getattr(event, "self_device_time_total", 0)
            shares[kind_of(event.key)] += (on_gpu if self.device.type == "cuda" else event.self_cpu_time_total) / 1e6
        return total / steps, {kind: spent / total for kind, spent in shares.items()}


def kind_of(operator: str) -> str:
    """The kind that an operator belongs to.

    >>> kind_of("aten::mkldnn_convolution"), kind_of("aten::addmm"), kind_of("aten::mul")
    ('convolution', 'matrix products', 'other elementwise work')
    """
    name = operator.lower().removeprefix("aten::")
    for kind, parts in KINDS.items():
        if any(part in name if part != "to" else name in ("to", "_to_copy") for part in parts):
            return kind
    return "other elementwise work"


def main() -> None:
    """Print peaks, then a table, then what fills the gap."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"of {', '.join(DATA)}; all when none is named")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    parser.add_argument("--steps", type=int, default=100, help="under the profiler")
    arguments = parser.parse_args()
    device = find_device(arguments.device)
    print(versions() + "\n")
    gaps = []
    print("| | format | threads | MFLOP a step | time | GFLOP/s | best matrix product | share of it |")
    print("|---|---|---|---|---|---|---|---|")
    for threads in dict.fromkeys(arguments.threads):
        torch.set_num_threads(threads)
        peaks = {name: peak(getattr(torch, name), device, arguments.seconds) for name in ("float32", "bfloat16")}
        for name in arguments.data or DATA:
            for precision in peaks:
                step = Step(name, precision, arguments.device)
                flops, seconds = step.flops(), best(step, device, arguments.seconds)
                rate, most = flops / seconds, peaks[precision]
                print(
                    f"| {name} | {precision} | {threads} | {flops / 1e6:.0f} | {1e3 * seconds:.2f} ms "
                    f"| {rate / 1e9:.0f} | {most / 1e9:.0f} GFLOP/s | **{100 * rate / most:.0f} %** |",
                    flush=True,
                )
                if threads == arguments.threads[0]:
                    gaps.append((f"{name}, {precision}", *step.by_kind(arguments.steps)))
    kinds = [*KINDS, "other elementwise work"]
    print(f"\n| share of a step's time, {arguments.threads[0]} thread(s) | {' | '.join(kinds)} | no operator |")
    print("|---|" + "---|" * (len(kinds) + 1))
    for title, _, shares in gaps:
        rest = max(0.0, 1 - sum(shares.values()))
        print(
            f"| {title} | {' | '.join(f'{100 * shares.get(kind, 0):.0f} %' for kind in kinds)} | {100 * rest:.0f} % |"
        )


if __name__ == "__main__":
    main()
