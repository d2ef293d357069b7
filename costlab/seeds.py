"""Seeds as people type them: numbers and ranges."""

import re

from costlab.errors import InvalidSpec

MAX_SEED = 2**31 - 1
_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")


def read_seeds(text: str) -> list[int]:
    """The seeds in a text of numbers and ranges, in its order, each once. Raises InvalidSpec with one sentence.

    >>> read_seeds("0-2, 7")
    [0, 1, 2, 7]
    """
    seeds: dict[int, None] = {}
    for part in filter(None, re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", text))):
        matched = _RANGE.fullmatch(part)
        if not matched:
            raise InvalidSpec(f"Seeds are whole numbers such as 0, 1, 2 or 0-4; got '{part[:20]}'.")
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if last > MAX_SEED or first > last:
            raise InvalidSpec(f"Seeds go from 0 to {MAX_SEED}, smaller before larger; got '{part[:30]}'.")
        if last - first >= 1000:
            raise InvalidSpec(f"'{part[:30]}' is more than 1000 seeds; take fewer.")
        seeds |= dict.fromkeys(range(first, last + 1))
    if not seeds:
        raise InvalidSpec("Name at least one seed, such as 0.")
    return list(seeds)
