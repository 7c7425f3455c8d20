"""What each pass does, by programs before and after it. Both are core text; only the body of @f is shown."""

from __future__ import annotations

import pytest

from qdsl.lang.core.ir import Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.printer import function_text
from qdsl.lang.core.verify import verify
from qdsl.lang.optimise import PASSES, optimise
from qdsl.lang.optimise.inline import LARGEST, inline

HEAD = "func @f(%x: real, %y: real, %n: int, %c: bool, %a: [real]) -> "


def after(name: str, source: str) -> Module:
    """The module after one trip of one pass."""
    module = parse_module(source)
    verify(module)
    (chosen,) = [each for each in PASSES if each.name == name]
    module = chosen.run(module)
    verify(module)
    return module


def canonical(source: str) -> str:
    return function_text(parse_module(source).functions["f"])


def becomes(name: str, result: str, before: str, expected: str) -> None:
    rest = "" if "func" not in before else before[before.index("func") :]
    body = before.removesuffix(rest)
    module = after(name, f"{HEAD}({result}) {{ {body} }} {rest}")
    assert function_text(module.functions["f"]) == canonical(f"{HEAD}({result}) {{ {expected} }}")


@pytest.mark.parametrize(
    ("type_", "operation", "folded"),
    [
        ("real", "add %2, %3", "const 5.0"),
        ("real", "div %2, %0", "const inf"),
        ("bool", "lt %2, %3", "const true"),
        ("int", "to_int %2", "const 2"),
        ("real", "exp %2", "exp %2"),  # its last bit depends on the machine
        ("int", "to_int %9", "to_int %9"),  # would fail: it fails where it stands
    ],
)
def test_fold(type_: str, operation: str, folded: str) -> None:
    constants = "%0 = const 0.0 %2 = const 2.0 %3 = const 3.0 %9 = const 1e30"
    becomes("fold", type_, f"{constants} %4 = {operation} return %4", f"{constants} %4 = {folded} return %4")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%1 = const 1.0 %2 = mul %x, %1 return %2", "%1 = const 1.0 return %x"),
        ("%1 = const -1.0 %2 = mul %1, %x return %2", "%1 = const -1.0 %2 = neg %x return %2"),
        ("%1 = const 0.0 %2 = sub %x, %1 return %2", "%1 = const 0.0 return %x"),
        ("%1 = const -0.0 %2 = add %x, %1 return %2", "%1 = const -0.0 return %x"),
        ("%1 = const 0.0 %2 = add %x, %1 return %2", "%1 = const 0.0 %2 = add %x, %1 return %2"),  # x may be -0
        ("%1 = const 0.0 %3 = abs %x %2 = add %1, %3 return %2", "%1 = const 0.0 %3 = abs %x return %3"),
        ("%1 = neg %x %2 = neg %1 return %2", "%1 = neg %x return %x"),
        ("%1 = neg %x %2 = add %1, %y return %2", "%1 = neg %x %2 = sub %y, %x return %2"),
        ("%1 = neg %x %2 = neg %y %3 = div %1, %2 return %3", "%1 = neg %x %2 = neg %y %3 = div %x, %y return %3"),
        ("%1 = const 8.0 %2 = div %x, %1 return %2", "%1 = const 8.0 %2 = const 0.125 %3 = mul %x, %2 return %3"),
        ("%1 = abs %x %2 = abs %1 return %2", "%1 = abs %x return %1"),
        ("%1 = to_real %n %2 = floor %1 return %2", "%1 = to_real %n return %1"),
        (
            "%1 = const 3.0 %2 = pow %x, %1 return %2",
            "%1 = const 3.0 %2 = const 1.0 %3 = mul %x, %x %4 = mul %3, %x return %4",
        ),
        (
            "%1 = const -2.0 %2 = pow %x, %1 return %2",
            "%1 = const -2.0 %2 = const 1.0 %3 = div %2, %x %4 = mul %3, %3 return %4",
        ),
    ],
)
def test_simplify_reals(before: str, expected: str) -> None:
    becomes("simplify", "real", before, expected)


