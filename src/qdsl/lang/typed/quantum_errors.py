"""What can be wrong with spaces, states, operators and their dynamics. One method per mistake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Span
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.spaces import Kind, Part, Register, Space
from qdsl.lang.typed.types import Type, pruned
from qdsl.lang.typed.words import counted, with_article

KINDS_OF_SPACE = "a space is a Qubit, a Fock(20), a Spin(1/2), a Level(3), or several of a kind: Qubit[3]"

_INSTEAD = {
    ("X", Kind.SPIN): "Sx",
    ("Y", Kind.SPIN): "Sy",
    ("Z", Kind.SPIN): "Sz",
    ("a", Kind.QUBIT): "sm",
    ("sm", Kind.FOCK): "a",
    ("sm", Kind.LEVEL): "a",
    ("X", Kind.FOCK): "x",
    ("x", Kind.QUBIT): "X",
}
"""What an operator is called of another kind of space."""

_OF_OTHER_PACKAGES = {
    "c_ops": "jump operators are `loss`",
    "e_ops": "a mean value is taken of what comes out: expect(A, evolve(..))",
    "args": "H is a function of time that may use any value around it: t -> cos(w * t) * V",
}
_PLACES = {
    "H": "H stands first, without a name",
    **dict.fromkeys(("psi", "psi0", "rho", "rho0", "state"), "the state stands second, without a name"),
    **dict.fromkeys(("t", "ts", "tlist", "times"), "the times stand third, without a name"),
}


_CALLED = {
    **dict.fromkeys(("dag", "adjoint", "conj", "dagger", "H", "T"), "dag(A), or A†"),
    **dict.fromkeys(("tr", "trace"), "trace(A)"),
    **dict.fromkeys(("full", "data", "matrix"), "matrix(A), or show A as matrix"),
    **dict.fromkeys(("dims", "shape", "dim"), "dim(A)"),
    **dict.fromkeys(("expm", "exp"), "exp(A)"),
    **dict.fromkeys(("unit", "norm"), "amplitudes(psi) are the numbers of a ket"),
}
"""What other packages have as a part of an operator."""


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
        return error("E0379", f"`{text}` is not a kind of space", Label(span), hint=KINDS_OF_SPACE)

    def size_of_space(self, span: Span, kind: Kind, needs: str) -> Diagnostic:
        """`Fock`, `Fock(1)`, `Spin(1/3)`."""
        return error("E0365", f"`{kind.value}` takes {needs}", Label(span))

    def size_not_known(self, span: Span, what: str) -> Diagnostic:
        """`Fock(N)` where N is a let."""
        said = f"{what} must be known before the program runs"
        return error("E0365", said, Label(span), hint="it is a number, or a const: const N: Int = 20")

    def not_a_space(self, span: Span, what: str, type_: Type) -> Diagnostic:
        """`X(3)`."""
        hint = ""
        if isinstance(type_, types.SpaceType) and isinstance(type_.space, Register):
            hint = f"one space of a register is {span.text}[0]"
        elif isinstance(type_, types.Real) and not type_.dimension.resolved().ground:
            return self.untyped_space(span, what)
        return error("E0370", f"`{what}` takes a space, and this is {self.show.a(type_)}", Label(span), hint=hint)

    def untyped_space(self, span: Span, what: str) -> Diagnostic:
        """`fn f(s) = X(s)`: a parameter without a type is a number."""
        said = f"`{what}` takes a space, and a parameter without a type is a number"
        return error("E0370", said, Label(span), hint=f"write its type: {span.text}: Qubit")

    def unknown_space(self, span: Span) -> Diagnostic:
        """A space of a register that is not known while a program is checked, where it has to be."""
        return error("E0387", "which space this is must be known before the program runs", Label(span))

    def slice_of_register(self, span: Span, name: str) -> Diagnostic:
        """`r[0:2]`."""
        said = "a register has no slices"
        return error("E0316", said, Label(span), hint=f"write its spaces one by one: {name}[0], {name}[1]")

    def indices_of_register(self, span: Span, name: str) -> Diagnostic:
        """`r[0, 1]`."""
        return error("E0315", "a register has one index", Label(span), hint=f"its spaces are {name}[0], {name}[1]")

    def register_too_short(self, span: Span, function: str, index: int, register: Register) -> Diagnostic:
        """`last(r)` of a function that takes r[5]."""
        length = counted(register.length or 0, "space")
        said = f"`{function}` goes to space {index} of a register, and `{register.name}` has {length}, counted from 0"
        return error("E0317", said, Label(span))

    def outside_register(self, span: Span, register: Register) -> Diagnostic:
        """`r[3]` of three."""
        name, length = register.name, register.length
        if length is None:
            return error("E0317", f"the spaces of `{name}` count from 0", Label(span))
        has = f"{name}[0]" if length == 1 else f"{name}[0] to {name}[{length - 1}]"
        hint = f"from the end: {name}[len({name}) - 1]" if span.text.startswith("-") else ""
        return error("E0317", f"`{name}` has {counted(length, 'space')}: {has}", Label(span), hint=hint)

    def not_of_this_kind(self, span: Span, name: str, space: Space | Part, kinds: Sequence[Kind]) -> Diagnostic:
        """`a(q)` of a qubit."""
        of = " or ".join(with_article(kind.value) for kind in kinds)
        instead = _INSTEAD.get((name, space.kind))
        hint = f"of {with_article(space.kind.value)} it is {instead}({space.name})" if instead else ""
        said = f"`{name}` is an operator of {of}, and `{space.name}` is {with_article(space.kind.value)}"
        return error("E0375", said, Label(span), hint=hint)

    def of_any_kind(self, span: Span, name: str, parameter: str) -> Diagnostic:
        """`fn f(s: Space) = X(s)`."""
        hint = f"write the kind: {parameter}: Qubit"
        return error("E0375", f"`{parameter}` may be any space, and `{name}` is of one kind", Label(span), hint=hint)

    # ── states ───────────────────────────────────────────────────────────────

    def needs_spaces(self, span: Span, text: str, spaces: Sequence[str]) -> Diagnostic:
        """`|0>` alone. `spaces` are those of the file."""
        said = f"`{text}` does not say of which space it is"
        if len(spaces) == 1:
            fix = Fix(f"write `{text}({spaces[0]})`", (Edit(span.after(), f"({spaces[0]})"),), sure=False)
            return error("E0380", said, Label(span), fixes=(fix,))
        hint = f"a space is declared, as in space q: Qubit, and the state is {text}(q)"
        return error("E0380", said, Label(span), hint=f"write {text}({spaces[0]})" if spaces else hint)

    def no_state(self, span: Span, text: str, letters: str) -> Diagnostic:
        """`|psi>`, `|e>`."""
        said = f"`{text}` is no state: a ket holds levels, as |0> or |01>, or one of |+> |-> |+i> |-i>"
        hint = f"a state that has a name is written {letters}" if letters.isidentifier() else ""
        if letters in ("g", "e"):
            hint = "of a qubit |0> is the ground state and |1> the excited one"
        return error("E0366", said, Label(span), hint=hint)

    def ket_length(self, span: Span, text: str, letters: int, spaces: Sequence[str], place: Span) -> Diagnostic:
        """`|01>(q)` of a single qubit."""
        said = f"`{text}` has {counted(letters, 'letter')}, and stands for {counted(len(spaces), 'space')}"
        names = ", ".join(spaces) if len(spaces) < 6 else f"{spaces[0]}, {spaces[1]}, .. {spaces[-1]}"
        return error("E0362", said, Label(span), Label(place, f"this is {names}"))

    def no_level(self, span: Span, letter: str, space: Space | Part) -> Diagnostic:
        """`|5>(q)`, `|+>(c)`, `ket(c, 40)`."""
        size = space.size or 0
        if not letter.lstrip("-").isdigit():
            return error("E0374", f"`|{letter}>` is a state of two levels, and `{space.name}` has {size}", Label(span))
        levels = "0 and 1" if size == 2 else f"0 to {size - 1}"
        return error("E0374", f"`{space.name}` has no level {letter}: its levels are {levels}", Label(span))

    def twice(self, span: Span, space: Space | Part, first: Span) -> Diagnostic:
        """`|0>(q) * |1>(q)`."""
        said = f"in a product of states each space stands once, and this is of `{space.name}` again"
        return error("E0371", said, Label(span), Label(first, f"a state of `{space.name}`"))

    def given_twice(self, span: Span, space: Space | Part, first: Span) -> Diagnostic:
        """`|01>(q, q)`."""
        return error("E0371", f"`{space.name}` stands here twice", Label(span), Label(first, "and here"))

    def space_missing(self, span: Span, spaces: Sequence[Space], state: Span, what: str = "the state") -> Diagnostic:
        """`evolve(H, |0>(q), t)` where H acts on c too."""
        names = " and ".join(f"`{each.name}`" for each in spaces)
        hint = (
            f"a state of `{spaces[0].name}` too is a product: .. * |0>({spaces[0].name})" if what == "the state" else ""
        )
        labels = Label(span), Label(state, f"{what} is not of {names}")
        return error("E0372", f"this acts on {names}, which {what} does not have", *labels, hint=hint)

    def spaces_differ(self, left: Span, right: Span, sign: str, of_left: str, of_right: str) -> Diagnostic:
        """`|0>(q) + |0>(c)`, `<0|(q) * |0>(c)`."""
        what = {"+": "added", "-": "subtracted"}.get(sign, "compared")
        said = f"states of different spaces cannot be {what}"
        hint = "the state of both is a product: |0>(q) * |0>(c)" if sign in "+-" else ""
        if sign == "*":
            said = "a bra and a ket of different spaces have no product"
        labels = Label(right, f"of {of_right}"), Label(left, f"of {of_left}")
        return error("E0361", said, *labels, hint=hint)

    # ── values ───────────────────────────────────────────────────────────────

    def wrong_size(self, span: Span, spaces: Sequence[str], size: int, shape: Sequence[object]) -> Diagnostic:
        """`Ket(q, [1, 0, 0])`, `Operator(q, c, [[0, 1], [1, 0]])`."""
        have = (
            f"`{spaces[0]}` has {size} levels"
            if len(spaces) == 1
            else f"{', '.join(spaces)} have {size} levels together"
        )
        this = f"this vector has {shape[0]}" if len(shape) == 1 else f"this matrix is {shape[0]} by {shape[1]}"
        return error("E0367", f"{have}, and {this}", Label(span))

    def takes(self, span: Span, function: str, wanted: str, type_: Type) -> Diagnostic:
        """`expect(3, psi)`."""
        return error("E0378", f"`{function}` takes {wanted}, and this is {self.show.a(type_)}", Label(span))

    def no_product(
        self, operator: str, left: tuple[Span, Type], right: tuple[Span, Type], hint: str = ""
    ) -> Diagnostic:
        """`|0>(q) / X(q)`, `q * X(q)`, a bra times a density, .."""
        show = self.show
        for span, type_ in (left, right):
            if isinstance(pruned(type_), types.SpaceType):
                hint = f"`{span.text}` is a space: an operator of it is X({span.text}), a state |0>({span.text})"
        said = f"{show.a(left[1])} and {show.a(right[1])} have no `{operator}`"
        labels = [Label(span, f"this is {show.a(type_)}") for span, type_ in (left, right)]
        return error("E0363", said, *labels, hint=hint)

    def no_order(self, span: Span, operator: str) -> Diagnostic:
        """`X(q) < Z(q)`."""
        said = f"operators and states are equal or not, and have no `{operator}`"
        return error("E0328", said, Label(span), hint="what is measured is a number: expect(A, psi)")

    def not_comparable(self, operator: str, left: tuple[Span, Type], right: tuple[Span, Type]) -> Diagnostic:
        """`X(q) == |0>(q)`."""
        show = self.show
        labels = [Label(span, f"this is {show.a(type_)}") for span, type_ in (right, left)]
        said = f"{show.a(left[1])} and {show.a(right[1])} cannot be compared with `{operator}`"
        return error("E0328", said, *labels)

    def not_a_power(self, base: tuple[Span, Type], exponent: Span) -> Diagnostic:
        """`X(q)^0.5`, `X(q)^k`, `psi^2`."""
        if isinstance(pruned(base[1]), types.Operator):
            said = "an operator is raised to a whole number that is known before the program runs"
            return error("E0363", said, Label(exponent), hint="the exponential of an operator is exp(A)")
        return error("E0363", f"{self.show.a(base[1])} has no powers", Label(base[0]))

    def quantity_times_state(self, span: Span, dimension: Dimension) -> Diagnostic:
        """`(3 MHz) * |0>(q)`, `H * psi` with a Rate."""
        said = f"a state has no dimension, and this would have one: {self.show.dimension(dimension)}"
        return error("E0364", said, Label(span))

    def no_part(self, span: Span, type_: Type, name: str) -> Diagnostic:
        """`H.dag`, `rho.tr`."""
        said = f"{self.show.a(type_)} has no `{name}`"
        hint = f"write {_CALLED[name]}" if name in _CALLED else ""
        return error("E0313", said, Label(span), hint=hint)

    # ── arguments ────────────────────────────────────────────────────────────

    def unknown_option(self, span: Span, function: str, name: str, known: Iterable[str]) -> Diagnostic:
        """`evolve(H, psi, ts, c_ops = [..])`."""
        names = list(known)
        instead = _OF_OTHER_PACKAGES.get(name) or _PLACES.get(name) if "rtol" in names else ""
        near = nearest(name, names)
        meant = "loss" if name == "c_ops" and "loss" in names else near
        fixes = (Fix(f"write `{meant}`", (Edit(span, meant),)),) if meant else ()
        others = f"it has {', '.join(f'`{each}`' for each in names)}" if names else "its arguments have no names"
        hint = instead or (f"did you mean `{near}`?" if near else others)
        return error("E0309", f"`{function}` has no argument `{name}`", Label(span), hint=hint, fixes=fixes)

    def word(self, span: Span, option: str, words: Iterable[str]) -> Diagnostic:
        return error("E0517", f"`{option}` is one of {', '.join(words)}", Label(span))

    def argument_count(self, span: Span, function: str, takes: str, surplus: Span | None = None) -> Diagnostic:
        """`evolve(H, psi)`, `X(q, c)`; `surplus` is the first argument that is one too many."""
        if surplus is not None:
            return error("E0308", f"`{function}` takes {takes}", Label(surplus, "one too many"))
        return error("E0307", f"`{function}` takes {takes}", Label(span))

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

    # ── what is shown ────────────────────────────────────────────────────────

    def no_form(self, span: Span, form: str) -> Diagnostic:
        """`show H as poem`."""
        return error("E0517", f"a value is shown `as matrix`; there is no form `{form}`", Label(span))

    def no_matrix(self, span: Span, type_: Type) -> Diagnostic:
        """`show 3 as matrix`."""
        return error("E0378", f"only operators and states are matrices, and this is {self.show.a(type_)}", Label(span))
