"""Plug-ins found by scanning a folder: one file each, its name is its file name, adding one edits nothing else.

A plug-in file holds

- a docstring: what the thing is, in words that a teacher can read aloud;
- `TITLE` (a few words for a menu) and, where there is one, `FORMULA` (LaTeX) and `SOURCE` (author, year, title);
- `Options`, a pydantic model derived from `costlab.registry.Options` (left out: no options);
- `make(options, **context)`, which builds the thing. What `context` holds is said by `costlab.losses` and its like.

The form in the browser, the check, the command line and the documentation are all made from `Options`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from costlab.errors import InvalidSpec, UnknownName


class Options(BaseModel):
    """Base of every plug-in's options: frozen, finite, and refusing names it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def explain(error: ValidationError, where: str) -> str:
    """One sentence for what pydantic found: the first fault, its place and what came.

    >>> class Demo(Options):
    ...     gamma: float = 1.0
    >>> try:
    ...     Demo(gamma="high")
    ... except ValidationError as error:
    ...     print(explain(error, "focal"))
    focal, gamma: input should be a valid number, unable to parse string as a number; got 'high'.
    """
    fault = error.errors()[0]
    place = ", ".join([where, *(str(part) for part in fault["loc"])])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":  # our own sentence: already complete
        return f"{place}: {message}"
    return f"{place}: {message[0].lower()}{message[1:]}; got {fault['input']!r:.80}."


@dataclass(frozen=True)
class Plugin:
    """One file of a plug-in folder."""

    kind: str
    name: str
    module: ModuleType

    @cached_property
    def title(self) -> str:
        """A few words for a menu."""
        return str(self.module.TITLE)

    @cached_property
    def description(self) -> str:
        """The file's docstring: what the thing is, in plain words."""
        return inspect.cleandoc(self.module.__doc__ or "")

    @property
    def formula(self) -> str:
        """LaTeX, without dollar signs; empty where there is none."""
        return str(getattr(self.module, "FORMULA", ""))

    @property
    def source(self) -> str:
        """Author, year and title of where it comes from; empty where there is none."""
        return str(getattr(self.module, "SOURCE", ""))

    @property
    def options(self) -> type[Options]:
        """The pydantic model of its options."""
        return getattr(self.module, "Options", Options)

    def check(self, options: Mapping[str, Any]) -> Options:
        """`options` as a checked model. Raises InvalidSpec with one sentence; it suggests the nearest known option."""
        known = list(self.options.model_fields)
        for name in options:
            if name not in known:
                nothing = f"The {self.kind} {self.name} has no options; got {name!r}."
                nearest = UnknownName(f"option of {self.kind} {self.name}", name, known)
                raise InvalidSpec(str(nearest) if known else nothing)
        try:
            return self.options(**options)
        except ValidationError as error:
            raise InvalidSpec(explain(error, f"{self.kind} {self.name}")) from error

    def make(self, **arguments: Any) -> Any:
        """Build the thing: keywords that `make` in the file takes are context, all others are options."""
        context_names = list(inspect.signature(self.module.make).parameters)[1:]
        context = {name: arguments.pop(name) for name in context_names if name in arguments}
        return self.module.make(self.check(arguments), **context)


class Registry(Mapping[str, Plugin]):
    """The plug-ins of one package by name. Listing names imports nothing; a file is imported when it is asked for."""

    def __init__(self, kind: str, package: str, paths: list[str]):
        self.kind = kind
        self._package = package
        self._names = sorted(m.name for m in pkgutil.iter_modules(paths) if not m.name.startswith("_"))

    def __getitem__(self, name: str) -> Plugin:
        if name not in self._names:
            raise UnknownName(self.kind, name, self._names)
        return Plugin(self.kind, name, importlib.import_module(f"{self._package}.{name}"))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
