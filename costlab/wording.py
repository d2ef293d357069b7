"""Nouns, numbers and costs as people say them, for every sentence that costlab makes. Plain text, no mark-up."""

import re
from collections.abc import Sequence

import numpy as np

_SOUNDS_LIKE_VOWEL = re.compile(
    r"(?!u$|uni([^nm]|$)|use|eu|one\b|once)[aeiou]|hour|honest|heir|8|1[18]($|\D)|[fhlmnrsx]$", re.IGNORECASE
)
_COUNTED = {2.0: "twice", 3.0: "three times", 10.0: "ten times"}


def a(noun: str) -> str:
    """The quoted noun with its article.

    >>> a("crack"), a("ok"), a("8"), a("hour"), a("unit")
    ("a 'crack'", "an 'ok'", "an '8'", "an 'hour'", "a 'unit'")
    """
    return f"{'an' if _SOUNDS_LIKE_VOWEL.match(noun) else 'a'} '{noun}'"


def capital(sentence: str) -> str:
    """The sentence with a capital first letter.

    >>> capital("an 'ok' is free.")
    "An 'ok' is free."
    """
    return sentence[:1].upper() + sentence[1:]


def number(value: float) -> str:
    """A number to be read: up to 4 significant digits, thousands apart by a thin space.

    >>> number(100.0), number(1/3), number(1234567.0), number(1e-7)
    ('100', '0.3333', '1\\u2009234\\u2009567', '1e-07')
    """
    if abs(value) >= 1e9 or 0 < abs(value) < 1e-4:
        return f"{value:.4g}"
    digits = (
        max(0, 4 - len(str(int(abs(value))))) if abs(value) >= 1 else 4 - int(np.floor(np.log10(abs(value) or 1))) - 1
    )
    text = f"{value:,.{min(digits, 8)}f}".replace(",", "\u2009").replace("-", "\u2212")
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float, unit: str) -> str:
    """A cost with its unit; one of a plural unit is singular.

    >>> amount(100, "EUR"), amount(1, "minutes"), amount(2.5, "")
    ('100 EUR', '1 minute', '2.5')
    """
    if number(value) == "1" and len(unit) > 3 and unit.islower() and unit.endswith("s") and not unit.endswith("ss"):
        unit = unit.removesuffix("s")
    return f"{number(value)} {unit}".strip()


def ratio(times: float) -> str:
    """A factor above 1 in words, with "about" where it is rounded.

    >>> ratio(2), ratio(100), ratio(1.5), ratio(10/3)
    ('twice', '100 times', '1.5 times', 'about 3.33 times')
    """
    if times in _COUNTED:
        return _COUNTED[times]
    if times >= 1e9:
        return "more than a billion times"
    shown = float(f"{times:.3g}")
    return f"{'' if np.isclose(shown, times, rtol=1e-9) else 'about '}{number(shown)} times"


def count(size: int, noun: str, plural: str = "") -> str:
    """A number of things, thousands apart by a thin space.

    >>> count(1, "run"), count(1200, "run"), count(2, "loss", "losses")
    ('1 run', '1\\u2009200 runs', '2 losses')
    """
    return f"{_whole(size)} {noun if size == 1 else plural or noun + 's'}"


def _whole(size: int) -> str:
    return f"{size:,}".replace(",", "\u2009")


def listed(parts: Sequence[str], last: str = "and", most: int = 3) -> str:
    """Parts of a sentence in a row, up to `most` of them; what is left out is counted.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or"), listed(list("abcdef"))
    ('a', 'a and b', 'a, b or c', 'a, b, c and 3 others')
    """
    if len(parts) > most + 1:  # one more is shorter said than counted
        parts = [*parts[:most], f"{len(parts) - most} others"]
    return f" {last} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def quoted(names: Sequence[str], last: str = "and", most: int = 3) -> str:
    """Names in a row, each in quotation marks.

    >>> quoted(["ok", "crack"])
    "'ok' and 'crack'"
    """
    return listed([f"'{name}'" for name in names], last, most)
