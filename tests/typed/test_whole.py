"""A program without messages has nothing broken in it, however it came about; no program makes the checker fall over.

The programs are those of the documents of tests/mdtest, with a word or two replaced.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.mdtest.document import cases
from tests.typed.programs import checked

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

DOCUMENTS = Path(__file__).parents[1] / "mdtest"
WORDS = (
    *("0", "1", "2.5", "inf", "-1", "0.0", "2i", "true", "pi", "h", "x", "n", "k", "sin", "sum", "grad", "Time", "?"),
    *("3 s", "2 m", "1 Hz", "20 degC", "2.00(10)", "[1, 2]", "[1 s, 2 s]", "(a = 1, b = 2 s)", "x -> x", "x[0]"),
    *("return", "var", "let", "range(3)", "zeros(2)", '"t"', "[D; 3]", "-> Time", "{ return 1 }"),
    "if x > 0 { 1 } else { 2 s }",
)


@cache
def programs() -> list[str]:
    """Those that are checked without a message, their comments taken away."""
    texts = (case.text for path in sorted(DOCUMENTS.glob("*.md")) for case in cases(path.read_text(encoding="utf-8")))
    bare = (re.sub(r"#.*", "", text) for text in texts)
    return [text for text in bare if checked(text).ok]


def changed(text: str, dice: random.Random) -> str:
    """With one word or two replaced, by another of the program or by one of `WORDS`."""
    parts = re.split(r"(\w+)", text)
    places = range(1, len(parts), 2)
    for _ in range(dice.choice((1, 1, 2))):
        parts[dice.choice(places)] = dice.choice([*WORDS, parts[dice.choice(places)]])
    return "".join(parts)


def broken(node: object) -> Iterator[str]:
    """What a checked program must not hold: broken parts, and types that were never found."""
    if isinstance(node, typed.Expr | typed.Variable):
        type_ = types.pruned(node.type)
        if isinstance(node, typed.Broken) or type_ is types.BROKEN or isinstance(type_, types.TypeVar):
            yield f"{type(node).__name__} {node.span.text if node.span else ''}"
    if isinstance(node, typed.Expr | typed.Statement | typed.Function | typed.TestDeclaration | typed.Module):
        if not isinstance(
            node, typed.FunctionValue | typed.Call | typed.Local
        ):  # what they name is looked at by itself
            yield from (each for name in node.__dataclass_fields__ for each in broken(getattr(node, name)))
        elif isinstance(node, typed.Call):
            yield from broken(node.arguments)
    elif isinstance(node, tuple | list):
        yield from (each for part in node for each in broken(part))
    elif isinstance(node, dict):
        yield from broken(list(node.values()))


@pytest.mark.parametrize("seed", range(4))
def test_changed_programs(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        text = changed(dice.choice(programs()), dice)
        result = checked(text)
        if result.ok:
            assert list(broken(result.module)) == [], text


def test_what_is_looked_for_is_found() -> None:
    assert list(broken(checked("let x = 1 s + 1 m\nprint(x)\n").module))