@pytest.mark.parametrize(
    "body",
    [
        "%1 = const 0.0 %2 = add %x, %1 return %2",  # -0 + 0 is 0
        "%1 = const -0.0 %2 = sub %x, %1 return %2",
        "%1 = const 0.0 %2 = mul %x, %1 return %2",
        "%1 = sub %x, %x return %1",
        "%1 = div %x, %x return %1",
        "%1 = const 3.0 %2 = div %x, %1 return %2",
        "%1 = const 5e-324 %2 = div %x, %1 return %2",  # a power of two whose inverse is infinite
        "%1 = const 5.0 %2 = pow %x, %1 return %2",
        "%1 = const 0.5 %2 = pow %x, %1 return %2",  # sqrt differs at -0 and -inf
    ],
)
def test_simplify_leaves_what_is_not_exact(body: str) -> None:
    becomes("simplify", "real", body, body)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%1 = const 0 %2 = imul %n, %1 return %2", "%1 = const 0 return %1"),
        ("%1 = const 0 %2 = isub %1, %n return %2", "%1 = const 0 %2 = isub %1, %n return %2"),
        ("%1 = isub %n, %n return %1", "%1 = const 0 return %1"),
        ("%1 = const -1 %2 = band %n, %1 return %2", "%1 = const -1 return %n"),
        ("%1 = ineg %n %2 = ineg %1 return %2", "%1 = ineg %n %2 = ineg %1 return %2"),  # -(-2^63) fails
    ],
)
def test_simplify_ints(before: str, expected: str) -> None:
    becomes("simplify", "int", before, expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%1 = ilt %n, %n return %1", "%1 = const false return %1"),
        (
            "%1 = const 3 %2 = ilt %n, %1 %3 = not %2 return %3",
            "%1 = const 3 %2 = ilt %n, %1 %3 = ige %n, %1 return %3",
        ),
        ("%1 = lt %x, %y %2 = not %1 return %2", "%1 = lt %x, %y %2 = not %1 return %2"),  # nan
        ("%1 = eq %x, %y %2 = not %1 return %2", "%1 = eq %x, %y %2 = ne %x, %y return %2"),
        ("%1 = eq %x, %x return %1", "%1 = eq %x, %x return %1"),
        ("%1 = const true %2 = and %1, %c return %2", "%1 = const true return %c"),
    ],
)
def test_simplify_truth(before: str, expected: str) -> None:
    becomes("simplify", "bool", before, expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "%t = const true %1 = if %t -> real { %2 = exp %x yield %2 } else { yield %y } return %1",
            "%t = const true %2 = exp %x return %2",
        ),
        ("%1 = select %c, %x, %x -> real return %1", "return %x"),
        (
            "%1 = not %c %2 = select %1, %x, %y -> real return %2",
            "%1 = not %c %2 = select %c, %y, %x -> real return %2",
        ),
        ('%t = const true check %t or DOMAIN "" return %x', "%t = const true return %x"),
        (
            "%0 = const 4 %1 = for %0, %0, %x -> real { |%i: int, %z: real| yield %y } return %1",
            "%0 = const 4 return %x",
        ),
        (
            "%0 = const 4 %1 = const 4 %2 = for %0, %1, %x -> real { |%i: int, %z: real| yield %y } return %2",
            "%0 = const 4 %1 = const 4 return %x",
        ),
        (
            "%0 = const 4 %1 = const 5 "
            "%2 = for %0, %1, %x -> real { |%i: int, %z: real| %4 = exp %z yield %4 } return %2",
            "%0 = const 4 %1 = const 5 %4 = exp %x return %4",
        ),
        (
            "%0 = const 0 %1, %2 = for %0, %n, %x, %y -> real, real { |%i: int, %z: real, %s: real| "
            "%4 = add %z, %s yield %4, %s } return %1",
            "%0 = const 0 %1 = for %0, %n, %x -> real { |%i: int, %z: real| %4 = add %z, %y yield %4 } return %1",
        ),
        ("%1 = array %x, %y -> [real; 2] %i = const 1 %2 = get %1, %i -> real return %2",
         "%1 = array %x, %y -> [real; 2] %i = const 1 return %y"),
        ("%1 = array %x, %y -> [real; 2] %2 = len %1 axis 0 %3 = to_real %2 return %3",
         "%1 = array %x, %y -> [real; 2] %2 = const 2 %3 = to_real %2 return %3"),
        ("%1 = table 0.5, 1.5 -> [real; 2] %i = const 1 %2 = get %1, %i -> real return %2",
         "%1 = table 0.5, 1.5 -> [real; 2] %i = const 1 %2 = const 1.5 return %2"),
        ("%1 = table 1.0, 2.0, 3.0, 4.0 -> [real; 2, 2] %i = const 1 %j = const 0 %2 = get %1, %i, %j inside -> real "
         "return %2",
         "%1 = table 1.0, 2.0, 3.0, 4.0 -> [real; 2, 2] %i = const 1 %j = const 0 %2 = const 3.0 return %2"),
        ("%1 = table 7, 8 -> [int; 2] %2 = len %1 axis 0 %3 = to_real %2 return %3",
         "%1 = table 7, 8 -> [int; 2] %2 = const 2 %3 = to_real %2 return %3"),
    ],
)  # fmt: skip
def test_decide(before: str, expected: str) -> None:
    becomes("decide", "real", before, expected)


