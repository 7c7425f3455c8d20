"""Core IR as text, the form that `parser` reads back.

    func @total(%n: int, %x: [real]) -> (real) {
      %0 = const 0
      %1 = const 0.0
      %sum = for %0, %n, %1 -> real { |%i: int, %acc: real|
        %2 = get %x, %i -> real
        %3 = add %acc, %2
        yield %3
      }
      return %sum
    }

A value with a hint is called by it, later ones of the same hint `%x.1`, `%x.2`; the others are numbered. A result's
type is written where the operation's name does not give it away. Spans are not written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from qdsl.lang.core.ir import Block, Function, Lanes, Module, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES

TYPED_BY_NAME = frozenset(PRIMITIVES) | {"const", "check", "watch", "len", "any", "highest"}
"""Operations whose result type follows from their name or attributes, unless it is lanes."""

PLAIN_NAME = re.compile(r"[\w.$<>-]+")
PLAIN_HINT = re.compile(r"[^\W\d]\w*")


def module_text(module: Module) -> str:
    """Every function, in the module's order."""
    return "\n".join(function_text(function) for function in module.functions.values())


def function_text(function: Function) -> str:
    """One function; ends with a newline."""
    return "\n".join(_Printer().function(function)) + "\n"


class _Printer:
    """Gives the values of one function their names as they appear."""

    def __init__(self) -> None:
        self.names: dict[Value, str] = {}
        self.uses: dict[str, int] = {}
        self.numbered = 0

    def function(self, function: Function) -> Iterator[str]:
        results = ", ".join(map(str, function.result_types))
        yield f"func @{_function_name(function.name)}({self.declare(function.parameters)}) -> ({results}) {{"
        yield from self.body(function.body, "return", "  ")
        yield "}"

    def body(self, block: Block, ending: str, margin: str) -> Iterator[str]:
        for op in block.ops:
            yield from self.op(op, margin)
        yield margin + f"{ending} {self.listed(block.yields)}".rstrip()

    def op(self, op: Op, margin: str) -> Iterator[str]:
        words = [op.name, *self.details(op)]
        if op.results and (op.name not in TYPED_BY_NAME or isinstance(op.results[0].type, Lanes)):
            words.append("-> " + ", ".join(str(result.type) for result in op.results))
        text = margin + (f"{self.listed(op.results)} = " if op.results else "") + " ".join(words)
        regions = [list(self.region(region, margin)) for region in op.regions]
        for (opening, *inside), word in zip(regions, ("", " else"), strict=False):
            yield f"{text}{word} {opening}"
            yield from inside
            text = margin + "}"
        yield text

    def region(self, block: Block, margin: str) -> Iterator[str]:
        """Its opening, then its lines; whoever asked closes it."""
        yield f"{{ |{self.declare(block.parameters)}|" if block.parameters else "{"
        yield from self.body(block, "yield", margin + "  ")

    def details(self, op: Op) -> Iterator[str]:
        """What stands between the name and the type."""
        match op.name:
            case "const":
                yield _constant(op.attributes["value"])
            case "table" if op.attributes["numbers"].values:
                yield op.attributes["numbers"].text
            case "call":
                yield f"@{_function_name(op.attributes['function'])}({self.listed(op.operands)})"
            case "check":
                failure = op.attributes["failure"]
                yield f"{self.listed(op.operands)} or {failure.code.name} {_quoted(failure.message)}"
            case "watch":
                watch = op.attributes["watch"]
                yield f"{self.listed(op.operands)} above {watch.threshold!r}{' row' if watch.tells_row else ''}"
                yield " ".join([watch.worry.name, *(_quoted(text) for text in (watch.message, watch.advice) if text)])
            case "len":
                yield f"{self.listed(op.operands)} axis {op.attributes['axis']}"
            case _ if op.operands:
                yield self.listed(op.operands) + (" inside" if op.attributes.get("inside") else "")

    def declare(self, values: Iterable[Value]) -> str:
        return ", ".join(f"{self.name(value)}: {value.type}" for value in values)

    def listed(self, values: Iterable[Value]) -> str:
        return ", ".join(map(self.name, values))

    def name(self, value: Value) -> str:
        if value not in self.names:
            self.names[value] = "%" + self.new_name(value.hint)
        return self.names[value]

    def new_name(self, hint: str) -> str:
        if PLAIN_HINT.fullmatch(hint):
            use = self.uses.get(hint, 0)
            self.uses[hint] = use + 1
            return f"{hint}.{use}" if use else hint
        self.numbered += 1
        return str(self.numbered - 1)


def _constant(value: bool | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _function_name(name: str) -> str:
    return name if PLAIN_NAME.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
