"""The verifier accepts every program that the builder writes and rejects every corruption planted in one."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.random_programs import random_program

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Block, Function, Module, Op, Type, Value
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import LEGAL, fits, verify
from qdsl.lang.report import InternalError

Change = Callable[[Op], Op | None]


def other_type(type_: Type) -> Type:
    """A type that never fits this one."""
    return {REAL: INT, INT: BOOL, BOOL: ArrayType(INT, (None, 7))}.get(type_, REAL)  # type: ignore[arg-type]


def with_(op: Op, **changed: object) -> Op:
    fields = {name: getattr(op, name) for name in ("name", "operands", "results", "attributes", "regions", "span")}
    return Op(**{**fields, **changed})  # type: ignore[arg-type]


def wrong_operand(op: Op) -> Op | None:
    """A value that nobody defines."""
    return with_(op, operands=(Value(op.operands[0].type), *op.operands[1:])) if op.operands else None


def one_operand_less(op: Op) -> Op | None:
    fixed = op.operands and op.name not in ("check", "watch", "array", "call")
    return with_(op, operands=op.operands[:-1]) if fixed else None


def wrong_result(op: Op) -> Op | None:
    """The result keeps its name but not its type, so that its uses are wrong too."""
    for result in op.results:
        result.type = other_type(result.type)
        return op
    return None


def no_attributes(op: Op) -> Op | None:
    """But for `inside`, which any may do without."""
    return with_(op, attributes={}) if op.attributes.keys() - {"inside"} else None


def unknown_name(op: Op) -> Op | None:
    return with_(op, name="conjure")


def one_region_less(op: Op) -> Op | None:
    return with_(op, regions=op.regions[:-1]) if op.regions else None


def a_parameter_more(op: Op) -> Op | None:
    if not op.regions:
        return None
    region = op.regions[0]
    return with_(op, regions=(Block((*region.parameters, Value(REAL)), region.ops, region.yields), *op.regions[1:]))


def wrong_yield(op: Op) -> Op | None:
    if not op.regions or not op.regions[-1].yields:
        return None
    region = op.regions[-1]
    foreign = Value(region.yields[0].type)
    return with_(op, regions=(*op.regions[:-1], Block(region.parameters, region.ops, (foreign, *region.yields[1:]))))


CORRUPTIONS = (
    wrong_operand,
    one_operand_less,
    wrong_result,
    no_attributes,
    unknown_name,
    one_region_less,
    a_parameter_more,
    wrong_yield,
)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_planted_corruptions_are_rejected(corruption: Change, seed: int) -> None:
    module = random_program(seed, 12)
    verify(module)
    body = module.functions["f"].body
    for place in random.Random(seed).sample(range(len(body.ops)), len(body.ops)):
        changed = corruption(body.ops[place])
        if changed is not None:
            ops = (*body.ops[:place], changed, *body.ops[place + 1 :])
            broken = Function("f", Block(body.parameters, ops, body.yields))
            with pytest.raises(InternalError, match="@f: "):
                verify(Module({**module.functions, "f": broken}))
            return


HEAD = "func @f(%x: real, %n: int, %c: bool, %a: [real], %m: [real; 2, 3]) -> () {\n"


@pytest.mark.parametrize(
    "line",
    [
        "%0 = add %x, %n",
        "%0 = add %x",
        "%0 = select %x, %x, %x -> real",
        "%0 = select %c, %x, %n -> real",
        "%0 = select %c, %x, %x -> int",
        'check %x or DOMAIN ""',
        'check %c, %c or DOMAIN ""',
        "%0 = array %x, %n -> [real; 2]",
        "%0 = array %x, %x -> [real; 3]",
        "%0 = array %a, %a -> [real; 2]",
        "%0 = table 1, 2, 3 -> [int; 2]",
        "%0 = table 1, 2, 3, 4 -> [int; 2, -2]",
        "%0 = table 1, 2, 3, 4 -> [int; -2, -2]",
        "%0 = table 1, 2 -> [real; 2]",
        "%0 = table true -> [bool; 1]",
        "%0 = table 1.0, 2.0 -> [real]",
        "%0 = table 1.0, 2.0 -> [<2 x real>; 2]",
        "%0 = table 1 -> int",
        "%0 = build %n -> [real; ?, ?] { |%i: int| yield %x }",
        "%0 = build %n -> [real] { |%i: int| yield %n }",
        "%0 = build %n, %n -> [real; ?, ?] { |%i: int| yield %x }",
        "%0 = len %x axis 0",
        "%0 = len %a axis 1",
        "%0 = get %a, %n, %n -> real",
        "%0 = get %m, %n -> real",
        "%0 = get %a, %n -> int",
        "%0 = set %a, %n, %n -> [real]",
        "%0 = set %m, %n, %n, %x -> [real; 2, 4]",
        "%0 = slice %m, %n, %n -> [real; ?, ?]",
        "%0 = if %c -> real { yield %x } else { yield %n }",
        "%0 = if %c -> real { yield %x }",
        "%0 = if %c -> real { yield %x } else { yield %x, %x }",
        "%0 = for %n, %n, %x -> real { |%i: int, %y: int| yield %x }",
        "%0 = for %n, %n, %x -> real { |%i: int, %y: real| yield %i }",
        "%0 = for %n, %n, %x -> real { |%y: real| yield %y }",
        "%0 = for %n, %x, %x -> real { |%i: int, %y: real| yield %y }",
        "%0 = while %x -> real { |%y: real| yield %y } else { |%y: real| yield %y }",
        "%0 = while %x -> real { |%y: real| yield %c } else { |%y: int| yield %x }",
        "%0 = call @g(%x) -> real",
        "%0 = call @f(%x) -> real",
    ],
)
def test_ill_typed(line: str) -> None:
    with pytest.raises(InternalError):
        verify(parse_module(HEAD + line + "\nreturn }"))


def test_values_of_a_region_stay_in_it() -> None:
    """The parser accepts a name wherever it stood before; the verifier knows scopes."""
    module = parse_module(HEAD + "%0 = if %c -> real { %1 = neg %x yield %1 } else { yield %x }\n%2 = neg %1\nreturn }")
    with pytest.raises(InternalError, match="neg uses a value that is not known there"):
        verify(module)


def test_a_value_is_defined_once() -> None:
    x = Value(REAL)
    op = Op("neg", (x,), (Value(REAL),))
    with pytest.raises(InternalError, match="a second time"):
        verify(Module({"f": Function("f", Block((x,), (op, op), ()))}))


def test_two_functions_share_no_value() -> None:
    body = Block((Value(REAL),), (), ())
    with pytest.raises(InternalError, match="a second time"):
        verify(Module({"f": Function("f", body), "g": Function("g", body)}))


def test_a_function_is_kept_under_its_name() -> None:
    with pytest.raises(InternalError, match="@f is kept as @g"):
        verify(Module({"g": Function("f", Block((), (), ()))}))


def test_lengths_fit_where_both_are_not_known_to_differ() -> None:
    assert fits(ArrayType(REAL, (3,)), ArrayType(REAL))
    assert fits(ArrayType(REAL, (None, 2)), ArrayType(REAL, (3, None)))
    assert not fits(ArrayType(REAL, (3,)), ArrayType(REAL, (4,)))
    assert not fits(ArrayType(REAL, (3,)), ArrayType(REAL, (3, 1)))
    assert not fits(ArrayType(REAL), ArrayType(INT))
    assert not fits(ArrayType(REAL), REAL)


def test_every_structured_operation_has_a_row() -> None:
    """Those of the table in `core.ir`; calls are checked against the callee."""
    listed = "const select check watch array table build len get set slice if for while splat tally any highest blend"
    assert set(LEGAL) == set(listed.split())