def test_what_is_chosen_of_two_arrays_has_the_lengths_of_both() -> None:
    arrays = "%b = array %x -> [real; 1] %d = array %x, %y -> [real; 2] %1 = not %c"
    becomes(
        "decide",
        "[real]",
        f"{arrays} %2 = select %1, %b, %d -> [real] return %2",
        f"{arrays} %2 = select %c, %d, %b -> [real] return %2",
    )


@pytest.mark.parametrize("made", ["array %x, %y", "table 0.5, 1.5"])
@pytest.mark.parametrize("index", [-1, 2])
def test_an_element_that_is_not_there_is_left_to_fail(made: str, index: int) -> None:
    body = f"%1 = {made} -> [real; 2] %i = const {index} %2 = get %1, %i -> real return %2"
    becomes("decide", "real", body, body)


def test_a_row_that_is_not_there_is_left_to_fail() -> None:
    """Of a matrix with two numbers in a row, the third of the first row is not the first of the second."""
    body = "%1 = table 1.0, 2.0, 3.0, 4.0 -> [real; 2, 2] %i = const 0 %j = const 2 %2 = get %1, %i, %j -> real"
    becomes("decide", "real", f"{body} return %2", f"{body} return %2")


def test_a_constant_carried_by_a_while_is_seen_by_its_condition() -> None:
    becomes(
        "decide",
        "real",
        "%1, %2 = while %x, %y -> real, real { |%z: real, %s: real| %3 = lt %z, %s yield %3 } else "
        "{ |%u: real, %t: real| %4 = add %u, %t yield %4, %t } return %1",
        "%1 = while %x -> real { |%z: real| %3 = lt %z, %y yield %3 } else "
        "{ |%u: real| %4 = add %u, %y yield %4 } return %1",
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%1 = exp %x %2 = exp %x %3 = add %1, %2 return %3", "%1 = exp %x %3 = add %1, %1 return %3"),
        ("%1 = add %x, %y %2 = add %y, %x %3 = sub %1, %2 return %3", "%1 = add %x, %y %3 = sub %1, %1 return %3"),
        (
            "%1 = const 0.0 %2 = const -0.0 %3 = const 0.0 %4 = add %1, %2 %5 = add %4, %3 return %5",
            "%1 = const 0.0 %2 = const -0.0 %4 = add %1, %2 %5 = add %4, %1 return %5",
        ),
        (
            "%1 = table 0.0, 1.0 -> [real; 2] %2 = table 0.0, 1.0 -> [real; 2] %3 = table -0.0, 1.0 -> [real; 2] "
            "%4 = get %1, %n -> real %5 = get %2, %n -> real %6 = get %3, %n -> real %7 = fma %4, %5, %6 return %7",
            "%1 = table 0.0, 1.0 -> [real; 2] %3 = table -0.0, 1.0 -> [real; 2] "
            "%4 = get %1, %n -> real %6 = get %3, %n -> real %7 = fma %4, %4, %6 return %7",
        ),
        (  # the same numbers in other rows, and other numbers that look the same
            "%1 = table 1, 2 -> [int; 2] %2 = table 1, 2 -> [int; 1, 2] %3 = table 1.0, 2.0 -> [real; 2] return %x",
            "%1 = table 1, 2 -> [int; 2] %2 = table 1, 2 -> [int; 1, 2] %3 = table 1.0, 2.0 -> [real; 2] return %x",
        ),
        (
            "%1 = exp %x %2 = if %c -> real { %3 = exp %x yield %3 } else { %4 = exp %y yield %4 } "
            "%5 = exp %y return %2",
            "%1 = exp %x %2 = if %c -> real { yield %1 } else { %4 = exp %y yield %4 } %5 = exp %y return %2",
        ),
    ],
)
def test_share(before: str, expected: str) -> None:
    becomes("share", "real", before, expected)


