"""Types and dimensions as a person writes them.

A dimension with a declared name is shown by it (`Speed`), others as a product of names (`Length/Time^3`). Unknown
dimensions get letters in the order they are met. An open 2π occurrence is shown as the rule of language.md, section
3, would decide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from qdsl.lang.typed import tree, types
from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, ONE, PER_CYCLE, RATE, Dimension, DimVar, Exponent, Turn
from qdsl.lang.typed.spaces import AnySpace, Kind, Of, Register, Several
from qdsl.lang.typed.types import Type, pruned
from qdsl.lang.typed.words import with_article

_LETTERS = "DEFGHKLMNPQRSTUVW"


@dataclass(eq=False)
class Show:
    """Names for dimensions, and the letters given so far in one message."""

    names: Mapping[Dimension, str]
    letters: dict[DimVar, str] = field(default_factory=dict)

    def fresh(self) -> Show:
        """The same names with no letters given yet: one for each message."""
        return Show(self.names)

    def a(self, type_: Type) -> str:
        """With its article: `an Int`, `a Speed`, but `[Int; 2]`."""
        return with_article(self.type(type_))

    def experiment(self, experiment: tree.Experiment) -> str:
        """Its members and their types, a line for each."""
        kinds = {
            "param": [each.variable for each in experiment.params],
            "axis": [each for axis in experiment.axes for each in axis.variables],
            "measure": [each.variable for each in experiment.measures],
        }
        members = [f"    {kind} {each.name}: {self.type(each.type)}" for kind in kinds for each in kinds[kind]]
        return "\n".join((f"experiment {experiment.name}", *members))

    def type(self, type_: Type) -> str:
        type_ = pruned(type_)
        match type_:
            case types.Simple(name):
                return name
            case types.Real(dimension):
                return self.dimension(dimension)
            case types.Complex(dimension):
                inner = self.dimension(dimension)
                return "Complex" if inner == "Scalar" else f"Complex<{inner}>"
            case types.Estimate(dimension):
                return f"Estimate<{self.dimension(dimension)}>"
            case types.Array(element, shape):
                lengths = ", ".join("?" if n is None else str(n) for n in shape)
                return f"[{self.type(element)}]" if shape == (None,) else f"[{self.type(element)}; {lengths}]"
            case types.Record(fields):
                return "(" + ", ".join(f"{name}: {self.type(each)}" for name, each in fields) + ")"
            case types.Table(columns):
                return "Table(" + ", ".join(f"{name}: {self.type(each)}" for name, each in columns) + ")"
            case types.Function(parameters, result):
                return "(" + ", ".join(map(self.type, parameters)) + f") -> {self.type(result)}"
            case types.Distribution(support):
                return f"Distribution<{self.type(support)}>"
            case types.SpaceType(space):
                return _kind_of(space)
            case types.Operator(dimension, _):
                inner = self.dimension(dimension)
                return "Operator" if inner == "Scalar" else f"Operator<{inner}>"
            case types.Ket() | types.Bra() | types.Density() | types.Channel() | types.Povm():
                return type(type_).__name__
            case types.StateTomography() | types.ProcessTomography():
                return type(type_).__name__
            case types.ExperimentType():
                return "Experiment"
            case types.Fit():
                return "Fit"
            case types.Bootstrap():
                return "Bootstrap"
            case types.Optimum(arguments, value):
                parts = ", ".join(f"{name}: {self.type(each)}" for name, each in (*arguments, ("value", value)))
                return f"Optimum({parts})"
            case types.Posterior():
                return "Posterior"
            case types.TypeVar():
                return "Int" if type_.numeric else "?"
        return "?"

    def dimension(self, dimension: Dimension) -> str:
        dimension = by_default(dimension.resolved())
        known = self.names.get(dimension)
        if known is not None:
            return known
        if not dimension.factors:
            return "Scalar"
        return self._product(dimension)

    def _product(self, dimension: Dimension) -> str:
        above = [self._power(atom, power) for atom, power in dimension.factors.items() if power > 0]
        below = [self._power(atom, -power) for atom, power in dimension.factors.items() if power < 0]
        text = " * ".join(above) or "1"
        if len(below) == 1:
            return f"{text}/{below[0]}"
        return f"{text}/({' * '.join(below)})" if below else text

    def _power(self, atom: object, power: Exponent) -> str:
        name = atom if isinstance(atom, str) else self.letter(atom) if isinstance(atom, DimVar) else "Turn"
        if power == 1:
            return name
        return f"{name}^({power})" if isinstance(power, Fraction) else f"{name}^{power}"

    def letter(self, variable: DimVar) -> str:
        if variable.name:
            return variable.name
        if variable not in self.letters:
            taken = len(self.letters)
            self.letters[variable] = _LETTERS[taken] if taken < len(_LETTERS) else f"D{taken}"
        return self.letters[variable]

    def beside(self, left: Dimension, right: Dimension, names: tuple[str, str] = ("left", "right")) -> str:
        """Two dimensions factor by factor, one under the other, and what they differ by."""
        left, right = by_default(left.resolved()), by_default(right.resolved())
        atoms = list(dict.fromkeys([*left.factors, *right.factors]))
        if not atoms or (len(left.factors) <= 1 and len(right.factors) <= 1):
            return ""
        rows = [(names[0], left), (names[1], right), ("ratio", left / right)]
        width = max(len(name) for name, _ in rows)
        columns = [[self._power(a, d.factors[a]) if a in d.factors else "·" for _, d in rows] for a in atoms]
        widths = [max(map(len, column)) for column in columns]
        lines = []
        for row, (name, _) in enumerate(rows):
            cells = "  ".join(column[row].ljust(size) for column, size in zip(columns, widths, strict=True))
            lines.append(f"{name.rjust(width)}: {cells}".rstrip())
        return "\n".join(lines)


def _kind_of(space: AnySpace) -> str:
    """`Qubit`, `Fock(20)`, `Spin(3/2)`, `Qubit[3]`, `[Qubit, Fock(20)]`."""
    if isinstance(space, Of):
        return "Space"
    if isinstance(space, Several):
        return f"[{', '.join(map(_kind_of, space.spaces))}]"
    size = ""
    if space.kind is Kind.SPIN and space.size is not None:
        size = f"({Fraction(space.size - 1, 2)})"
    elif space.kind is not Kind.QUBIT and space.size is not None:
        size = f"({space.size})"
    if isinstance(space, Register):
        return f"{space.kind.value}{size}[{'n' if space.length is None else space.length}]"
    return f"{space.kind.value}{size}"


def by_default(dimension: Dimension) -> Dimension:
    """An open dimension as it would be decided if nothing else were said."""
    turns = [atom for atom in dimension.factors if type(atom) is Turn]
    if not turns:
        return dimension
    rest = Dimension({atom: power for atom, power in dimension.factors.items() if type(atom) is not Turn})
    if len(turns) > 12:
        return rest
    options = []
    for values in product((0, 1), repeat=len(turns)):
        carried = ONE
        for turn, value in zip(turns, values, strict=True):
            carried = carried * PER_CYCLE ** (dimension.factors[turn] * value)
        options.append((rest * carried, sum(values)))
    possible = [each for each, _ in options]
    if RATE in possible and FREQUENCY in possible:
        return max((option for option in options if option[0] in (RATE, FREQUENCY)), key=lambda option: option[1])[0]
    return min(options, key=lambda option: (abs(option[0].factors.get(CYCLE, 0)), option[1]))[0]
