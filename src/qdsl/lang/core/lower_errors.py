"""What cannot be compiled, found only when functions are put together: one function per mistake, and its words."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed.words import counted


class Refused(Exception):  # noqa: N818 - a property of the user's program
    """The program asks for what cannot be compiled. Whoever asked for a kernel reports `diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def no_derivative(derivative: Span, kind: str, operation: str, place: Span | None) -> Refused:
    """`grad(f)` where f rounds, or turns into an Int, what is differentiated by."""
    labels = [Label(derivative, f"asked for by this {kind}")]
    if place is not None:
        labels.insert(0, Label(place, "this depends on what is differentiated by"))
    return Refused(error("E0601", f"`{operation}` has no derivative", *labels))


def own_derivative(derivative: Span, kind: str) -> Refused:
    """A function that uses its own derivative: there would be no end to differentiating."""
    return Refused(error("E0602", f"a function cannot use its own {kind}", Label(derivative)))


def function_not_known(place: Span) -> Refused:
    """`let f = if c { sin } else { cos }`: which code to call must be known at compile time."""
    return Refused(
        error(
            "E0350",
            "which function this is must be known when the program is compiled",
            Label(place),
            hint="choose between the results of the functions",
        )
    )


def no_kernel(place: Span, name: str) -> Refused:
    """`m.scaled` from Python where `fn scaled(k: Scalar) = x -> k * x`: it has no code apart from its calls."""
    said = f"`{name}` takes or gives a function, so it is compiled only where another function calls it"
    return Refused(error("E0352", said, Label(place)))


def functions_without_end(place: Span, name: str) -> Refused:
    """A function that calls itself with an ever larger function as argument."""
    return Refused(error("E0351", f"`{name}` would have to be made for ever more functions", Label(place)))


def not_a_number(place: Span, what: str) -> Refused:
    """A text or a table inside a function that is to be machine code."""
    return Refused(error("E0352", f"{what} cannot stand in a compiled function", Label(place)))


def leaves_comprehension(place: Span) -> Refused:
    """`[if c { return 1 } else { 2 } for ..]`."""
    return Refused(
        error(
            "E0353",
            "`return` and `break` cannot stand inside a comprehension",
            Label(place),
            hint="write the array with a loop",
        )
    )


# ── what is quantum ──────────────────────────────────────────────────────────────────────────────────────────────


def space_not_known(place: Span) -> Refused:
    """`X(r[k])` where k is known only when the program runs."""
    said = "which space this is must be known before the program runs"
    return Refused(
        error("E0387", said, Label(place), hint="an index is a number, a const, or that of a loop over a range")
    )


def level_not_known(place: Span) -> Refused:
    """`ket(c, k)` where k is known only when the program runs."""
    said = "which level this is must be known before the program runs"
    return Refused(
        error("E0387", said, Label(place), hint="a level is a number, a const, or that of a loop over a range")
    )


def steps_not_known(place: Span) -> Refused:
    """`[Z(r[k]) for k in range(n)]` where n is known only when the program runs."""
    said = "how often this is done must be known before the program runs: it makes an operator"
    return Refused(error("E0387", said, Label(place), hint="the length of a register is len(r)"))


def staged_not_known(place: Span) -> Refused:
    """An operator that a loop makes as often as it turns out."""
    said = "which operator this is must be known before the program runs; only its numbers need not be"
    return Refused(error("E0387", said, Label(place)))


def outside_list(place: Span, length: int) -> Refused:
    """`ops[3]` of three."""
    return Refused(error("E0317", f"this list has {counted(length, 'element')}, counted from 0", Label(place)))


def outside_register(place: Span, name: str, length: int) -> Refused:
    """`r[k]` in a function, where k is too large for the register that the call brings."""
    said = f"`{name}` has {counted(length, 'space')}, counted from 0"
    return Refused(error("E0317", said, Label(place)))


def no_level(place: Span, name: str, level: int, count: int) -> Refused:
    """`ket(c, k)` in a function, where k is too large for the space that the call brings."""
    said = f"`{name}` has no level {level}: its levels are 0 to {count - 1}"
    return Refused(error("E0374", said, Label(place)))


def no_inverse_order(place: Span) -> Refused:
    """`Operator(c, q, m)` where q is declared first."""
    said = "the spaces of a matrix stand in the order in which they are declared"
    return Refused(error("E0360", said, Label(place)))


def h_not_hermitian(place: Span) -> Refused:
    """`evolve(g * a(c), ..)`."""
    said = "H is not Hermitian: it differs from dag(H)"
    hint = "the adjoint of a term is added: A + dag(A); damping is said by jump operators: loss = [..]"
    return Refused(error("E0381", said, Label(place), hint=hint))


def observable_not_hermitian(place: Span) -> Refused:
    """`expect(a(c), psi)`."""
    said = "what is measured is not Hermitian, so its mean would be complex"
    return Refused(error("E0381", said, Label(place), hint="the complex mean of any operator is trace(A * rho)"))


def returns_early(place: Span, name: str) -> Refused:
    """A function over spaces is written out where it is called, so it has one end."""
    said = f"`{name}` takes or gives spaces or operators, so it cannot `return` early: end it with its value"
    return Refused(error("E0388", said, Label(place)))


def lacks_space(place: Span, names: str) -> Refused:
    """A function over spaces, called with a state that lacks one."""
    return Refused(error("E0372", f"this acts on {names}, which the state does not have", Label(place)))


def space_twice(place: Span, name: str) -> Refused:
    """A function over spaces, called with one space for two."""
    said = f"in a product of states each space stands once, and this has `{name}` twice"
    return Refused(error("E0371", said, Label(place)))