def test_hoist_moves_what_cannot_fail_out_of_all_loops() -> None:
    becomes(
        "hoist",
        "[real; ?, ?]",
        "%1 = build %n, %n -> [real; ?, ?] { |%i: int, %j: int| %0 = const 0 "
        "%s = for %0, %n, %x -> real { |%k: int, %acc: real| %e = exp %y %d = idiv %n, %n %z = add %acc, %e yield %z } "
        "yield %s } return %1",
        "%0 = const 0 %e = exp %y %1 = build %n, %n -> [real; ?, ?] { |%i: int, %j: int| "
        "%s = for %0, %n, %x -> real { |%k: int, %acc: real| %d = idiv %n, %n %z = add %acc, %e yield %z } "
        "yield %s } return %1",
    )


def test_hoist_moves_tables_out_of_loops() -> None:
    becomes(
        "hoist",
        "[int]",
        "%1 = build %n -> [int] { |%i: int| %t = table 4, 2 -> [int; 2] %y = get %t, %i -> int yield %y } return %1",
        "%t = table 4, 2 -> [int; 2] %1 = build %n -> [int] { |%i: int| %y = get %t, %i -> int yield %y } return %1",
    )


def test_hoist_leaves_what_stands_in_a_branch() -> None:
    body = (
        "%0 = const 0 %s = for %0, %n, %x -> real { |%k: int, %acc: real| "
        "%r = if %c -> real { %e = exp %y yield %e } else { yield %acc } yield %r } return %s"
    )
    becomes("hoist", "real", body, body)


def test_inline() -> None:
    becomes(
        "inline",
        "real",
        "%1 = call @twice(%x) -> real return %1 "
        "func @twice(%x: real) -> (real) { %1 = call @once(%x) -> real %2 = call @once(%1) -> real return %2 }"
        "func @once(%x: real) -> (real) { %1 = exp %x return %1 }",
        "%1 = exp %x %2 = exp %1 return %2",
    )


def test_inline_leaves_recursion() -> None:
    body = "%1 = call @g(%x) -> real return %1 "
    g = "func @g(%x: real) -> (real) { %y = call @g(%x) -> real return %y }"
    becomes("inline", "real", body + g, body)


