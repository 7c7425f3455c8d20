"""The transform: a function over W points, one in each lane of a vector register.

    func @halved(%x: real) -> (real) {               func @halved.lanes.vx4(%x: <4 x real>) -> (<4 x real>) {
      %y = while %x { |%a|                             %on = gt %x, splat 1.0
        yield (gt %a, 1.0)                      =>     %y = while %on, %x { |%on, %a|
      } { |%a|                                           yield (any %on)
        yield (div %a, 2.0)                            } { |%on, %a|
      }                                                  %b = select %on, (div %a, splat 2.0), %a
      return %y                                          yield (and %on, (gt %b, splat 1.0)), %b
    }                                                  } ...

In: a module, a function's name, which of its parameters vary, W. Out: a `Wide`: the wide function and what it calls.
Values that do not vary (`lanes.varying`) are computed once. Where lanes part, a mask says which of them run
(`lanes.branches`, `lanes.loops`).

A lane that fails stops them all: `check` asks whether any lane that runs fails. Whoever called then runs the points
one by one, so that the message is that of the first point that fails. That is also the way out where arrays of the
lanes come to differ in length. What a lane computes is exactly what the function computes, so the answers are the same
to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qdsl.lang.core import calls
from qdsl.lang.core.ir import Function, Module
from qdsl.lang.lanes.body import Body
from qdsl.lang.lanes.varying import Analysis, Pattern


@dataclass(frozen=True)
class Wide:
    """A module with the wide function `root`; every result of it is in lanes."""

    module: Module
    root: str
    width: int
    varying: Pattern


def widen(module: Module, name: str, varying: Pattern, width: int, tally: bool = False) -> Wide:
    """The function over `width` points, whose parameters differ where `varying` says so. Raises `NoLanes`.

    With `tally`, loops that lanes leave one by one count the lanes that run.
    """
    widening = Widening(module, width, tally)
    root = widening.root(name, varying)
    every = module.functions | widening.written
    needed = calls.reachable(Module(every), [root])
    return Wide(Module({each: every[each] for each in needed}), root, width, varying)


@dataclass
class Widening:
    """The wide functions of one module written so far."""

    module: Module
    width: int
    tally: bool
    written: dict[str, Function] = field(default_factory=dict)
    analysis: Analysis = field(init=False)

    def __post_init__(self) -> None:
        self.analysis = Analysis(self.module)

    def root(self, name: str, varying: Pattern) -> str:
        """The function as it is called from outside: in all lanes, all results in lanes."""
        return self._written("lanes", name, varying)

    def callee(self, name: str, varying: Pattern, masked: bool) -> str:
        """The function as wide code calls it; with `masked` a mask comes before its arguments."""
        return self._written("masked" if masked else "wide", name, varying)

    def _written(self, kind: str, name: str, varying: Pattern) -> str:
        symbol = f"{name}.{kind}.{''.join('uv'[varies] for varies in varying)}x{self.width}"
        if symbol not in self.written:
            function = self.module.functions[name]
            body = Body(self, function, self.analysis.varying(name, varying), self.width)
            self.written[symbol] = body.function(symbol, masked=kind == "masked", all_wide=kind == "lanes")
        return symbol
