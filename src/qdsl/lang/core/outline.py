"""A piece of the block at hand as a function value of its own.

    outlined(body, "rate", (TIME, ..), .., lambda t, y: ..)     =>     Closure(Outlined(..), what it uses from outside)

The piece is lowered where it stands, and may use whatever is known there; the core values from outside that it turned
out to use become further parameters, and go along as the closure's values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import Block, Function, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_values import Closure, Data, Outlined
from qdsl.lang.core.rewrite import copy_block
from qdsl.lang.typed.types import Type


def outlined(
    body: Body, name: str, parameters: Sequence[Type], result: Type, write: Callable[..., Data | Values]
) -> Closure:
    """`write(data of each parameter) -> its result`, as a function."""
    builder = Builder(span=body.b.span)
    given: list[Data] = []
    for type_ in parameters:
        values = tuple(builder.parameter(each) for each in body.types_of(type_, body.b.span))
        given.append(Data(type_, values))
    with body.inside(builder):
        made = write(*given)
        results = made.values if isinstance(made, Data) else tuple(made)
    block = builder.block(results)
    outside = tuple(free_values(block))
    code = Outlined(name, tuple(parameters), result, block, outside)
    return Closure(code, outside)


def function_of(code: Outlined, name: str) -> Function:
    """The core function of an outlined piece: its parameters, then what it uses from outside."""
    builder = Builder()
    own = [builder.parameter(each.type, each.hint) for each in code.block.parameters]
    outside = {each: builder.parameter(each.type, each.hint) for each in code.outside}
    yields = copy_block(code.block, own, builder, outside)
    return builder.function(name, yields)


def free_values(block: Block) -> Iterator[Value]:
    """The values that a block uses and does not make, in the order of their first use."""
    made = set(block.parameters)
    for op in block.walk():
        made.update(op.results)
        for region in op.regions:
            made.update(region.parameters)
    used: dict[Value, None] = {}
    for op in block.walk():
        used.update(dict.fromkeys(op.operands))
        for region in op.regions:
            used.update(dict.fromkeys(region.yields))
    used.update(dict.fromkeys(block.yields))
    return (each for each in used if each not in made)