def test_inline_ends_in_time() -> None:
    """A tower of doublings stops growing."""
    levels = ["func @f0(%x: real) -> (real) { %1 = exp %x return %1 }"]
    for level in range(1, 30):
        below = f"call @f{level - 1}"
        levels.append(
            f"func @f{level}(%x: real) -> (real) {{ %1 = {below}(%x) -> real %2 = {below}(%1) -> real return %2 }}"
        )
    inlined = inline(parse_module("".join(levels)))
    assert max(sum(1 for _ in each.body.walk()) for each in inlined.functions.values()) <= LARGEST


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("%1 = exp %x %2 = mul %x, %x return %2", "%2 = mul %x, %x return %2"),
        ("%1 = table 0.5 -> [real; 1] return %x", "return %x"),
        ("%1 = idiv %n, %n return %x", "%1 = idiv %n, %n return %x"),  # may fail, so it stays
        ("%3 = const 3 %1 = idiv %n, %3 return %x", "return %x"),  # cannot fail
        ("%3 = const -1 %1 = idiv %n, %3 return %x", "%3 = const -1 %1 = idiv %n, %3 return %x"),
        ("while { yield %c } else { yield } return %x", "while { yield %c } else { yield } return %x"),  # may not end
        ("%0 = const 0 %1 = get %a, %0 -> real return %x", "%0 = const 0 %1 = get %a, %0 -> real return %x"),
        ("%0 = const 0 %1 = get %a, %0 inside -> real return %x", "return %x"),
        (
            "%1, %2 = if %c -> real, real { %3 = exp %x yield %3, %y } else { yield %x, %y } return %2",
            "%2 = if %c -> real { yield %y } else { yield %y } return %2",
        ),
        (
            "%0 = const 0 %1, %2, %3 = for %0, %n, %x, %x, %y -> real, real, real "
            "{ |%i: int, %p: real, %q: real, %r: real| "
            "%4 = exp %p %5 = add %q, %r %6 = mul %r, %r yield %4, %5, %6 } return %2",
            "%0 = const 0 %2, %3 = for %0, %n, %x, %y -> real, real "
            "{ |%i: int, %q: real, %r: real| %5 = add %q, %r %6 = mul %r, %r yield %5, %6 } return %2",
        ),
        ("%0 = const 0 %1 = for %0, %n, %x -> real { |%i: int, %p: real| yield %p } return %x", "return %x"),
        ("%1 = build %n -> [real] { |%i: int| yield %x } return %x", "return %x"),
        (
            '%0 = const 0 for %0, %n { |%i: int| check %c or DOMAIN "" yield } return %x',
            '%0 = const 0 for %0, %n { |%i: int| check %c or DOMAIN "" yield } return %x',
        ),
    ],
)
def test_drop(before: str, expected: str) -> None:
    becomes("drop", "real", before, expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (  # from a constant, through a change and an `if`
            """%0 = const 0 %3 = const 3
            %v = build %3 -> [real] { |%i: int| yield %x }
            %w = set %v, %0, %y -> [real]
            %u = if %c -> [real] { yield %v } else { yield %w }
            %m = len %u axis 0 return %m""",
            """%0 = const 0 %3 = const 3
            %v = build %3 -> [real; 3] { |%i: int| yield %x }
            %w = set %v, %0, %y inside -> [real; 3]
            %u = if %c -> [real; 3] { yield %v } else { yield %w }
            %9 = const 3 return %9""",
        ),
        (  # rounds that keep the length, and rounds that do not
            """%0 = const 0 %2 = const 2
            %v = build %2 -> [real] { |%i: int| yield %x }
            %w, %u = while %v, %v -> [real], [real] { |%p: [real], %q: [real]| yield %c } { |%p.1: [real], %q.1: [real]|
              %k = set %p.1, %0, %y -> [real]
              yield %k, %a
            }
            %m = len %w axis 0 %n.1 = len %u axis 0 %s = iadd %m, %n.1 return %s""",
            """%0 = const 0 %2 = const 2
            %v = build %2 -> [real; 2] { |%i: int| yield %x }
            %w, %u = while %v, %v -> [real; 2], [real] { |%p: [real; 2], %q: [real]| yield %c }
            { |%p.1: [real; 2], %q.1: [real]|
              %k = set %p.1, %0, %y inside -> [real; 2]
              yield %k, %a
            }
            %9 = const 2 %n.1 = len %u axis 0 %s = iadd %9, %n.1 return %s""",
        ),
        (  # an index that counts is inside what is as long, not what is shorter or of a length that is not known
            """%0 = const 0 %2 = const 2 %3 = const 3 %z = const 0.0
            %v = build %3 -> [real; 3] { |%i: int| yield %x }
            %s = for %0, %2, %z -> real { |%k: int, %t: real|
              %e = get %v, %k -> real %g = get %a, %k -> real %h = add %e, %g yield %h }
            %m = const 1 return %m""",
            """%0 = const 0 %2 = const 2 %3 = const 3 %z = const 0.0
            %v = build %3 -> [real; 3] { |%i: int| yield %x }
            %s = for %0, %2, %z -> real { |%k: int, %t: real|
              %e = get %v, %k inside -> real %g = get %a, %k -> real %h = add %e, %g yield %h }
            %m = const 1 return %m""",
        ),
    ],
)
def test_shapes(before: str, expected: str) -> None:
    becomes("shapes", "int", before, expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            """%0 = const 0 %2 = const 2 %v = array %x, %y -> [real; 2] %z = const 0.0
            %s = for %0, %2, %z -> real { |%i: int, %t: real| %e = get %v, %i -> real %u = add %t, %e yield %u }
            return %s""",
            """%0 = const 0 %2 = const 2 %v = array %x, %y -> [real; 2] %z = const 0.0
            %3 = const 0 %e = get %v, %3 -> real %u = add %z, %e
            %4 = const 1 %e.1 = get %v, %4 -> real %u.1 = add %u, %e.1
            return %u.1""",
        ),
        (  # no small array in it: left to the machine's own compiler
            """%0 = const 0 %2 = const 2 %z = const 0.0
            %s = for %0, %2, %z -> real { |%i: int, %t: real| %u = add %t, %x yield %u } return %s""",
            """%0 = const 0 %2 = const 2 %z = const 0.0
            %s = for %0, %2, %z -> real { |%i: int, %t: real| %u = add %t, %x yield %u } return %s""",
        ),
        (  # rounds that are not known
            """%0 = const 0 %v = array %x, %y -> [real; 2] %z = const 0.0
            %s = for %0, %n, %z -> real { |%i: int, %t: real| %e = get %v, %i -> real yield %e } return %s""",
            """%0 = const 0 %v = array %x, %y -> [real; 2] %z = const 0.0
            %s = for %0, %n, %z -> real { |%i: int, %t: real| %e = get %v, %i -> real yield %e } return %s""",
        ),
        (  # an array that is made of another, element by element
            """%0 = const 1 %2 = const 2 %v = array %x, %y -> [real; 2]
            %w = build %2 -> [real; 2] { |%i: int| %e = get %v, %i inside -> real %n = neg %e yield %n }
            %r = get %w, %0 inside -> real return %r""",
            """%0 = const 1 %2 = const 2 %v = array %x, %y -> [real; 2]
            %3 = const 0 %e = get %v, %3 inside -> real %n = neg %e
            %4 = const 1 %e.1 = get %v, %4 inside -> real %n.1 = neg %e.1
            %w = array %n, %n.1 -> [real; 2]
            %r = get %w, %0 inside -> real return %r""",
        ),
        (  # its elements may fail, and say which it was
            """%0 = const 1 %2 = const 2 %v = array %x, %y -> [real; 2]
            %w = build %2 -> [real; 2] { |%i: int| %e = get %v, %i inside -> real %p = gt %e, %x
            check %p, %e or DOMAIN "no" yield %e }
            %r = get %w, %0 inside -> real return %r""",
            """%0 = const 1 %2 = const 2 %v = array %x, %y -> [real; 2]
            %w = build %2 -> [real; 2] { |%i: int| %e = get %v, %i inside -> real %p = gt %e, %x
            check %p, %e or DOMAIN "no" yield %e }
            %r = get %w, %0 inside -> real return %r""",
        ),
    ],
)
def test_unroll(before: str, expected: str) -> None:
    becomes("unroll", "real", before, expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (  # what was put there
            """%0 = const 0 %2 = const 2 %v = build %2 -> [real; 2] { |%i: int| %e = exp %x yield %e }
            %w = set %v, %0, %y -> [real; 2] %r = get %w, %0 -> real return %r""",
            """%0 = const 0 %2 = const 2 %v = build %2 -> [real; 2] { |%i: int| %e = exp %x yield %e }
            %w = set %v, %0, %y -> [real; 2] return %y""",
        ),
        (  # behind it, what the array was built of
            """%0 = const 0 %1 = const 1 %2 = const 2
            %v = build %2 -> [real; 2] { |%i: int| %e = to_real %i yield %e }
            %w = set %v, %0, %y -> [real; 2] %r = get %w, %1 -> real return %r""",
            """%0 = const 0 %1 = const 1 %2 = const 2
            %v = build %2 -> [real; 2] { |%i: int| %e = to_real %i yield %e }
            %w = set %v, %0, %y -> [real; 2] %e.1 = to_real %1 return %e.1""",
        ),
        (  # a change at a place that is not known hides what is behind it
            """%1 = const 1 %2 = const 2 %v = build %2 -> [real; 2] { |%i: int| yield %x }
            %w = set %v, %n, %y -> [real; 2] %r = get %w, %1 -> real return %r""",
            """%1 = const 1 %2 = const 2 %v = build %2 -> [real; 2] { |%i: int| yield %x }
            %w = set %v, %n, %y -> [real; 2] %r = get %w, %1 -> real return %r""",
        ),
        (  # what is put where something else comes to be put before anybody looks
            """%0 = const 0 %1 = const 1 %v = array %x, %y -> [real; 2] %a1 = set %v, %0, %y inside -> [real; 2]
            %b = set %a1, %1, %x inside -> [real; 2] %c1 = set %b, %0, %x inside -> [real; 2]
            %r = get %c1, %n -> real return %r""",
            """%0 = const 0 %1 = const 1 %v = array %x, %y -> [real; 2]
            %b = set %v, %1, %x inside -> [real; 2] %c1 = set %b, %0, %x inside -> [real; 2]
            %r = get %c1, %n -> real return %r""",
        ),
        (  # somebody looks in between
            """%0 = const 0 %v = array %x, %y -> [real; 2] %b = set %v, %0, %y inside -> [real; 2]
            %r = get %b, %n -> real %c1 = set %b, %0, %x inside -> [real; 2] %s = get %c1, %n -> real
            %t = add %r, %s return %t""",
            """%0 = const 0 %v = array %x, %y -> [real; 2] %b = set %v, %0, %y inside -> [real; 2]
            %r = get %b, %n -> real %c1 = set %b, %0, %x inside -> [real; 2] %s = get %c1, %n -> real
            %t = add %r, %s return %t""",
        ),
        (  # outside: it fails where it stands
            """%2 = const 2 %v = build %2 -> [real; 2] { |%i: int| yield %x } %r = get %v, %2 -> real return %r""",
            """%2 = const 2 %v = build %2 -> [real; 2] { |%i: int| yield %x } %r = get %v, %2 -> real return %r""",
        ),
    ],
)
def test_elements(before: str, expected: str) -> None:
    becomes("elements", "real", before, expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (  # its own length
            "%0 = const 0 %1 = len %a axis 0 %2 = for %0, %1, %x -> real { |%i: int, %s: real| "
            "%3 = get %a, %i -> real yield %3 } return %2",
            "%0 = const 0 %1 = len %a axis 0 %2 = for %0, %1, %x -> real { |%i: int, %s: real| "
            "%3 = get %a, %i inside -> real yield %3 } return %2",
        ),
        (  # an equal one, by a check before
            '%0 = const 0 %1 = len %a axis 0 %2 = ieq %1, %n check %2 or SHAPE "no" '
            "%4 = for %0, %n, %x -> real { |%i: int, %s: real| %3 = get %a, %i -> real yield %3 } return %4",
            '%0 = const 0 %1 = len %a axis 0 %2 = ieq %1, %n check %2 or SHAPE "no" '
            "%4 = for %0, %n, %x -> real { |%i: int, %s: real| %3 = get %a, %i inside -> real yield %3 } return %4",
        ),
    ],
)
def test_bounds(before: str, expected: str) -> None:
    becomes("bounds", "real", before, expected)


