"""What can be wrong with a name. One function per mistake; call sites pass facts, the words live here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from qdsl.lang.names.symbols import Kind, Symbol
from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error, warning
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Span
from qdsl.lang.surface import tree


def unknown_name(span: Span, name: str, known: Iterable[str], instead: str = "") -> Diagnostic:
    """`print(detunning)`. `instead` is what is written here for a word of another package."""
    near, fixes = (instead, ()) if instead else _near(span, name, known)
    return error("E0201", f"nothing is called `{name}` here", Label(span), hint=near, fixes=fixes)


def operator_alone(span: Span, name: str, spaces: Sequence[str]) -> Diagnostic:
    """`X * q`, `a†(c)`. `spaces` are those of the file."""
    space = spaces[0]
    hint = "the adjoint of an operator is dag(a(c)), or a(c)†" if name == "a" else ""
    said = f"`{name}` is an operator of a space, and stands with it: {name}({space})"
    return error("E0337", said, Label(span), hint=hint)


def function_alone(span: Span, name: str) -> Diagnostic:
    """`let solve = evolve`."""
    return error("E0337", f"`{name}` can only be called", Label(span))


def unknown_unit(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    """`3 usec`."""
    near, fixes = _near(span, name, known)
    return error("E0202", f"`{name}` is not a unit", Label(span), hint=near, fixes=fixes)


def imaginary_unit(number: Span, word: Span) -> Diagnostic:
    """`2j`."""
    fix = Fix("write `i`", (Edit(Span(word.chunk, number.end, word.end), "i"),))
    return error("E0202", "`j` is not a unit: an imaginary number is written 2i", Label(word), fixes=(fix,))


def unknown_type(span: Span, name: str, known: Iterable[str]) -> Diagnostic:
    """`t: Tme`."""
    near, fixes = _near(span, name, known)
    return error("E0203", f"`{name}` is not a type", Label(span), hint=near, fixes=fixes)


def declared_twice(span: Span, earlier: Symbol, name: str = "") -> Diagnostic:
    """Two declarations of one name in one scope; of a unit, the name that is declared again may be its symbol."""
    labels = [Label(span, "declared again here")]
    if earlier.span is not None:
        labels.append(Label(earlier.span, f"the first is a {earlier.kind.value}"))
    return error("E0204", f"`{name or earlier.name}` is declared twice", *labels)


def used_before(span: Span, symbol: Symbol) -> Diagnostic:
    """A statement that uses a `let` further down."""
    labels = [Label(span, "used here")]
    if symbol.span is not None:
        labels.append(Label(symbol.span, "bound only here"))
    return error("E0205", f"`{symbol.name}` has no value yet: statements run in order", *labels)


def module_not_found(span: Span, path: str) -> Diagnostic:
    """`import nowhere`."""
    return error("E0206", f"there is no module `{path}`", Label(span))


def module_not_readable(span: Span, why: Diagnostic) -> Diagnostic:
    """An import of a file that is no text."""
    return replace(why, labels=(*why.labels, Label(span, "imported here")))


def import_cycle(span: Span, path: Iterable[str]) -> Diagnostic:
    """a imports b imports a."""
    return error("E0207", "these modules import each other: " + " → ".join(path), Label(span, "the circle closes here"))


def unit_or_value(span: Span, name: str, symbol: Symbol) -> Diagnostic:
    """`9.8 m/s` where a local is called s."""
    labels = [Label(span, "after a unit this reads as a unit")]
    if symbol.span is not None:
        labels.append(Label(symbol.span, f"but a {symbol.kind.value} has this name"))
    return error(
        "E0208",
        f"`{name}` could mean the unit or your {symbol.kind.value}",
        *labels,
        hint=f"rename the {symbol.kind.value}; where it is meant, brackets end the quantity before it: (9.8 m)/{name}",
    )


def not_exported(span: Span, module: str, name: str, known: Iterable[str]) -> Diagnostic:
    """`from math import sine`."""
    near, fixes = _near(span, name, known)
    return error("E0209", f"the module `{module}` has no `{name}`", Label(span), hint=near, fixes=fixes)


def not_assignable(span: Span, symbol: Symbol) -> Diagnostic:
    """`x = 2` where x was bound by let."""
    fixes: tuple[Fix, ...] = ()
    labels = [Label(span, "assigned here")]
    if symbol.span is not None:
        labels.append(Label(symbol.span, f"bound by {symbol.kind.value}" if symbol.kind is Kind.LET else "bound here"))
    return error(
        "E0210",
        f"`{symbol.name}` cannot be assigned: only a `var` can",
        *labels,
        hint="declare it with `var`" if symbol.kind is Kind.LET else "",
        fixes=fixes,
    )


def assigned_undeclared(span: Span, name: str) -> Diagnostic:
    """`x = 2` where there is no x."""
    return error(
        "E0211",
        f"`{name}` is assigned but was never declared",
        Label(span),
        fixes=(Fix("bind it with let", (Edit(span.before(), "let "),)),),
    )


def outside_loop(span: Span) -> Diagnostic:
    """`break` outside a loop."""
    return error("E0212", "`break` stands outside a loop", Label(span))


def outside_function(span: Span) -> Diagnostic:
    """`return` outside a function."""
    return error("E0213", "`return` stands outside a function", Label(span))


def captured_variable(span: Span, symbol: Symbol, verb: str) -> Diagnostic:
    """A function that uses or assigns a `var` around it."""
    labels = [Label(span, "inside the function")]
    if symbol.span is not None:
        labels.append(Label(symbol.span, "declared outside it"))
    return error(
        "E0214",
        f"`{symbol.name}` may change, so a function inside cannot {verb} it",
        *labels,
        hint=f"bind its value first: let now = {symbol.name}" if verb == "use" else "functions give results: return it",
    )


def needs_itself(symbol: Symbol, circle: Iterable[Symbol]) -> Diagnostic:
    """`const a = b + 1`, `const b = a + 1`."""
    assert symbol.span is not None
    around = " → ".join(each.name for each in circle)
    return error("E0215", f"the {symbol.kind.value} `{symbol.name}` needs itself: {around}", Label(symbol.span))


def unused(symbol: Symbol) -> Diagnostic:
    """A local that nothing reads."""
    assert symbol.span is not None
    fixes = (Fix("mark it as meant", (Edit(symbol.span, f"_{symbol.name}"),), sure=False),)
    return warning("W0220", f"`{symbol.name}` is never used", Label(symbol.span), fixes=fixes)


def shadowed(span: Span, outer: Symbol) -> Diagnostic:
    """A local of an inner block with the name of one around it."""
    labels = [Label(span, "this one hides it")]
    if outer.span is not None:
        labels.append(Label(outer.span, f"the outer {outer.kind.value}"))
    return warning("W0221", f"`{outer.name}` hides another of the same name", *labels)


def unused_import(span: Span, name: str) -> Diagnostic:
    """An import that nothing needs."""
    return warning("W0222", f"`{name}` is imported but never used", Label(span))


def glued_unit(node: tree.Juxtapose, unit: tree.Reference, value: Symbol) -> Diagnostic:
    """`p^2 / (2m)` where a parameter is called m."""
    number, between = node.number.span, Span(unit.span.chunk, node.number.span.end, unit.span.start)
    divides = node.span.start == number.start and node.span.chunk.text[: number.start].rstrip().endswith("/")
    brackets = (Edit(node.span.before(), "("), Edit(node.span.after(), ")")) if divides else ()
    whole = number.to(unit.span)
    labels = [Label(whole, "a number and its unit")]
    if value.span is not None:
        labels.append(Label(value.span, f"the {value.kind.value}"))
    return warning(
        "W0224",
        f"`{whole.text}` is {number.text} of the unit `{unit.name}`, not {number.text} times your {value.kind.value}",
        *labels,
        fixes=(
            Fix(f"multiply by the {value.kind.value}", (*brackets[:1], Edit(between, "*"), *brackets[1:]), sure=False),
            Fix("keep the unit, set apart", (Edit(between, " "),), sure=False),
        ),
    )


def unused_param(symbol: Symbol) -> Diagnostic:
    """A param that no measurement depends on."""
    assert symbol.span is not None
    return warning(
        "W0223",
        f"the param `{symbol.name}` appears nowhere in the model, so data cannot say anything about it",
        Label(symbol.span),
    )


def _near(span: Span, name: str, known: Iterable[str]) -> tuple[str, tuple[Fix, ...]]:
    """What was meant. Of one letter a slip is another letter's case, and of two it can be: no hint, or one not sure."""
    near = nearest(name, known) if len(name) > 1 else None
    if near is None:
        return "", ()
    return f"did you mean `{near}`?", (Fix(f"write `{near}`", (Edit(span, near),), sure=len(name) > 2),)
