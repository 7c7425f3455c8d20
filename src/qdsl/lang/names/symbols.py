"""What a name can stand for, and where names live.

A `Scope` has three namespaces, because a quantity `T`, the unit `T` and a type `T` do not disturb one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

from qdsl.lang.source import Span
from qdsl.lang.surface import tree


class Kind(Enum):
    """What was declared."""

    LET = "let"
    VAR = "var"
    PARAMETER = "parameter"
    LOOP = "loop variable"
    FUNCTION = "function"
    PRIMITIVE = "built-in function"
    CONSTANT = "constant"
    UNIT = "unit"
    DIMENSION = "dimension"
    GENERIC = "dimension parameter"
    EXPERIMENT = "experiment"
    SPACE = "space"
    EFFECTS = "measurement of a space"
    PARAM = "param"
    AXIS = "axis"
    MEASURE = "measurement"
    MODULE = "module"
    FAILED = "declaration with a mistake"


@dataclass(eq=False, slots=True)
class Symbol:
    """One declared thing. `entity` is what the checker makes of it; of an overloaded function, `overloads` has all.
    `of_states` is the library's function of the same name for states and operators.
    """

    name: str
    kind: Kind
    span: Span | None = None
    node: tree.Node | None = None
    is_global: bool = False
    entity: Any = None
    overloads: list[tree.Function] = field(default_factory=list)
    exports: Scope | None = None
    prefix: Fraction = Fraction(1)
    unprefixed: Symbol | None = None
    of_states: Symbol | None = None
    used: bool = False


def failed(symbol: Symbol) -> bool:
    """Whether what declares or imports this has got its message, so that nothing more is to be said of it."""
    return symbol.kind is Kind.FAILED or (symbol.kind is Kind.MODULE and symbol.exports is None)


@dataclass(eq=False, slots=True)
class Scope:
    """The names of one module, or of one block of it; what is not here is looked for in `parent`.

    `calls` are names that mean something only where they are called, and that anything else of the name hides.
    """

    parent: Scope | None = None
    values: dict[str, Symbol] = field(default_factory=dict)
    types: dict[str, Symbol] = field(default_factory=dict)
    units: dict[str, Symbol] = field(default_factory=dict)
    calls: dict[str, Symbol] = field(default_factory=dict)

    def value(self, name: str) -> Symbol | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.values.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def call(self, name: str) -> Symbol | None:
        """What is called by a name that no value has."""
        return next((scope.calls[name] for scope in self.chain() if name in scope.calls), None)

    def type(self, name: str) -> Symbol | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.types.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def unit(self, name: str) -> Symbol | None:
        """A unit by its symbol or its long name, with a prefix or without."""
        scope: Scope | None = self
        while scope is not None:
            if scope.units:
                found = scope.units.get(name) or _with_prefix(scope, name)
                if found is not None:
                    return found
            scope = scope.parent
        return None

    def units_spelled_like(self, name: str) -> Iterator[str]:
        """Units with a prefix that are `name` but for the case of letters: MHz and mHz for Mhz."""
        prefixes = (*SHORT_PREFIXES, *LONG_PREFIXES)
        for scope in self.chain():
            for unit in list(scope.units):
                if name.casefold().endswith(unit.casefold()):
                    before = name[: -len(unit)].casefold()
                    spelled = (prefix + unit for prefix in prefixes if before and prefix.casefold() == before)
                    yield from (each for each in spelled if scope.unit(each) is not None)

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


SHORT_PREFIXES = {
    "Q": 30, "R": 27, "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21,
    "y": -24, "r": -27, "q": -30,
}  # fmt: skip
LONG_PREFIXES = {
    "quetta": 30, "ronna": 27, "yotta": 24, "zetta": 21, "exa": 18, "peta": 15, "tera": 12, "giga": 9, "mega": 6,
    "kilo": 3, "hecto": 2, "deca": 1, "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9, "pico": -12,
    "femto": -15, "atto": -18, "zepto": -21, "yocto": -24, "ronto": -27, "quecto": -30,
}  # fmt: skip


def _with_prefix(scope: Scope, name: str) -> Symbol | None:
    """The unit of this scope that `name` is with an SI prefix before it, remembered for the next time."""
    for prefix, power in _prefixes_of(name):
        rest = name[len(prefix) :]
        unit = scope.units.get(rest)
        if unit is None or unit.unprefixed is not None:
            continue
        declaration = unit.node
        if not (isinstance(declaration, tree.Unit) and declaration.prefixes is not None):
            continue
        if declaration.symbol is not None and (rest == declaration.name.text) != (prefix in LONG_PREFIXES):
            continue  # long prefixes go before long names, short before symbols; a name without a symbol takes both
        factor = Fraction(10) ** power
        prefixed = Symbol(name, Kind.UNIT, unit.span, unit.node, is_global=True, prefix=factor, unprefixed=unit)
        scope.units[name] = prefixed
        return prefixed
    return None


def _prefixes_of(name: str) -> Iterator[tuple[str, int]]:
    for prefixes, lengths in ((SHORT_PREFIXES, (2, 1)), (LONG_PREFIXES, (3, 4, 5, 6))):
        for length in lengths:
            power = prefixes.get(name[:length])
            if power is not None and len(name) > length:
                yield name[:length], power