@pytest.mark.parametrize(
    "body",
    [
        # another length; a loop from below 0; a check in a branch, of which the loop after it knows nothing
        "%0 = const 0 %4 = for %0, %n, %x -> real { |%i: int, %s: real| %3 = get %a, %i -> real yield %3 } return %4",
        "%0 = const -1 %1 = len %a axis 0 %4 = for %0, %1, %x -> real { |%i: int, %s: real| "
        "%3 = get %a, %i -> real yield %3 } return %4",
        "%0 = const 0 %1 = len %a axis 0 %2 = ieq %1, %n "
        '%5 = if %c -> real { check %2 or SHAPE "no" yield %x } else { yield %y } '
        "%4 = for %0, %n, %5 -> real { |%i: int, %s: real| %3 = get %a, %i -> real yield %3 } return %4",
    ],
)
def test_bounds_leaves_what_may_be_outside(body: str) -> None:
    becomes("bounds", "real", body, body)


def test_fuse_computes_an_element_where_it_is_read() -> None:
    becomes(
        "fuse",
        "real",
        "%0 = const 0 %b = build %n -> [real] { |%j: int| %1 = to_real %j %2 = exp %1 yield %2 } "
        "%3 = for %0, %n, %x -> real { |%i: int, %s: real| %4 = get %b, %i inside -> real %5 = add %s, %4 yield %5 } "
        "return %3",
        "%0 = const 0 %b = build %n -> [real] { |%j: int| %1 = to_real %j %2 = exp %1 yield %2 } "
        "%3 = for %0, %n, %x -> real { |%i: int, %s: real| %6 = to_real %i %7 = exp %6 %5 = add %s, %7 yield %5 } "
        "return %3",
    )


