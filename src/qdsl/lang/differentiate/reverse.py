"""Reverse differentiation: all derivatives of one number for a few times what the number costs, however many there are.

    func @f(%x: real, %y: real) -> (real) {            func @f.grad(%x: real, %y: real) -> (real, real, real) {
      %0 = mul %x, %y                                    %0 = mul %x, %y
      %1 = sin %0                             =>         %1 = sin %0
      return %1                                          %2 = cos %0
    }                                                    %3 = mul %2, %y
                                                         %4 = mul %2, %x
                                                         return %1, %3, %4
                                                       }

`gradient` adds the same `name.grad` as its forward counterpart: the result, then its derivatives by the parameters that
are asked for, computed from the result to the parameters. Loops write down what their rounds begin with (`recording`),
so memory grows with the number of rounds; what a round does is computed a second time on the way back, and a third time
where it is in two loops, and so on. A call becomes a call of the function's own reverse derivative, `g.back_101_1`.

Raises `NoReverse` for what it leaves to the forward way: functions that call themselves, operations that have no
derivative everywhere (they are an error there, or are found not to matter), roots and powers whose slope at 0 is
infinite, arrays that change their length from round to round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qdsl.lang.core.calls import reachable, recursive
from qdsl.lang.core.ir import BOOL, REAL, Function, Module, Op, Value
from qdsl.lang.core.keeping import Keeping
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.differentiate.dependence import Places, dependence, sources
from qdsl.lang.differentiate.pullback_regions import REGIONS
from qdsl.lang.differentiate.pullbacks import STRAIGHT
from qdsl.lang.differentiate.rules import CHOICES, PARTIALS
from qdsl.lang.differentiate.sweep import NoReverse, Sweep

RULES = {**STRAIGHT, **REGIONS}

Marks = tuple[bool, ...]


def gradient(module: Module, name: str, wrt: Sequence[int]) -> Module:
    """The module with `name.grad`, for a function whose only result is a real. Raises `NoReverse`."""
    function = module.functions[name]
    if function.result_types != (REAL,):
        raise NoReverse
    if recursive(Module({each: module.functions[each] for each in reachable(module, [name])})):
        raise NoReverse
    callees = _Pullbacks(module, dependence(module, name))
    by = [place in wrt for place in range(len(function.parameters))]
    sweep = callees.sweep(function, by)
    for parameter in function.parameters:
        sweep.new[parameter] = sweep.builder.parameter(parameter.type, parameter.hint)
    sweep.forwards(function.body.ops, careful=True)
    (result,) = function.body.yields
    sweep.builder.span = function.span
    sweep.add(result, sweep.builder.const(1.0))
    sweep.backwards(function.body.ops)
    derivatives = [sweep.adjoint(function.parameters[place]) for place in wrt]
    grad = sweep.builder.function(f"{name}.grad", [sweep.new[result], *derivatives], function.span)
    return Module({**module.functions, **callees.all_written(), grad.name: grad})


@dataclass
class _Pullbacks:
    """Reverse derivatives of called functions, one for each set of parameters and results that one is asked for."""

    module: Module
    known: Mapping[str, tuple[Places, ...]]
    names: dict[tuple[str, Marks, Marks], str] = field(default_factory=dict)

    def pullback(self, function: str, by: Sequence[bool], seeded: Sequence[bool]) -> str:
        key = function, tuple(by), tuple(seeded)
        if key not in self.names:
            marks = "_".join("".join("01"[here] for here in each) for each in key[1:])
            self.names[key] = f"{function}.back_{marks}"
        return self.names[key]

    def dependence(self, function: str) -> tuple[Places, ...]:
        return self.known[function]

    def all_written(self) -> dict[str, Function]:
        """Every one asked for; writing one may ask for more."""
        written: dict[str, Function] = {}
        while missing := [(key, name) for key, name in self.names.items() if name not in written]:
            for (function, by, seeded), name in missing:
                written[name] = self._written(self.module.functions[function], by, seeded, name)
        return written

    def _written(self, function: Function, by: Marks, seeded: Marks, name: str) -> Function:
        sweep = self.sweep(function, by)
        b = sweep.builder
        for parameter in function.parameters:
            sweep.new[parameter] = b.parameter(parameter.type, parameter.hint)
        results = [value for value, here in zip(function.body.yields, seeded, strict=True) if here]
        seeds = [b.parameter(value.type) for value in results]
        sweep.forwards(function.body.ops)
        for value, seed in zip(results, seeds, strict=True):
            sweep.add(value, seed)
        sweep.backwards(function.body.ops)
        ends = [sweep.adjoint(each) for each, here in zip(function.parameters, by, strict=True) if here]
        return b.function(name, ends, function.span)

    def sweep(self, function: Function, by: Sequence[bool]) -> Sweep:
        """A sweep through the function that differentiates by the parameters marked."""
        wanted = frozenset(place for place, here in enumerate(by) if here)
        found = sources(function, dict(self.known))
        active = frozenset(value for value, places in found.items() if not places.isdisjoint(wanted))
        constants = {op.result: op.attributes["value"] for op in function.body.walk() if op.name == "const"}
        for op in function.body.walk():
            if not active.isdisjoint(op.operands) and not _is_clear(op, active, constants):
                raise NoReverse
        return Sweep(active, Keeping(function), self, RULES)


def _is_clear(op: Op, active: frozenset[Value], constants: Mapping[Value, bool | int | float]) -> bool:
    """Whether the operation's derivative by what is active is a number wherever the function is."""
    primitive = PRIMITIVES.get(op.name)
    if primitive is None or primitive.result is BOOL or op.name in CHOICES:
        return True
    if op.name == "pow" and op.operands[0] in active:
        exponent = constants.get(op.operands[1])
        return exponent is not None and not 0.0 < exponent < 1.0
    return op.name in PARTIALS
