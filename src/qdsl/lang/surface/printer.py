"""The formatter: a module's tree to its canonical text.

Four spaces, lines of 100 characters broken inside brackets, at most one empty line kept, nothing aligned, ASCII
operators (`a ≈ b ± c` is written `a ~= b +/- c`, `π` is `pi`, `a†` is `dag(a)`); numbers keep their text. Reading what
was printed gives the same tree, and printing that gives the same text.

A comment keeps its place before or after a statement or an element of a bracketed list. A comment anywhere else (in
the middle of a sum that goes over lines) moves above the statement or element that it stands in.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.depth import deep_recursion
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span
from qdsl.lang.surface.pages import Doc, Group, HardLine, Indent, Line, Value, laid_out
from qdsl.lang.surface.print_expressions import ExpressionPrinter
from qdsl.lang.surface.remarks import Remarks
from qdsl.lang.surface.tree import (
    Assert,
    Assign,
    Axis,
    Block,
    Break,
    BrokenItem,
    Const,
    Dimension,
    Effects,
    Experiment,
    Expr,
    ExpressionStatement,
    For,
    FromImport,
    Function,
    Generic,
    Import,
    Item,
    Let,
    Measure,
    Module,
    Name,
    Option,
    Param,
    Parameter,
    Return,
    ShowAs,
    Space,
    Test,
    TypeExpr,
    TypeRecord,
    Unit,
    Var,
    While,
)

WIDTH = 100


def formatted(module: Module) -> str:
    """The canonical text of a module. What could not be understood stays as it was written."""
    with deep_recursion():
        doc = Printer(Remarks(module.source.text, module.comments)).lines(module.items, len(module.source.text))
        text = laid_out(doc, WIDTH)
    return text + "\n" if text else ""


class Printer(ExpressionPrinter):
    """Statements and declarations; expressions are the parent's."""

    def lines(self, items: Sequence[Item], end: int) -> list[Doc]:
        """Items and the comments around them, each on its own lines; `end` is where the text they stand in ends."""
        out: list[Doc] = []
        remarks = self.remarks
        last = -1
        for at, item in enumerate(items):
            begin, stop = item.span.absolute
            above = remarks.take(last, remarks.lead(begin, getattr(item, "doc", "")))
            doc = self.documented(item)
            inside = remarks.take(begin, stop)
            for comment in above:
                last = self.separated(out, last, *comment.span.absolute)
                out.append(comment.text)
            last = self.separated(out, last, remarks.lead(begin, getattr(item, "doc", "")), stop)
            for comment in inside:
                out += [comment.text, HardLine()]
            out.append(doc)
            if at + 1 < len(items) and self.runs_on(item, items[at + 1]):
                out.append(";")
            beside = remarks.beside(stop)
            if beside is not None:
                out.append(beside[0])
                last = beside[1]
        for comment in remarks.take(last, end):
            last = self.separated(out, last, *comment.span.absolute)
            out.append(comment.text)
        return out

    def separated(self, out: list[Doc], last: int, begin: int, stop: int) -> int:
        """Begin a new line, after an empty one if the source has one here; the new `last`."""
        if out:
            out.append(HardLine(self.remarks.blank_between(last, begin)))
        return stop

    def runs_on(self, item: Item, after: Item) -> bool:
        """Whether the next line would be read as going on with this one: it starts with `-`."""
        if not isinstance(after, ExpressionStatement) or not self.starts_with_minus(after.value):
            return False
        return not self.flat(self.item(item)).endswith("}")

    # ── items ───────────────────────────────────────────────────────────────────────────────────────────────────

    def documented(self, item: Item) -> Doc:
        doc = getattr(item, "doc", "")
        if not doc:
            return self.item(item)
        lines: list[Doc] = []
        for line in doc.split("\n"):
            lines += [f"## {line}".rstrip(), HardLine()]
        return [*lines, self.item(item)]

    def item(self, item: Item) -> Doc:
        match item:
            case ExpressionStatement(value=value):
                return self.expr(value)
            case Let(name=name, type=type_, value=value):
                return ["let ", self.typed(name, type_), " =", Value(self.expr(value))]
            case Var(name=name, type=type_, value=value):
                return ["var ", self.typed(name, type_), " =", Value(self.expr(value))]
            case Assign(target=target, value=value):
                return [self.expr(target), " =", Value(self.expr(value))]
            case For(name=name, iterable=iterable, body=body):
                return ["for ", name.text, " in ", self.expr(iterable), " ", self.block(body)]
            case While(condition=condition, body=body):
                return ["while ", self.expr(condition), " ", self.block(body)]
            case Break():
                return "break"
            case Return(value=value):
                return "return" if value is None else ["return ", self.expr(value)]
            case Assert(condition=condition):
                return ["assert ", self.expr(condition)]
            case ShowAs(value=value, form=form):
                return ["show ", self.expr(value), f" as {form.text}"]
            case BrokenItem(span=span):
                return _verbatim(span)
            case _:
                return self.declaration(item)

    def declaration(self, item: Item) -> Doc:
        match item:
            case Function():
                return self.function(item)
            case Experiment(name=name, members=members):
                return [f"experiment {name.text} ", self.braces(members, item.span)]
            case Param() | Axis() | Measure():
                return self.member(item)
            case Test(name=name, body=body):
                return [f"test {_path(name)} ", self.block(body)]
            case Import(path=path, is_file=is_file, alias=alias):
                return f"import {_path(path) if is_file else path}" + (f" as {alias.text}" if alias else "")
            case FromImport(path=path, is_file=is_file, names=names):
                return f"from {_path(path) if is_file else path} import {', '.join(name.text for name in names)}"
            case Dimension(name=name, definition=definition):
                return f"dimension {name.text}" + (f" = {self.type(definition)}" if definition else "")
            case Unit():
                return self.unit(item)
            case Const(name=name, type=type_, value=value):
                return ["const ", self.typed(name, type_), " =", Value(self.expr(value))]
            case Space(name=name, type=type_):
                return f"space {self.typed(name, type_)}"
            case Effects():
                return self.effects(item)
            case Option(name=name, value=value):
                return f"option {name.text} = {value.text}"
            case _:
                raise InternalError(f"no way to print a {type(item).__name__}")

    def function(self, item: Function) -> Doc:
        head: list[Doc] = ["extern fn " if item.body is None else "fn ", item.name.text]
        if item.generics:
            head.append(f"<{', '.join(map(_generic, item.generics))}>")
        parameters = [(each, self.parameter(each)) for each in item.parameters]
        head.append(self.bracketed("(", parameters, ")", _parameters_region(item)))
        if item.result is not None:
            head += [" -> ", self.result(item.result)]
        match item.body:
            case None:
                return head
            case Block() as body:
                return [*head, " ", self.block(body)]
            case body:
                return [*head, " =", Value(self.expr(body))]

    def result(self, type_: TypeExpr) -> Doc:
        """A record has a line for each field where it does not fit one."""
        if not isinstance(type_, TypeRecord):
            return self.type(type_)
        fields = [(each, self.typed(each.name, each.type)) for each in type_.fields]
        return self.bracketed("(", fields, ")", type_.span.absolute)

    def parameter(self, item: Parameter) -> Doc:
        return [self.typed(item.name, item.type), *self.optional(" = ", item.default)]

    def member(self, item: Param | Axis | Measure) -> Doc:
        match item:
            case Param(name=name, type=type_, default=default, bounds=bounds, prior=prior):
                return [
                    "param ",
                    self.typed(name, type_),
                    *self.optional(" = ", default),
                    *self.optional(" in ", bounds),
                    *self.optional(" ~ ", prior),
                ]
            case Axis(names=names, value=value):
                listed = ", ".join(self.typed(each.name, each.type) for each in names)
                return ["axis ", listed, *self.optional(" = ", value)]
            case Measure(name=name, distribution=distribution):
                return [f"measure {name.text} ~ ", self.expr(distribution)]

    def effects(self, item: Effects) -> Doc:
        word = "projective" if item.is_projective else "povm"
        spaces = ", ".join(each.name for each in item.spaces)
        return [f"{word} {item.name.text}({spaces}) =", Value(self.expr(item.value))]

    def unit(self, item: Unit) -> Doc:
        symbol = f"({item.symbol.text})" if item.symbol else ""
        prefixes = f" prefixes {item.prefixes.text}" if item.prefixes else ""
        dimension = f": {self.type(item.dimension)}" if item.dimension else ""
        return [f"unit {item.name.text}{symbol}{dimension}", *self.optional(" = ", item.definition), prefixes]

    def optional(self, sign: str, value: Expr | None) -> list[Doc]:
        return [] if value is None else [sign, self.expr(value)]

    def typed(self, name: Name, type_: TypeExpr | None) -> str:
        return name.text if type_ is None else f"{name.text}: {self.type(type_)}"

    # ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def block(self, block: Block) -> Doc:
        """On one line if it was, holds one statement and fits."""
        return self.braces(block.statements, block.span)

    def braces(self, items: Sequence[Item], span: Span) -> Doc:
        begin, end = span.absolute
        if not items and not self.remarks.any_between(begin, end):
            return "{}"
        if self.one_line or (
            len(items) == 1
            and "\n" not in span.text[max(0, span.text.find("{")) :]
            and not getattr(items[0], "doc", "")
        ):
            inner = _joined("; ", [self.item(each) for each in items])
            return Group(["{", Indent([Line(), *inner]), Line(), "}"])
        return ["{", Indent([HardLine(), *self.lines(items, end)]), HardLine(), "}"]


def _joined(separator: str, docs: list[Doc]) -> list[Doc]:
    return [part for doc in docs for part in (separator, doc)][1:]


def _generic(item: Generic) -> str:
    return item.name.text if item.kind is None else f"{item.name.text}: {item.kind.text}"


def _parameters_region(item: Function) -> tuple[int, int]:
    """From the function's name to its result or body."""
    after = item.result or item.body
    return item.name.span.absolute[1], item.span.absolute[1] if after is None else after.span.absolute[0]


def _path(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _verbatim(span: Span) -> Doc:
    """The lines as they are, at the column where they are."""
    return span.text.rstrip()