def test_fuse_puts_loops_together() -> None:
    """The second reads what the first has written, at the same index."""
    first = (
        "%b, %s = for %0, %n, %a, %x -> [real], real { |%i: int, %p: [real], %t: real| %1 = to_real %i "
        "%2 = set %p, %i, %1 inside -> [real] %3 = add %t, %1 yield %2, %3 }"
    )
    becomes(
        "fuse",
        "real",
        f"%0 = const 0 {first} "
        "%4 = for %0, %n, %y -> real { |%j: int, %u: real| %5 = get %b, %j inside -> real %6 = exp %5 "
        "%7 = add %u, %6 yield %7 } %8 = add %s, %4 return %8",
        "%0 = const 0 %b, %s, %4 = for %0, %n, %a, %x, %y -> [real], real, real "
        "{ |%i: int, %p: [real], %t: real, %u: real| %1 = to_real %i %2 = set %p, %i, %1 inside -> [real] "
        "%3 = add %t, %1 %6 = exp %1 %7 = add %u, %6 yield %2, %3, %7 } %8 = add %s, %4 return %8",
    )


@pytest.mark.parametrize(
    "second",
    [
        # another element than its own; what the first summed up; where it begins; another end
        "%j: int, %u: real| %9 = wadd %j, %j %5 = get %b, %9 inside -> real %7 = add %u, %5 yield %7 }",
        "%j: int, %u: real| %7 = add %u, %s yield %7 }",
    ],
)
def test_fuse_leaves_loops_that_need_another_round(second: str) -> None:
    first = (
        "%0 = const 0 %b, %s = for %0, %n, %a, %x -> [real], real { |%i: int, %p: [real], %t: real| %1 = to_real %i "
        "%2 = set %p, %i, %1 inside -> [real] %3 = add %t, %1 yield %2, %3 } "
    )
    body = f"{first} %4 = for %0, %n, %y -> real {{ |{second} %8 = add %s, %4 return %8"
    becomes("fuse", "real", body, body)


