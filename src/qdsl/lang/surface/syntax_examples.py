"""Wrong programs, by what is wrong with them.

Each example is parsed up to its first mistake when the table is built. The state the parser is in there belongs to the
*situation* the example stands under, and so does every other state that takes the same tokens; syntax_errors.py has
the words for each situation. Where examples of two situations stop in one state, the earlier situation has it.
Only build_table.py reads this file.

`across` puts contents into places: the parser's state after `a` in `f(a b)` is not the one after `a` in `[a b]`. Not
all that it makes is wrong (`let x = 2 b` is not); what is right says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product


def across(places: Iterable[str], contents: Iterable[str]) -> tuple[str, ...]:
    """Every content in place of the `@` of every place."""
    return tuple(place.replace("@", content) for place, content in product(places, contents))


def _lines(text: str) -> tuple[str, ...]:
    """One example on each line."""
    return tuple(line.strip() for line in text.strip().splitlines())


_VALUE_PLACES = _lines("""
    let x = @
    x = @
    f(@
    f(n = @
    (@
    (a, @
    (n = @
    [@
    [1, @
    x[@
    x[1:@
    x[:@
    let x = "{@
    let x = "{a}{@
    assert @
    show @
    povm p(a) = @
    if @
    for k in @
    for k in 0 .. @
    [1 for k in @
    x -> @
    () -> @
    (x) -> @
    (x, y) -> @
    let x: F(@
    let x: F(1, @
    let x: Q[@
    let x: Q(1)[@
    let x: [T; @
    let x: [T; 1, @
    f([1, @
    f(g(@
    2 (@
    [a](@
    [a][@
""")
_OPERATORS = _lines("""
    -
    a +
    a -
    a *
    a /
    a ^
    a ^ -
    a <
    a ==
    a >
    a < b <
    a and
    a or
    not
    a +/-
""")
_WHOLE_VALUES = _lines("""
    a
    1
    2i
    1.5(2)
    "t"
    "{a}"
    true
    |0>
    f(a)
    a[0]
    a.b
    a†
    []
    [a, ]
    (a)
    (n = 1)
    (n = 1, )
    1 a
    2 a^2
    a^2
    a^-b
    -a
    a + b
    a * b
    a < b
    a < b < c
    a and b
    a or b
    not a
    a +/- b
    a to u
    a to u*v
    a to u^2
    a to u^(1/2)
    a to (u)
    x -> a
    x -> {}
    if a {}
    if a {} else {}
    if a { b }
    if a { b } else { c }
    [a for x in y]
    [a](b)
    [a][b]
    [a].b
""")
_TYPE_PLACES = _lines("""
    let x: @
    fn f(x: @
    fn f() -> @
    dimension D = @
    unit u: @
    const c: @
    space q: @
    let x: C< @
    let x: C<A, @
    let x: T(a: @
    let x: [@
    let x: (@
    let x: (A, @
    let x: () -> @
    let x: (a: A, b: @
    experiment e { param p: @
    experiment e { axis a: @
""")
_TYPES = _lines("""
    A
    1
    ?
    A * B
    A / B
    A^2
    A^-1
    A^(1/2)
    C<A>
    F(1)
    Q[1]
    Q(1)[1]
    [A]
    (A)
    (a: A)
    () -> A
    (A) -> B
""")

EXAMPLES: dict[str, tuple[str, ...]] = {
    "item": _lines("""
    * 2
    a; * 2
"""),
    "statement": _lines("""
    fn f() { * 2 }
    fn f() { a; fn g() = 1 }
"""),
    "member": _lines("""
    experiment e { f(x) }
    experiment e { axis a; f(x) }
"""),
    "value": across(_VALUE_PLACES, ("*", *(f"{operator} *" for operator in _OPERATORS)))
    + _lines("""
    return *
    let x = 2 a ^ *
    a; (*
    a; f(*
    f(a, *
    x[1, *
    f(n = 1, *
    while *
    var x = *
"""),
    "lambda or record": _lines("""
    (a, b) =
    () =
    f((a, b))
    f(())
"""),
    "after a value": across(_VALUE_PLACES, (f"{value} {token}" for value in _WHOLE_VALUES for token in ("b", "?")))
    + _lines("""
    a b
    a; (a b
    let x = a.b c
    let x = if a {} else if b {} ?
    return a ?
    a {
    a, b
    x -> {} +
    a -> b else c
    if a {} else {} else
    a +/- b +/- c
    unit u = (s) :
"""),
    "type": across(_TYPE_PLACES, ("=", "A * =", "A / =")),
    "after a type": across(_TYPE_PLACES, (f"{type_} {token}" for type_ in _TYPES for token in ("B", "let", ":"))),
    "after parameters": _lines("""
    fn f() 1
    fn f() -> T 1
    fn f() -> T -> S
    fn f() -> A
    fn f() -> A, {
"""),
    "end of line": _lines("""
    fn f() {} a
    experiment e {} a
    test "t" {} a
    while a {} b
    for k in a {} b
    break a
    dimension D let
    option a = b c
    show a as b c
    unit u = 1 s prefixes si a
    extern fn f() a
    import "f" let
    import a.b let
    import a as b c
    from a import b c
    if a {} let x = 1
    fn f() { if a {} let x = 1 }
    fn f() { break a }
    fn f() { while a {} b }
    let x = -a let y = 1
    fn f() { let x = 1 let y = 2 }
    let x = x -> a let y = 1
    fn f() { let x = x -> a let y = 1 }
    experiment e { measure n ~ x -> a let y = 1 }
    extern fn f() -> A let
    import lab import
"""),
    "list": _lines("""
    f(a :
    f(a, b :
    f(n = a :
    f(n = a, b :
    [1, 2 :
    (n = 1 :
    let x: F(1, 2 :
    let x: Q[1 :
    let x: Q(1)[1 :
    let x: [T; 1 :
    (a, b, c :
    f([a for k in b] :
    let x: F(1 :
    let x: (a: A =
    let x: T(a: A =
    let x: (A, B =
    (a, b ;
    x[1, 2 ;
    let x: (a: A, b: B =
    x[1 for
    x[1:2 for
    x[: for
    [1 :
"""),
    "name": _lines("""
    let =
    var =
    fn (
    extern fn (
    for = 1
    [a for in b]
    import =
    import a as =
    from =
    from a import =
    from a import b, =
    import a. =
    option n = 3
    show a as 3
    povm p(3
    povm p(a, 3
    fn f< >(x)
    fn f<A: >(x)
    fn f(=
    fn f(a, =
    from 3
    experiment e { axis a, = 1 }
    let x: (a: A, =
    (a = 1, =
    unit u = 1 s prefixes 3
    let x: T(a: A, =
"""),
    "field": _lines("""
    a. =
    [a]. =
    f(x. =
    1 + a. =
"""),
    "extern": _lines("""
    extern let
    extern x = 1
"""),
    "symbol": _lines("""
    unit second() = 1
    unit u(s b
"""),
    "function type": _lines("""
    let x: () =
    let x: (A, B) =
"""),
    "exponent": _lines("""
    let x: A^ =
    let x: A^- =
    let x: A^( =
    let x: A^(- =
    let x: A^(1/ =
    let x = a to u^ =
"""),
    "exponent bracket": _lines("""
    let x: A^(1 =
    let x: A^(1/2 =
    let x: A^(-1 =
"""),
    "unit": _lines("""
    a to =
    a to u * =
    a to u / =
    a to ( =
    a to (u * =
"""),
    "unit bracket": _lines("""
    a to (u =
    a to (1 =
    a to (u/v =
    a to (u^2 =
    a to (u^2^3
    a to u^(1/2)^3
    a to (u, b)
"""),
    "array type": _lines("""
    let x: [A =
    let x: [A, B]
"""),
    "type list": _lines("""
    fn f<A B
    fn f<A: B C
    fn f<A (x)
    fn f<A: B (x)
    let x: C<A =
    let x: C<A, B =
"""),
    "else": ("if a {} else =",),
    "block": _lines("""
    test "t" a
    while a =
    for k in a =
    if a =
    experiment e =
    for k in 0 .. 1 =
    for k in 0 .. 1 ?
"""),
    "in": _lines("""
    for k =
    [a for k =
    for k of
"""),
    "text": ("test t",),
    "import": _lines("""
    from a =
    from "f" =
    from a.b =
    from a b
    from a.b as
"""),
    "equal": _lines("""
    let x 1
    var x 1
    const c 1
    option o 1
    povm p(a) 1
    projective p(a) 1
    let x: A, 1
    var x: A, 1
    const c: A, 1
"""),
    "named value": _lines("""
    f(from 1
    f(from)
    (a = 1, b 2
    (a = 1, b)
"""),
    "colon": _lines("""
    let x: T(a: A, b A)
    let x: (a: A, b A)
"""),
    "tilde": ("experiment e { measure n = 1 }",),
    "range": ("experiment e { param p in 1 }",),
    "parameters": _lines("""
    fn f = 1
    fn f<A> = 1
"""),
    "parameter": _lines("""
    fn f(a b
    fn f(a: A >
    fn f(a = 1 ?
    fn f(1
    fn f(x: A ~
"""),
    "param": _lines("""
    experiment e { param p q }
    experiment e { param p: T, q }
    experiment e { param p in 0 .. 1, q }
    experiment e { param p = 1, q }
    experiment e { param p in 0 .. 1 { }
    experiment e { param p ~ N(1), q }
"""),
    "axis": _lines("""
    experiment e { axis a b }
    experiment e { axis a: T ~ b }
    experiment e { axis a, b c }
    experiment e { axis a = 1, b }
"""),
    "unit declaration": _lines("""
    unit u b
    unit u(s) b
    unit u: T, b
"""),
    "prefixes": _lines("""
    unit u = 1, b
    unit u(s) = a, b
"""),
    "comprehension": _lines("""
    [a for k in b, c]
    [a for k in 0 .. 1, c]
    [a for k in 0 .. b ~
    [x for x in y {
    for k in range .. 8) {
"""),
    "text piece": _lines("""
    "{a :"
    "{a}{b :"
    "{a :}"
    "{a}{b :}"
"""),
}
