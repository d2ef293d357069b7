"""Where runs are trained: one slot a GPU, else one for every two cores, but two of them from two cores on."""

from collections.abc import Sequence

from costlab.limits import usable_cores, usable_memory

A_PROCESS = 1 << 30  # bytes: warm, 0.43 GB of its own were measured, and 0.3 GB that it shares with others; the data


def places(devices: Sequence[str], wanted: int | None = None) -> list[str]:
    """The device of each slot, for a machine's `devices` (the one that "auto" takes first) and `wanted` runs at once.

    >>> places(["cuda:0", "cuda:1", "cpu"])
    ['cuda:0', 'cuda:1']
    >>> places(["cpu"], wanted=2)
    ['cpu', 'cpu']
    """
    best = [name for name in devices if name.startswith("cuda")] or list(devices[:1])
    number = wanted or (_processes(usable_cores(), usable_memory()) if best == ["cpu"] else len(best))
    return [best[i % len(best)] for i in range(number)]


def _processes(cores: int, memory: int) -> int:
    """How many processes train on so many cores. They yield to the screens, so that no core has to be left to those.

    memory: bytes that the machine has; less than `A_PROCESS` for each keeps their number down.

    >>> [_processes(cores, 64 << 30) for cores in (1, 2, 3, 4, 16)]
    [1, 2, 2, 2, 8]
    >>> [_processes(2, gigabytes << 30) for gigabytes in (1, 2, 4)]
    [1, 2, 2]
    """
    return max(1, min(max(min(cores, 2), cores // 2), memory // A_PROCESS))
