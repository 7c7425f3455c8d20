"""The names inside functions: blocks within blocks, each hiding what is around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qdsl.lang.names import errors
from qdsl.lang.names.symbols import Kind, Symbol
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.surface import tree

_LOCALS = (Kind.LET, Kind.VAR)


@dataclass(eq=False, slots=True)
class Block:
    """The locals of one block; `depth` counts the functions around it."""

    depth: int
    names: dict[str, Symbol] = field(default_factory=dict)


@dataclass(eq=False)
class Blocks:
    """The blocks that are open where the resolver stands, innermost last; how many functions and loops are around."""

    diagnostics: Diagnostics
    open_: list[Block] = field(default_factory=list)
    depth: int = 0
    loops: int = 0
    outer_loops: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.open_)

    def open(self) -> None:
        self.open_.append(Block(self.depth))

    def open_function(self) -> None:
        """A function: a loop around it is none that `break` could leave."""
        self.depth += 1
        self.outer_loops.append(self.loops)
        self.loops = 0
        self.open()

    def close(self) -> None:
        for symbol in self.open_.pop().names.values():
            if not symbol.used and symbol.kind in _LOCALS and not symbol.name.startswith("_"):
                self.diagnostics.add(errors.unused(symbol))

    def drop(self) -> None:
        """Close what is left of a block that was given up: nothing is said of its names."""
        self.open_.pop()

    def close_function(self) -> None:
        self.close()
        self.depth -= 1
        self.loops = self.outer_loops.pop()

    def bind(self, name: tree.Name, kind: Kind, node: tree.Node) -> Symbol:
        """A new local."""
        block = self.open_[-1]
        symbol = Symbol(name.text, kind, name.span, node)
        earlier = block.names.get(name.text)
        if earlier is not None:
            self.diagnostics.add(errors.declared_twice(name.span, earlier))
        elif kind in (*_LOCALS, Kind.LOOP):
            self._warn_of_hiding(name, block)
        block.names[name.text] = symbol
        return symbol

    def _warn_of_hiding(self, name: tree.Name, block: Block) -> None:
        """Within one function: the parameters of a lambda may have any names."""
        around = (outer.names.get(name.text) for outer in reversed(self.open_[:-1]) if outer.depth == block.depth)
        hidden = next((each for each in around if each is not None), None)
        if hidden is not None:
            self.diagnostics.add(errors.shadowed(name.span, hidden))

    def lookup(self, name: str) -> Symbol | None:
        return next((found for block in reversed(self.open_) if (found := block.names.get(name)) is not None), None)

    def check_capture(self, symbol: Symbol, span: Span, verb: str = "use") -> None:
        """What may change is used only by the function that declares it, so that functions are pure."""
        if symbol.kind is not Kind.VAR:
            return
        home = next((block.depth for block in self.open_ if block.names.get(symbol.name) is symbol), 0)
        if home != self.depth:
            self.diagnostics.add(errors.captured_variable(span, symbol, verb))

    def names(self) -> Iterator[str]:
        for block in self.open_:
            yield from block.names
