"""Core IR from the text that `printer` writes; see there for its form.

Only tests, golden files and people at a debugger read core text, so a mistake in it is a `CoreTextError` with a line
and no more. What is read is well formed as text; whether it is legal is for `verify` to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from qdsl.lang.core.ir import (
    BOOL,
    INT,
    NO_ATTRIBUTES,
    REAL,
    ArrayType,
    Block,
    Code,
    Failure,
    Function,
    Lanes,
    Module,
    Number,
    Op,
    Scalar,
    Type,
    Value,
    Watch,
    Worry,
    scalar_of,
)
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.table import Table

_T = TypeVar("_T")

TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*\s*)*
    (?P<token>
        "(?:[^"\\]|\\.)*"                              # a text
      | @[\w.$<>-]+ | %[\w.]+                          # a function, a value
      | -?(?:inf|nan)\b
      | -?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?             # a number
      | [^\W\d]\w* | -> | [^\s\w]
    )""",
    re.VERBOSE,
)
HINTED = re.compile(r"%([^\W\d]\w*)(\.\d+)?")
SCALARS = {scalar.value: scalar for scalar in Scalar}


class CoreTextError(ValueError):
    """Text that is not core IR."""


def parse_module(text: str) -> Module:
    """All the functions in a text."""
    reader = _Reader(text)
    functions = []
    while reader.token:
        functions.append(_FunctionReader(reader).function())
    return Module({function.name: function for function in functions})


def parse_function(text: str) -> Function:
    """The only function of a text."""
    (function,) = parse_module(text).functions.values()
    return function


