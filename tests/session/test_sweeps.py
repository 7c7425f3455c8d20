"""Arrays at the top of a file whose elements are work: the same as one by one, in lanes and over threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.session.running import lines, run

from qdsl.cli.main import main

FUNCTIONS = """
fn collatz(n: Int) -> Int {
    var m = n
    var k = 0
    while m != 1 {
        m = if mod(m, 2) == 0 { div(m, 2) } else { 3 * m + 1 }
        k = k + 1
    }
    k
}
fn root(x: Area) -> Length {
    var y = 1 m * (x / (1 m^2))
    for k in range(30) { y = 0.5 * (y + x / y) }
    y
}
fn powers(x: Scalar, k: Int) -> (real: Scalar, turned: Complex) {
    var y = 1.0
    for j in range(k) { y = y * x }
    (real = y, turned = 1i * y)
}
fn iterated(f: (Scalar) -> Scalar, x: Scalar) -> Scalar {
    var y = x
    for j in range(3) { y = f(y) }
    y
}
fn numbers(n: Int) = [1.0 * i for i in range(n)]
"""


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("collatz([1, 2, 3, 27])", "[0, 1, 7, 111]"),
        ("[collatz(n) for n in range(1, 5)]", "[0, 1, 7, 2]"),
        ("[collatz(n) for n in range(0)]", "[]"),
        ("1 + 2.0 * collatz([3, 27])", "[15, 223]"),
        ("sum(collatz([3, 27]))", "118"),
        ("root([4 m^2, 9 m^2])", "[2, 3] m"),
        ("root([[4 m^2, 9 m^2], [16 m^2, 25 m^2]])", "[[2, 3] m, [4, 5] m]"),
        ("powers([2.0, 3.0], 2)", "[(real = 4, turned = (0 + 4i)), (real = 9, turned = (0 + 9i))]"),
        ("powers([2.0, 3.0], [3, 1])", "[(real = 8, turned = (0 + 8i)), (real = 3, turned = (0 + 3i))]"),
        ("iterated(t -> a * t, [1.0, 2.0])", "[27, 54]"),
        ("[sum([i * j for j in range(3)]) for i in range(4)]", "[0, 3, 6, 9]"),
        ("[[collatz(i + j) for j in range(1, 3)] for i in range(2)]", "[[0, 1], [1, 7]]"),
        ("if a > 5 { collatz([0]) } else { collatz([2]) }", "[1]"),
    ],
)
def test_values(expression: str, shown: str) -> None:
    assert lines(f"{FUNCTIONS}\nlet a = 3.0\nprint({expression})\n") == [shown]


INVERSE = """
fn inverse(x: Scalar) -> Scalar {
    var t = 0.0
    for i in range(1) { t = t + 1 / x }
    t
}
let xs = [0.5, 1.5, 2.5]
"""


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("1 / inverse(xs - 0.5)", "[0, 1, 2]"),
        ("[1 / inverse(x - 0.5) for x in xs]", "[0, 1, 2]"),
        ("min(inverse(xs - 0.5), 1)", "[1, 1, 0.5]"),
        ("inverse(inverse(xs - 0.5))", "[0, 1, 2]"),
        ("exp(-2 * inverse(xs - 0.5))", "[0, 0.135335, 0.367879]"),
    ],
)
def test_parts_may_be_infinite_where_the_whole_is_not(expression: str, shown: str) -> None:
    assert lines(f"{INVERSE}\nprint({expression})\n") == [shown]


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("inverse(xs - 0.5)", "1 / x"),
        ("[inverse(x - 0.5) for x in xs]", "1 / x"),
        ("2 * inverse(xs - 0.5)", "2 * inverse(xs - 0.5)"),
        ("inverse(inverse(inverse(xs - 0.5)))", "1 / x"),
        ("inverse(0 / (xs - 0.5))", "inverse(0 / (xs - 0.5))"),
    ],
)
def test_a_whole_that_is_not_finite_is_told(expression: str, place: str) -> None:
    (message,) = run(f"{INVERSE}\nlet all = {expression}\n").messages
    assert message.code == "E0706"
    assert "at element 0" in message.message
    assert message.labels[0].span.text == place


def test_thousands_of_points_are_those_that_one_call_gives() -> None:
    program = f"""{FUNCTIONS}
    let all = collatz([n for n in range(1, 20001)])
    for n in [1, 2, 27, 6171, 17647, 20000] {{ assert all[n - 1] == collatz(n) }}
    print(round(sum(all)))
    """
    steps = {1: 0}
    for n in range(2, 20001):
        chain = [n]
        while chain[-1] not in steps:
            m = chain[-1]
            chain.append(m // 2 if m % 2 == 0 else 3 * m + 1)
        for place, each in enumerate(reversed(chain[:-1])):
            steps[each] = steps[chain[-1]] + place + 1
    assert lines(program) == [str(sum(steps[n] for n in range(1, 20001)))]


@pytest.mark.parametrize(
    ("expression", "code", "words"),
    [
        ("powers(numbers(3), [1, 2])", "E0705", "arrays of lengths 3 and 2"),
        ("[sqrt(root(x * 1 m^2) / (1 m) - 2) for x in [9.0, 4.0, 1.0]]", "E0701", "sqrt of -1"),
        ("powers(numbers(3), numbers_of(2))", "E0705", "arrays of lengths 3 and 2 do not go together"),
        ("[1 / (x * root(1 m^2) / (1 m)) for x in [1.0, 0.0]]", "E0706", "at element 1"),
    ],
)
def test_failures(expression: str, code: str, words: str) -> None:
    ran = run(f"{FUNCTIONS}\nfn numbers_of(n: Int) = [i for i in range(n)]\nprint({expression})\n")
    (message,) = ran.messages
    assert message.code == code
    assert words in message.message


def test_it_is_explained_how_they_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "program.qdsl"
    path.write_text(f"{FUNCTIONS}\nlet all = [collatz(n) for n in range(1, 200)]\nprint(len(all))\n", encoding="utf-8")
    assert main(["run", "--explain", str(path)]) == 0
    told = capsys.readouterr()
    assert told.out == "199\n"
    first, *rest = told.err.splitlines()
    assert "program.qdsl:28: 199 points: " in first
    assert any("points part at: while (" in line for line in rest)
    assert any("lanes in use: " in line for line in rest)
