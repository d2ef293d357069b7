"""How runs that wait are shared out over the places that are free: side by side as stacks where that pays."""

from collections.abc import Hashable, Sequence

from costlab.catalogue import Catalogue, timed_kind
from costlab.specs import RunSpec

MEASURED = 8  # runs in the stacks whose gain the catalogue tells
HALVED = 1.5  # times faster that two threads train a run alone than one does: 1.4 to 1.65 were measured on 28x28
PAYS = 1.1  # times faster that such a stack must be than one run after another; less is lost in the measuring


def most_together(catalogue: Catalogue | None, spec: RunSpec) -> int:
    """How many runs like `spec` train as one program at most; 1 where that does not pay, or was never measured."""
    kind = kind_of(catalogue, spec)
    if catalogue is None or kind is None or catalogue.stack_gain.get(kind, 0.0) < PAYS:
        return 1
    return max(1, catalogue.stack_limit.get(kind, MEASURED))


def kind_of(catalogue: Catalogue | None, spec: RunSpec) -> str | None:
    """What the catalogue's measured figures call such a run, "model on CxHxW"; None: they say nothing about it."""
    if catalogue is None or spec.device not in ("auto", *(device.name for device in catalogue.devices[:1])):
        return None  # they were measured where "auto" trains
    shape = next((entry.shape for entry in catalogue.datasets if entry.name == spec.dataset.name), None)
    return timed_kind(spec.model.name, shape) if shape else None


def shared_out(kinds: Sequence[tuple[Hashable, int]], places: int) -> list[list[int]]:
    """Which runs each of `places` free places takes now, by their positions in `kinds`; the others wait for the next.

    kinds: of each run, the oldest first, with whom it may be stacked (equal values) and how many of them at most. The
    oldest are served first, nobody waits for company, and who may be stacked fills all places rather than one of them.

    >>> shared_out([("a", 12)] * 5, 2)
    [[0, 1, 2], [3, 4]]
    >>> shared_out([("a", 1), ("b", 12), ("a", 1), ("b", 12)], 2)
    [[0], [1, 3]]
    """
    groups: list[list[int]] = []  # one or more of these for a place
    alike: dict[Hashable, list[int]] = {}
    for position, (key, most) in enumerate(kinds):
        if most > 1 and key in alike:
            alike[key].append(position)
        else:
            groups.append([position])
            alike[key] = groups[-1]
    groups = groups[:places]
    shares = [1] * len(groups)
    while groups and sum(shares) < places:  # a place that is left goes where most runs are to a place
        fullest = max(range(len(groups)), key=lambda i: len(groups[i]) / shares[i])
        if len(groups[fullest]) <= shares[fullest]:
            break
        shares[fullest] += 1
    taken = [group[: share * kinds[group[0]][1]] for group, share in zip(groups, shares, strict=True)]
    return [piece for group, share in zip(taken, shares, strict=True) for piece in _cut(group, share)]


def _cut(group: list[int], pieces: int) -> list[list[int]]:
    """The group in so many pieces that differ by at most one run."""
    each, more = divmod(len(group), pieces)
    ends = [(i + 1) * each + min(i + 1, more) for i in range(pieces)]
    return [group[start:end] for start, end in zip([0, *ends], ends, strict=False)]