def test_fuse_leaves_what_may_fail_where_it_is() -> None:
    """The first loop fails before the second begins, whichever of its rounds does."""
    body = (
        '%0 = const 0 %s = for %0, %n, %x -> real { |%i: int, %t: real| check %c or DOMAIN "first" '
        "%1 = add %t, %y yield %1 } %z = for %0, %n, %x -> real { |%j: int, %u: real| "
        '%2 = lt %u, %y check %2 or DOMAIN "second" %3 = add %u, %y yield %3 } %4 = add %s, %z return %4'
    )
    becomes("fuse", "real", body, body)


def test_a_sum_over_a_short_table_becomes_its_formula() -> None:
    """A row of a sparse matrix: which elements of %a it takes, and how much of each."""
    module = parse_module(
        """
        func @f(%a: [real]) -> (real) {
          %0 = const 0 %2 = const 2 %z = const 0.0
          %s = for %0, %2, %z -> real { |%k: int, %t: real|
            %numbers = table -1.0, 3.0 -> [real; 2] %columns = table 7, 4 -> [int; 2]
            %m = get %numbers, %k -> real %j = get %columns, %k -> int %y = get %a, %j -> real
            %p = mul %m, %y %u = add %t, %p yield %u
          }
          return %s
        }
        """
    )
    expected = """
        func @f(%a: [real]) -> (real) {
          %z = const 0.0 %0 = const 7 %y = get %a, %0 -> real %1 = sub %z, %y
          %2 = const 3.0 %3 = const 4 %y.1 = get %a, %3 -> real %p = mul %2, %y.1 %u = add %1, %p return %u
        }
    """
    assert function_text(optimise(module, ["f"]).functions["f"]) == canonical(expected)


def test_all_passes_reach_an_end() -> None:
    """The whole optimiser on a loop that calls: only what is needed is left, and a second run finds nothing to do."""
    module = parse_module(
        """
        func @half(%x: real) -> (real) { %two = const 2.0 %1 = div %x, %two return %1 }
        func @f(%n: int, %x: [real], %y: real) -> (real) {
          %0 = const 0
          %1 = const 0.0
          %sum, %dead, %same = for %0, %n, %1, %1, %y -> real, real, real { |%i: int, %acc: real, %d: real, %s: real|
            %2 = get %x, %i -> real
            %h = call @half(%s) -> real
            %e = exp %h
            %e2 = exp %h
            %g = mul %e, %e2
            %k = const 2.0
            %p = pow %2, %k
            %q = mul %p, %g
            %3 = add %acc, %q
            %4 = add %d, %h
            yield %3, %4, %s
          }
          return %sum
        }
        """
    )
    optimised = optimise(module, ["f"])
    assert list(optimised.functions) == ["f"]
    assert function_text(optimised.functions["f"]) == function_text(
        parse_module(
            """
            func @f(%n: int, %x: [real], %y: real) -> (real) {
              %0 = const 0
              %1 = const 0.0
              %2 = const 0.5
              %3 = mul %y, %2
              %e = exp %3
              %g = mul %e, %e
              %sum = for %0, %n, %1 -> real { |%i: int, %acc: real|
                %4 = get %x, %i -> real
                %5 = mul %4, %4
                %q = mul %5, %g
                %6 = add %acc, %q
                yield %6
              }
              return %sum
            }
            """
        ).functions["f"]
    )
    assert optimise(optimised, ["f"]) is optimised
