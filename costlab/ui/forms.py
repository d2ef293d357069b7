"""Forms made from the JSON schema of a plug-in's options: what `Options` says is what the browser asks.

The schema's `title` is the label, `description` the help, `default` the value, and its bounds are the widget's. The
screens have no torch and cannot run an option's own check, so the worker has the last word on what is sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any, Literal

import streamlit as st

from costlab.numbers import show_number
from costlab.specs import OPTIMISERS

Kind = Literal["integer", "number", "boolean", "choice", "text", "lines", "json"]
SAFE_INTEGER = 2**53 - 1  # beyond it a browser rounds


@dataclass(frozen=True)
class Field:
    """One question of a form. Bounds are None where there are none; `above` and `below` are bounds not to be met."""

    name: str
    label: str
    help: str
    kind: Kind
    default: Any = None
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[Any, ...] = ()
    length: int | None = None


def fields(schema: Mapping[str, Any]) -> list[Field]:
    """The questions that a JSON schema asks, in its order; what it fixes to one value is not asked.

    >>> fields({"properties": {"beta": {"type": "number", "default": 1.0, "minimum": 0, "title": "Beta"}}})[0].minimum
    0
    """
    definitions = schema.get("$defs", {})
    found = (_field(name, part, definitions) for name, part in schema.get("properties", {}).items())
    return [field for field in found if field.kind != "choice" or len(field.choices) > 1]


def changed(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that differ from the defaults: what a run has to be told.

    >>> changed({"properties": {"beta": {"type": "number", "default": 1.0}}}, {"beta": 1.0})
    {}
    """
    defaults = {field.name: field.default for field in fields(schema)}
    return {name: value for name, value in values.items() if value != defaults.get(name)}