class _Reader:
    """Tokens one after the other; an empty one is the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.token = ""
        self.take()

    def take(self) -> str:
        """The current token; goes on to the next."""
        taken = self.token
        found = TOKEN.match(self.text, self.at)
        self.token = found["token"] if found else ""
        self.at = found.end() if found else len(self.text)
        return taken

    def accept(self, *tokens: str) -> bool:
        if self.token not in tokens or not self.token:
            return False
        self.take()
        return True

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.error(f"expected {token!r}")

    def error(self, message: str) -> CoreTextError:
        line = self.text.count("\n", 0, self.at) + 1
        return CoreTextError(f"line {line}: {message}, found {self.token!r}")

    def listed(self, item: Callable[[], _T], first: bool) -> list[_T]:
        """Items with commas between; none unless `first`."""
        items = [item()] if first else []
        while items and self.accept(","):
            items.append(item())
        return items


class _FunctionReader:
    """Reads one function; values are found by their names."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader
        self.values: dict[str, Value] = {}

    def function(self) -> Function:
        self.reader.expect("func")
        name = self.function_name()
        self.reader.expect("(")
        parameters = self.declarations(")")
        self.reader.expect("->")
        self.reader.expect("(")
        self.reader.listed(self.type, self.reader.token != ")")  # the results say it again
        self.reader.expect(")")
        self.reader.expect("{")
        return Function(name, self.block(parameters, "return"))

    def function_name(self) -> str:
        if self.reader.accept("@"):
            return str(json.loads(self.reader.take()))
        if self.reader.token.startswith("@"):
            return self.reader.take()[1:]
        raise self.reader.error("expected the name of a function")

    def declarations(self, end: str) -> tuple[Value, ...]:
        parameters = self.reader.listed(self.declaration, self.reader.token != end)
        self.reader.expect(end)
        return tuple(parameters)

    def declaration(self) -> Value:
        name = self.value_name()
        self.reader.expect(":")
        return self.define(name, self.type())

    def block(self, parameters: tuple[Value, ...], ending: str) -> Block:
        """The rest of a block, its closing brace included."""
        ops = []
        while not self.reader.accept(ending):
            ops.append(self.op())
        yields = self.operands()
        self.reader.expect("}")
        return Block(parameters, tuple(ops), yields)

    def op(self) -> Op:
        names = self.reader.listed(self.value_name, self.reader.token.startswith("%"))
        if names:
            self.reader.expect("=")
        name = self.reader.take()
        operands, attributes = self.details(name)
        types = self.result_types(name, attributes)
        if name == "table" and types:
            numbers = attributes["numbers"]
            attributes = {"numbers": Table.of(numbers, None if numbers else scalar_of(types[0]))}
        regions: list[Block] = []
        while self.reader.token == "{" or (regions and self.reader.token == "else"):
            self.reader.accept("else")
            self.reader.expect("{")
            regions.append(self.block(self.declarations("|") if self.reader.accept("|") else (), "yield"))
        if len(types) != len(names):
            raise self.reader.error(f"{name} has {len(types)} results")
        results = tuple(self.define(*each) for each in zip(names, types, strict=True))
        return Op(name, operands, results, attributes or NO_ATTRIBUTES, tuple(regions))

    def details(self, name: str) -> tuple[tuple[Value, ...], dict[str, Any]]:
        """What stands between the name and the type."""
        match name:
            case "const":
                return (), {"value": self.constant()}
            case "table":
                return (), {"numbers": self.reader.listed(self.constant, self.reader.token != "->")}
            case "call":
                function = self.function_name()
                self.reader.expect("(")
                arguments = self.operands()
                self.reader.expect(")")
                return arguments, {"function": function}
            case "check":
                operands = self.operands()
                self.reader.expect("or")
                return operands, {"failure": self.failure()}
            case "watch":
                operands = self.operands()
                self.reader.expect("above")
                return operands, {"watch": self.watch()}
            case "len":
                operands = self.operands()
                self.reader.expect("axis")
                return operands, {"axis": int(self.reader.take())}
            case _:
                return self.operands(), {"inside": True} if self.reader.accept("inside") else {}

    def result_types(self, name: str, attributes: dict[str, Any]) -> list[Type]:
        if name in PRIMITIVES and self.reader.token != "->":
            return [PRIMITIVES[name].result]
        if name == "const":
            value = attributes["value"]
            return [BOOL if isinstance(value, bool) else INT if isinstance(value, int) else REAL]
        if name in ("len", "any", "highest"):
            return [BOOL if name == "any" else INT]
        return self.reader.listed(self.type, self.reader.accept("->"))

    def constant(self) -> bool | int | float:
        token = self.reader.take()
        if token in ("true", "false"):
            return token == "true"
        try:
            return int(token) if re.fullmatch(r"-?\d+", token) else float(token)
        except ValueError:
            raise self.reader.error(f"{token!r} is not a constant") from None

    def failure(self) -> Failure:
        code = self.reader.take()
        if code not in Code.__members__:
            raise self.reader.error(f"{code!r} is not a failure")
        return Failure(Code[code], json.loads(self.reader.take()))

    def watch(self) -> Watch:
        threshold = float(self.constant())
        worry = self.reader.take()
        tells_row = worry == "row"
        if tells_row:
            worry = self.reader.take()
        if worry not in Worry.__members__:
            raise self.reader.error(f"{worry!r} is not a worry")
        message = json.loads(self.reader.take())
        advice = json.loads(self.reader.take()) if self.reader.token.startswith('"') else ""
        return Watch(Worry[worry], threshold, message, advice, tells_row)

    def type(self) -> Type:
        if not self.reader.accept("["):
            return self.number()
        element = self.number()
        shape = self.reader.listed(self.length, self.reader.accept(";"))
        self.reader.expect("]")
        return ArrayType(element, tuple(shape) or (None,))

    def number(self) -> Number:
        if not self.reader.accept("<"):
            return self.scalar()
        width = int(self.reader.take())
        self.reader.expect("x")
        lanes = Lanes(self.scalar(), width)
        self.reader.expect(">")
        return lanes

    def scalar(self) -> Scalar:
        if self.reader.token not in SCALARS:
            raise self.reader.error("expected a type")
        return SCALARS[self.reader.take()]

    def length(self) -> int | None:
        token = self.reader.take()
        return None if token == "?" else int(token)

    def operands(self) -> tuple[Value, ...]:
        return tuple(self.reader.listed(self.operand, self.reader.token.startswith("%")))

    def operand(self) -> Value:
        name = self.value_name()
        if name not in self.values:
            raise self.reader.error(f"{name} is not defined before it is used")
        return self.values[name]

    def value_name(self) -> str:
        if not self.reader.token.startswith("%"):
            raise self.reader.error("expected a value")
        return self.reader.take()

    def define(self, name: str, type_: Type) -> Value:
        hinted = HINTED.fullmatch(name)
        value = Value(type_, hinted[1] if hinted else "")
        self.values[name] = value
        return value
