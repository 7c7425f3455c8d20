"""Where names are looked for: blocks, files, units with their prefixes, imports."""

from __future__ import annotations

from fractions import Fraction

import pytest

from qdsl.lang.names import Cycle, Imports, Kind, Resolved, Scope, from_surface
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import parse
from qdsl.runtime.library import standard_library


class Modules:
    """Modules by name, resolved when they are asked for."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.known: dict[str, Scope] = {}

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Scope | Cycle | None:
        if path in self.texts and path not in self.known:
            self.known[path] = resolved(self.texts[path])[0].scope
        return self.known.get(path)


def resolved(text: str, imports: Imports | None = None) -> tuple[Resolved, list[str]]:
    """The names of a program, and the codes of what is said."""
    diagnostics = Diagnostics()
    tree = parse(Source("names.qdsl", text), diagnostics)
    result = from_surface(tree, standard_library().prelude, imports or Modules({}), diagnostics)
    return result, [each.code for each in diagnostics.in_order()]


def said(text: str, **modules: str) -> list[str]:
    return resolved(text, Modules(modules))[1]


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("us", -6), ("µs", -6), ("μs", -6), ("GHz", 9), ("millisecond", -3), ("dam", 1), ("kg", 0), ("min", 0)],
)
def test_a_unit_with_its_prefix(name: str, prefix: int) -> None:
    unit = standard_library().prelude.unit(name)
    assert unit is not None
    assert unit.kind is Kind.UNIT
    assert unit.prefix == Fraction(10) ** prefix


@pytest.mark.parametrize("name", ["kmin", "uus", "msecond", "millis", "kkg", "k", "inch"])
def test_what_is_no_unit(name: str) -> None:
    assert standard_library().prelude.unit(name) is None


def test_after_a_number_a_unit_wins_elsewhere_a_value() -> None:
    program = "fn f(s: Scalar) = 3 s\nfn g(s: Scalar) = 3 * s\nfn h(s: Scalar) = s to percent\n"
    found, codes = resolved(program)
    assert codes == []
    kinds = [symbol.kind for node, symbol in found.symbols.items() if getattr(node, "name", "") == "s"]
    assert kinds == [Kind.UNIT, Kind.PARAMETER, Kind.PARAMETER]


def test_a_local_with_the_name_of_a_unit_in_a_quantity_is_an_error() -> None:
    assert said("fn f(s: Scalar) = 9.8 m/s\n") == ["E0208"]
    assert said("fn f(s: Scalar) = (9.8 m)/s\n") == []
    assert said("fn f(x: Scalar) = 9.8 m/s^2\n") == []


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_name_of_an_inner_block_ends_with_it() -> None:
    assert said("fn f(c: Bool) -> Scalar {\n    if c { let y = 1.0\n        return y }\n    y\n}\n") == ["E0201"]


def test_hiding_is_told_within_one_function_only() -> None:
    assert said("fn f(x: Scalar) -> Scalar {\n    let x = 2.0\n    x\n}\n") == ["W0221"]
    assert said("fn f(x: Scalar) -> Scalar {\n    for x in range(3) { assert x >= 0 }\n    x\n}\n") == ["W0221"]
    assert said("fn f(x: Scalar) -> Scalar {\n    let g = x -> 2 * x\n    g(x)\n}\n") == []
    assert said("let x = 3\nfn f(x: Scalar) = x\n") == []
    assert said("fn f(x: Scalar) -> Scalar {\n    let y = x\n    let y = 2 * y\n    y\n}\n") == ["E0204"]


def test_what_may_change_stays_in_its_function() -> None:
    assert said("var n = 3\nfn f(x: Scalar) = n * x\n") == ["E0214"]
    assert said("var n = 3\nfn f(x: Scalar) -> Scalar {\n    n = 4\n    x\n}\n") == ["E0214"]
    assert said("let n = 3\nfn f(x: Scalar) = n * x\n") == []
    assert said("var n = 3\nfor k in range(3) { n = n + k }\n") == []
    assert said("var n = 3\nlet g = x -> n * x\n") == ["E0214"]
    assert said('var n = 3\ntest "n" { assert n > 0 }\n') == []
    inside = "fn f(x: Scalar) -> Scalar {{\n    var n = 1.0\n    n = 2 * x\n    {}\n}}\n"
    assert said(inside.format("sum([n * k for k in range(3)])")) == []
    assert said(inside.format("(y -> n * y)(x)")) == ["E0214"]


def test_unused() -> None:
    assert said("fn f(x: Scalar) -> Scalar {\n    let y = x\n    x\n}\n") == ["W0220"]
    assert said("fn f(x: Scalar) -> Scalar {\n    let _y = x\n    x\n}\n") == []
    assert said("let y = 3\n") == []


# ── a file ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_declarations_see_each_other_and_statements_run_in_order() -> None:
    assert said("print(f(2))\nfn f(x: Scalar) = k * x\nconst k = 3\n") == []
    assert said("print(x)\nlet x = 3\n") == ["E0205"]
    assert said("let x = x\n") == ["E0205"]


@pytest.mark.parametrize(
    "program",
    [
        "let x = f(1)\nfn f(y: Scalar) -> Scalar = x + y\n",
        "const a = b\nconst b = a\n",
        "const a = a + 1\n",
        "dimension A = B * Time\ndimension B = A\n",
        "unit foo = 2 baz\nunit baz = 3 foo\n",
    ],
)
def test_a_circle_of_values_is_told_once(program: str) -> None:
    assert said(program) == ["E0215"]


def test_functions_may_go_round() -> None:
    assert said("fn f(n: Int) -> Int = g(n)\nfn g(n: Int) -> Int = f(n)\n") == []


def test_needs_come_first() -> None:
    found, _ = resolved("fn f(x: Scalar) = g(k * x)\nfn g(x: Scalar) = x\nconst k = 3\n")
    names = [symbol.name for group in found.groups for symbol in group]
    assert names.index("f") > max(names.index("g"), names.index("k"))


def test_a_length_in_a_type_is_a_constant_or_an_open_name() -> None:
    found, codes = resolved("const N = 3\nfn f(xs: [Scalar; N], ys: [Scalar; n]) = sum(xs) + sum(ys)\n")
    assert codes == []
    assert [s.kind for node, s in found.symbols.items() if getattr(node, "name", "") in ("N", "n")] == [Kind.CONSTANT]


# ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────────

LAB = """
unit furlong = 220 * 3 * 0.3048 m prefixes si
fn twice(x: Scalar) = 2 * x
let loss = 3
dimension Torque = Energy
"""


def test_ways_to_import() -> None:
    assert said("import lab\nprint(lab.twice(lab.loss))\n", lab=LAB) == []
    assert said("import lab as l\nprint(l.twice(1))\n", lab=LAB) == []
    assert said("from lab import twice, Torque\nfn f(x: Torque) = twice(1) * x\n", lab=LAB) == []
    assert said("import lab\nprint(lab.thrice(1))\n", lab=LAB) == ["E0209"]
    assert said("from lab import thrice\n", lab=LAB) == ["E0209"]
    assert said("import nowhere\nprint(nowhere.f(1), nowhere.x)\n") == ["E0206"]
    assert said("from nowhere import f\nprint(f(1))\n") == ["E0206"]


def test_a_unit_that_is_used_uses_its_import() -> None:
    assert said("import lab\nprint(3 kfurlong)\n", lab=LAB) == []
    assert said("from lab import furlong\nprint(3 kfurlong)\n", lab=LAB) == []
    assert said("import lab\nprint(3)\n", lab=LAB) == ["W0222"]
    assert said("from lab import twice, loss\nprint(loss)\n", lab=LAB) == ["W0222"]


def test_an_import_does_not_hide_what_is_there() -> None:
    assert said("fn lab() = 3\nimport lab\nprint(lab())\n", lab=LAB) == ["E0204"]
    assert said("import lab\nfn lab() = 3\nprint(lab())\n", lab=LAB) == ["E0204"]
    assert said("fn twice(x: Scalar) = x\nfrom lab import twice\nprint(twice(1))\n", lab=LAB) == ["E0204"]
    assert said("import lab\nimport lab\nprint(lab.loss)\n", lab=LAB) == ["W0222"]