def problems(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """One sentence for every answer that the schema's bounds refuse.

    >>> problems({"properties": {"power": {"type": "number", "title": "Power", "exclusiveMinimum": 0}}}, {"power": 0})
    ['Power must be above 0; got 0.']
    """
    return [sentence for field in fields(schema) if (sentence := _problem(field, values.get(field.name)))]


def draw(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Draw the form under `key` and return its answers by name; they are remembered for the session."""
    questions = fields(schema)
    if not questions:
        return {}
    short = [field for field in questions if field.kind != "lines"]
    answers: dict[str, Any] = {}
    for field in (field for field in questions if field.kind == "lines"):
        answers[field.name] = _ask(field, f"{key}-{field.name}")
    with st.grid(columns="auto", min_column_width=170, gap="small", vertical_alignment="bottom"):
        for field in short:
            answers[field.name] = _ask(field, f"{key}-{field.name}")
    return {field.name: answers[field.name] for field in questions}


def answers(schema: Mapping[str, Any], key: str, told: list[str]) -> dict[str, Any]:
    """Draw the form; the answers that differ from the defaults. `told` takes a sentence for each that cannot be."""
    given = draw(schema, key)
    told += problems(schema, given)
    return changed(schema, given)


def _field(name: str, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Field:
    title, text = part.get("title"), part.get("description", "")
    default = part.get("default")
    branches = part.get("anyOf") or part.get("oneOf") or part.get("allOf") or [part]
    kinds = [_resolved(branch, definitions) for branch in branches]
    optional = any(kind.get("type") == "null" for kind in kinds)
    schema = {**next((kind for kind in kinds if kind.get("type") != "null"), {})}
    if len([kind for kind in kinds if kind.get("type") != "null"]) > 1:
        schema = {}  # a real union: asked as JSON
    schema |= {key: part[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in part}
    choices = tuple(schema["enum"]) if "enum" in schema else (schema["const"],) if "const" in schema else ()
    return Field(
        name=name,
        label=_label(name, title),
        help=text or schema.get("description", ""),
        kind=_kind(schema, choices),
        default=default,
        optional=optional,
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        above=schema.get("exclusiveMinimum"),
        below=schema.get("exclusiveMaximum"),
        choices=((None, *choices) if optional and choices else choices),
        length=schema.get("maxLength"),
    )


def _label(name: str, title: str | None) -> str:
    """The title, in sentence case where pydantic made it from the name."""
    words = name.replace("_", " ")
    return words.capitalize() if title is None or title == words.title() else title


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = str(part.get("$ref", "")).rpartition("/")[2]
    return {**definitions.get(reference, {}), **{key: value for key, value in part.items() if key != "$ref"}}


def _kind(schema: Mapping[str, Any], choices: tuple[Any, ...]) -> Kind:
    if choices:
        return "choice"
    if schema.get("format") == "multiline":
        return "lines"
    kinds: dict[Any, Kind] = {"integer": "integer", "number": "number", "boolean": "boolean", "string": "text"}
    return kinds.get(schema.get("type"), "json")


def _ask(field: Field, key: str) -> Any:
    """Draw one widget and return its value."""
    common: dict[str, Any] = {"key": key, "help": field.help or None, "persist_state": "session"}
    if field.kind == "boolean":
        return st.checkbox(field.label, value=bool(field.default), **common)
    if field.kind == "choice":
        start = field.choices.index(field.default) if field.default in field.choices else 0
        return st.selectbox(field.label, field.choices, index=start, format_func=_choice_text, **common)
    if field.kind == "lines":
        return st.text_area(field.label, value=field.default or "", max_chars=field.length or 100_000, **common)
    if field.kind in ("integer", "number"):
        return _ask_number(field, common)
    if field.kind == "json":
        shown = st.text_input(field.label, value=json.dumps(field.default), max_chars=2000, **common)
        return _from_json(shown)
    shown = st.text_input(field.label, value=field.default or "", max_chars=field.length or 200, **common)
    return None if field.optional and not shown else shown


def _ask_number(field: Field, common: dict[str, Any]) -> float | int | None:
    whole = field.kind == "integer"
    kind = int if whole else float
    least = field.minimum if field.minimum is not None else field.above
    most = field.maximum if field.maximum is not None else field.below
    numbers: dict[str, Any] = {
        "min_value": None if least is None else kind(max(least, -SAFE_INTEGER)),
        "max_value": None if most is None else kind(min(most, SAFE_INTEGER)),
        "value": None if field.default is None else kind(field.default),
        "step": 1 if whole else step(field),
        "format": "%d" if whole else "%g",
        "placeholder": "automatic" if field.optional else None,
    }
    value: float | int | None = st.number_input(field.label, **numbers, **common)
    # a click on + may leave 0.30000000000000004
    return value if value is None or whole else float(f"{value:.12g}")


def step(field: Field) -> float:
    """How far a click on + goes: a tenth of the default's magnitude, or a twentieth of a share.

    >>> step(Field("rate", "", "", "number", default=0.01))
    0.001
    """
    if field.default:
        return float(10.0 ** (floor(log10(abs(field.default))) - 1))
    return 0.05 if field.maximum is not None and field.maximum <= 1 else 0.1


def _problem(field: Field, value: Any) -> str:
    if isinstance(value, NotJson):
        return f"{field.label} must be written as JSON; got '{value.text[:40]}'."
    if value is None:
        return "" if field.optional or field.kind == "json" else f"{field.label} needs a value."
    if field.kind not in ("integer", "number"):
        return ""
    bounds = [
        (field.minimum is not None and value < field.minimum, "at least", field.minimum),
        (field.maximum is not None and value > field.maximum, "at most", field.maximum),
        (field.above is not None and value <= field.above, "above", field.above),
        (field.below is not None and value >= field.below, "below", field.below),
    ]
    broken = next(((words, bound) for failed, words, bound in bounds if failed), None)
    return (
        f"{field.label} must be {broken[0]} {show_number(broken[1] or 0)}; got {show_number(value)}." if broken else ""
    )


@dataclass(frozen=True)
class NotJson:
    """What was typed where JSON was asked for."""

    text: str


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return NotJson(text)


def _choice_text(choice: Any) -> str:
    return "none" if choice is None else OPTIMISERS.get(str(choice), str(choice).replace("_", " "))
