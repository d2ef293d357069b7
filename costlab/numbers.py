"""Numbers as people type them into a cost grid, read strictly: what is typed is what is meant, or it is refused."""

import re
from math import isfinite

_DECIMAL = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:[,.' \u00a0\u2009]\d{3})+(?:[.,]\d+)?")
_THOUSANDS_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def parse_number(text: object) -> float:
    """The number that `text` says. Raises ValueError with a clause such as "'abc' is not a number".

    A point or a comma marks decimals, `1e-3` is a power of ten, `1/3` a fraction. `1,000` is refused, because it is
    one in Berlin and a thousand in Boston. Numbers (int, float) pass through the same checks.

    >>> [parse_number(text) for text in (".5", "1e-3", "1,5", "1/4", "-2", 7)]
    [0.5, 0.001, 1.5, 0.25, -2.0, 7.0]
    """
    if isinstance(text, bool) or text is None:
        raise ValueError("the cell is empty" if text is None else f"{text} is not a number")
    shown = str(text).strip().replace("\u2212", "-")
    if not shown:
        raise ValueError("the cell is empty")
    if len(shown) > 40:
        raise ValueError(f"'{shown[:20]}...' is too long for a number")
    top, slash, bottom = shown.partition("/")
    value = _decimal(top.strip(), shown)
    if slash:
        divisor = _decimal(bottom.strip(), shown)
        if divisor == 0:
            raise ValueError(f"'{shown}' divides by zero")
        value /= divisor
    if not isfinite(value):
        raise ValueError(f"'{shown}' is too large for a number")
    return value


def _decimal(part: str, shown: str) -> float:
    if _THOUSANDS_COMMA.fullmatch(part):
        digits = part.replace(",", "")
        raise ValueError(f"'{shown}' could mean {digits} or {part.replace(',', '.')}; write one of these")
    if not _DECIMAL.fullmatch(part):
        if part.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
            raise ValueError(f"'{shown}' is not a finite number")
        if _GROUPED.fullmatch(part):
            raise ValueError(f"'{shown}' has separators between thousands; write it without them")
        raise ValueError(f"'{shown}' is not a number")
    value = float(part.replace(",", "."))
    if not isfinite(value):
        raise ValueError(f"'{shown}' is too large for a number")
    return value


def show_number(value: float) -> str:
    """The shortest text that `parse_number` reads back as the same float, without a trailing `.0`.

    >>> show_number(2.0), show_number(0.1), show_number(1e-7)
    ('2', '0.1', '1e-07')
    """
    text = repr(float(value))
    return text.removesuffix(".0")
