"""What can be wrong with spaces, states, operators and their dynamics. One method per mistake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Span
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.spaces import Kind, Part, Space
from qdsl.lang.typed.types import Type

CONVENTION = "|1> is the excited state, sm = |0><1| lowers it, and Z|0> = +|0>, so that a qubit's energy is -f/2 * Z"


class QuantumErrors:
    """Mistakes about what is quantum. `show` names types and dimensions."""

    def __init__(self, show: Show) -> None:
        self._show = show

    @property
    def show(self) -> Show:
        return self._show.fresh()

    # ── spaces ───────────────────────────────────────────────────────────────

    def not_a_kind(self, span: Span, text: str) -> Diagnostic:
        """`space q: Time`."""
        return error(
            "E0379",
            f"a space is a Qubit, a Fock(n), a Spin(j), a Level(n), or several in a register: Qubit[3]; not {text}",
            Label(span),
        )

    def size_of_space(self, span: Span, kind: Kind, needs: str) -> Diagnostic:
        """`Fock`, `Fock(1)`, `Spin(1/3)`."""
        return error("E0379", f"{kind.value} takes {needs}", Label(span))

    def not_a_space(self, span: Span, what: str, type_: Type) -> Diagnostic:
        """`X(3)`."""
        return error("E0370", f"{what} takes a space, and this is {self.show.a(type_)}", Label(span))

    def needs_spaces(self, span: Span, text: str) -> Diagnostic:
        """`|0>` alone."""
        return error(
            "E0380", f"{text} does not say of which space it is", Label(span), hint=f"write {text}(q) for a space q"
        )

    def twice(self, span: Span, space: Space) -> Diagnostic:
        """`|0>(q) * |1>(q)`."""
        return error("E0371", f"both sides are states of `{space.name}`; a space has one state", Label(span))

    def space_missing(self, span: Span, spaces: Sequence[Space], state: Span, what: str = "the state") -> Diagnostic:
        """`evolve(H, |0>(q), t)` where H acts on c too."""
        names = " and ".join(f"`{each.name}`" for each in spaces)
        return error(
            "E0372",
            f"this acts on {names}, which {what} does not have",
            Label(span),
            Label(state, f"{what} is not of {names}"),
        )

    def spaces_differ(self, span: Span, left: str, right: str) -> Diagnostic:
        """`|0>(q) + |0>(c)`."""
        return error(
            "E0372",
            f"states of different spaces do not go together here: one is of {left}, one of {right}",
            Label(span),
        )

    def no_level(self, span: Span, text: str, space: Space | Part, levels: str) -> Diagnostic:
        """`|5>(q)`, `ket(c, 40)`."""
        return error("E0374", f"`{space.name}` has no state {text}: it has {levels}", Label(span))

    def ket_length(self, span: Span, text: str, states: int, spaces: int) -> Diagnostic:
        """`|01>(q)` of a single qubit."""
        words = "one space" if spaces == 1 else f"{spaces} spaces"
        return error("E0374", f"{text} has {states} letters, and stands for {words}", Label(span))

    def not_of_this_kind(self, span: Span, name: str, space: Space | Part, kinds: str) -> Diagnostic:
        """`a(q)` of a qubit."""
        return error(
            "E0375", f"{name} is an operator of {kinds}, and `{space.name}` is a {space.kind.value}", Label(span)
        )

    def unknown_space(self, span: Span) -> Diagnostic:
        """`X(r[k])` where k is known only when the program runs."""
        return error("E0387", "which space this is must be known when the program is compiled", Label(span))

    def outside_register(self, span: Span, name: str, length: int) -> Diagnostic:
        return error("E0374", f"`{name}` has the spaces 0 to {length - 1}", Label(span))

    def of_any_kind(self, span: Span, name: str, parameter: str) -> Diagnostic:
        """`fn f(s: Space) = X(s)`."""
        hint = f"write the kind: {parameter}: Qubit"
        return error("E0375", f"`{parameter}` may be any space, and {name} is of one kind", Label(span), hint=hint)

    # ── values ───────────────────────────────────────────────────────────────

    def takes(self, span: Span, function: str, wanted: str, type_: Type) -> Diagnostic:
        """`expect(3, psi)`."""
        return error("E0378", f"{function} takes {wanted} here, and this is {self.show.a(type_)}", Label(span))

    def no_product(self, span: Span, operator: str, left: Type, right: Type, hint: str) -> Diagnostic:
        """`|0>(q) / X(q)`, a bra times a density, .."""
        show = self.show
        return error("E0378", f"{show.a(left)} and {show.a(right)} have no `{operator}`", Label(span), hint=hint)

    def quantity_times_state(self, span: Span, dimension: Dimension) -> Diagnostic:
        """`(3 MHz) * |0>(q)`, `H * psi` with a Rate."""
        return error(
            "E0378",
            f"a state has no dimension, and this would make it one of {self.show.dimension(dimension)}",
            Label(span),
        )

    # ── dynamics ─────────────────────────────────────────────────────────────

    def not_a_generator(self, span: Span, function: str, dimension: Dimension) -> Diagnostic:
        """H in Volt."""
        return error(
            "E0402",
            f"the H of {function} is a Rate (with hbar = 1) or an Energy, and this is {self.show.dimension(dimension)}",
            Label(span),
        )

    def frequency_as_generator(self, span: Span, function: str) -> Diagnostic:
        """`evolve(f * Z(q), ..)`: the 2π is missing."""
        fix = Fix(
            "write `2pi * (..)`",
            (
                Edit(Span(span.chunk, span.start, span.start), "2pi * ("),
                Edit(Span(span.chunk, span.end, span.end), ")"),
            ),
        )
        return error(
            "E0411",
            f"the H of {function} counts radians per second, and this counts cycles: a factor 2pi is missing",
            Label(span, "a Frequency"),
            fixes=(fix,),
        )

    def not_a_jump(self, span: Span, dimension: Dimension, is_rate: bool) -> Diagnostic:
        """`loss = [kappa * a(c)]`: the square root is missing."""
        what = self.show.dimension(dimension)
        hint = "write sqrt(kappa) * a(c) for a rate kappa" if is_rate else ""
        return error(
            "E0377",
            f"a jump operator is the square root of a rate times an operator, and this is {what}",
            Label(span),
            hint=hint,
        )

    def unknown_option(self, span: Span, function: str, name: str, known: Iterable[str]) -> Diagnostic:
        known = list(known)
        near = nearest(name, known)
        hint = f"did you mean `{near}`?" if near else f"it takes {', '.join(known)}" if known else ""
        return error("E0309", f"{function} has no argument `{name}`", Label(span), hint=hint)

    def word(self, span: Span, option: str, words: Iterable[str]) -> Diagnostic:
        return error("E0517", f"`{option}` is one of {', '.join(words)}", Label(span))

    def argument_count(self, span: Span, function: str, takes: str) -> Diagnostic:
        return error("E0307", f"{function} takes {takes}", Label(span))

    # ── measurements ─────────────────────────────────────────────────────────

    def outcomes_unknown(self, span: Span, count: object) -> Diagnostic:
        """`povm m(q) = [P(q, 0)]`, or a list whose length is known only when the program runs."""
        said = "how many outcomes there are must be known before the run"
        if isinstance(count, int):
            said = "a measurement has at least two outcomes"
        return error("E0527", said, Label(span), hint="write an effect for each: [P(q, 0), P(q, 1)]")

    def no_outcome(self, span: Span, outcome: int, count: int) -> Diagnostic:
        """`collapse(m, 2, rho)` of a measurement with the outcomes 0 and 1."""
        return error("E0317", f"there is no outcome {outcome}: they are 0 to {count - 1}", Label(span))

    def not_shown_as(self, span: Span, form: str, type_: Type | None = None) -> Diagnostic:
        """`show 3 as matrix`, `show H as poem`."""
        if type_ is None:
            return error("E0517", f"a value is shown `as matrix`; `{form}` is not a form yet", Label(span))
        return error("E0378", f"only operators and states are matrices, and this is {self.show.a(type_)}", Label(span))
