"""Loops whose rounds do not need each other, run W rounds at a time: which, and what W rounds are.

    %s = for %lo, %hi, %zero { |%i, %t|
      %x = get %a, %i                               @"f.rounds.0"(%x, %k) { %1 = mul %x, %k; %2 = exp %1; return %2 }
      %1 = mul %x, %k                        =>
      %2 = exp %1                                   widened over what is loaded: %x varies, %k is shared
      %u = add %t, %2
      yield %u
    }

In: a module and W. Out: for each such loop a `Strip`, whose rounds are a wide function over W of them (`lanes.widen`).
Sums are taken up lane by lane in the order of the rounds, so the bits are those of one round after the other. Loops
without a mathematical function are left as they are: there is nothing in them that LLVM could not do as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.core.ir import Block, Function, Module, Op
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.rounds import Round, round_of
from qdsl.lang.lanes.varying import NoLanes
from qdsl.lang.lanes.widen import widen


@dataclass(frozen=True, eq=False)
class Strip:
    """A loop W rounds at a time. `function` is the wide function of a round (`Round.function`)."""

    function: str
    round: Round


def strips(module: Module, names: Sequence[str], width: int) -> tuple[dict[Op, Strip], Module]:
    """The loops of these functions that can be run so, and the wide functions for it."""
    found: dict[Op, Strip] = {}
    wide: dict[str, Function] = {}
    for name in names:
        for op in module.functions[name].body.walk():
            round_ = round_of(op)
            if round_ is None:
                continue
            function = round_.function(f"{name}.rounds.{len(found)}")
            if not _is_worth_it(module, function.body):
                continue
            every = Module({**module.functions, function.name: function})
            varying = [len(round_.loads) + round_.takes_index > place for place in range(len(function.parameters))]
            try:
                widened = widen(every, function.name, tuple(varying), width)
            except NoLanes:
                continue
            wide |= widened.module.functions
            found[op] = Strip(widened.root, round_)
    return found, Module(wide)


def _is_worth_it(module: Module, body: Block) -> bool:
    """Whether there is a mathematical function in it, whose last bits are ours."""
    return any(
        (op.name in PRIMITIVES and not PRIMITIVES[op.name].exact)
        or (op.name == "call" and _is_worth_it(module, module.functions[op.attributes["function"]].body))
        for op in body.walk()
    )
