"""A program as Python holds it: what can be read from the user's cache, and the rest when somebody asks for it.

    program = Program(source)
    program.outline                         what its functions take, without the checker
    program.code("decay", entry)            the machine code of one, without the compiler
    program.live                            the checked program, and the session that runs it

A program that is found unchanged, with all that it imports, needs neither checker nor compiler. Its `Outline` is kept
when it has been checked, the code of a function when that is first called. They are known by the source, its name,
this very QDSL (`runtime.stamp`) and, for code, the machine. Only what is the same in every run is kept: not a program
whose lets read files, not the code of a function that uses values of the session.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from qdsl.lang.depth import deep_recursion
from qdsl.lang.native import NativeModule
from qdsl.lang.native.target import host
from qdsl.lang.native.wide_module import Pattern, WideModule
from qdsl.lang.report import Diagnostic
from qdsl.lang.report.render import render_all
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime.broadcast import Widen
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.kernel import Kernel
from qdsl.runtime.stamp import stamp

if TYPE_CHECKING:
    from qdsl.lang import generate
    from qdsl.lang.compile import Checked
    from qdsl.runtime.session import Session

COMPILING = RLock()
"""One thread at a time checks and compiles; calls run side by side."""


class CompileError(Exception):
    """A program has errors. `diagnostics` are the messages; the text shows them as the command line does."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(render_all(diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[CompileError], tuple[list[Diagnostic]]]:
        """Pickled by what it is made of: the text is rendered again."""
        return type(self), (self.diagnostics,)


def carried_out(work: Callable[[], Any]) -> Any:
    """What the work gives, alone; a program that stops there is an error of the program."""
    from qdsl.runtime.failures import Stopped

    with COMPILING, deep_recursion():
        try:
            return work()
        except Stopped as stop:
            raise CompileError([stop.diagnostic]) from None


@dataclass(frozen=True)
class FunctionOutline:
    """A declared function. `optional[i]` tells that argument i has a default."""

    name: str
    doc: str
    parameters: tuple[str, ...]
    optional: tuple[bool, ...]
    signature: str


@dataclass(frozen=True)
class Outline:
    """A program that checks. `files` are all that it may have imported, each with its digest, or "" where none is."""

    functions: dict[str, FunctionOutline]
    constants: tuple[str, ...]
    lets: tuple[str, ...]
    experiments: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    nonfinite: str
    files: tuple[tuple[str, str], ...]


@dataclass
class Code:
    """The machine code of a function. `parameters` and `result` are the types that its arguments and result have;
    `globals` are the session's variables that it takes besides; `widen` compiles it over lanes, and is not kept."""

    parameters: tuple[types.Type, ...]
    result: types.Type
    native: NativeModule
    name: str
    globals: tuple[typed.Variable, ...] = ()
    widen: Widen | None = None

    def __reduce__(self) -> tuple[type[Code], tuple[object, ...]]:
        return type(self), (self.parameters, self.result, self.native, self.name, self.globals)

    @cached_property
    def kernel(self) -> Kernel:
        """The code, linked."""
        return Kernel(self.native.entry(self.name), self.widen)


@dataclass(frozen=True)
class Live:
    """A checked program whose lets have run."""

    session: Session
    checked: Checked


class Program:
    """A sound program; a `CompileError` where it is none."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.cache = DiskCache.default()
        self.key = _digest("\0".join((stamp(), source.name, source.text)).encode()) if self.cache is not None else ""
        kept = self._read(f"outline {self.key}")
        if not (isinstance(kept, Outline) and all(_digest_of(path) == digest for path, digest in kept.files)):
            kept = self._outlined()
        self.outline = kept

    @cached_property
    def live(self) -> Live:
        """The program checked and its lets run, which is put off as long as the cache has the answers."""
        from qdsl.runtime.failures import Stopped
        from qdsl.runtime.session import Session, Settings

        with COMPILING:
            session = Session(Settings(folder=Path(self.source.name).parent, in_python=True))
            checked = session.check(self.source)
            if not checked.ok:
                raise CompileError(checked.diagnostics.in_order())
            try:
                session.bind_lets(checked)
            except Stopped as stop:
                raise CompileError([stop.diagnostic]) from None
        return Live(session, checked)

    def value(self, expr: typed.Expr) -> Any:
        """What an expression of the program is worth; one that stops is an error of the program, as a let is."""
        from qdsl.runtime.failures import Stopped

        try:
            return self.live.session.environment.evaluate(expr)
        except Stopped as stop:
            raise CompileError([stop.diagnostic]) from None

    @cached_property
    def lets(self) -> dict[str, typed.Variable]:
        """The lets of the program itself: what it imports has others."""
        variables = (each.variable for each in self.live.checked.module.statements if isinstance(each, typed.Let))
        return {each.name: each for each in variables if each in self.live.session.environment.values}

    # ── what is kept ─────────────────────────────────────────────────────────

    def code(self, name: str, source: Callable[[], generate.Source]) -> Code:
        """The code of what is known by that name; where it is not kept, `source` says what to compile."""
        key = f"code {self.key} {self.outline.files} {name} {host()}"
        kept = self._read(key)
        if isinstance(kept, Code):
            kept.widen = self._widening(key, source)
            return self._linked(kept, key)
        code = self._generated(source())
        if not code.globals:
            self._write(key, code)
            code.widen = self._widening(key, source)
        return code

    def _widening(self, key: str, source: Callable[[], generate.Source]) -> Widen:
        """How to compile the code over lanes, or to find that in the cache."""

        def widen(varying: Pattern, tally: bool) -> WideModule:
            own_key = f"wide {varying} {tally} {key}"
            kept = self._read(own_key)
            if isinstance(kept, WideModule):
                kept.cache = self.cache
                return kept
            with COMPILING, deep_recursion():
                generator = self.live.session.compiler.generator
                wide = generator.wide(generator.generate(source(), stop_after="optimised"), varying, tally=tally)
            self._write(own_key, wide)
            return wide

        return widen

    def _generated(self, source: generate.Source) -> Code:
        from qdsl.lang.generate import Refused

        try:
            unit = self.live.session.compiler.generator.generate(source)
        except Refused as refused:
            raise CompileError([refused.diagnostic]) from None
        entry = unit.entry
        parameters = tuple(map(types.resolved, entry.parameters))
        return Code(parameters, types.resolved(entry.result), unit.native, unit.name, entry.globals)

    def _linked(self, kept: Code, key: str) -> Code:
        """The code out of the cache, in memory; where it does not link it is made anew, and kept instead."""
        kept.native.cache, code = self.cache, kept.native.code
        if kept.kernel and kept.native.code is not code:
            self._write(key, replace(kept))
        return kept

    def _outlined(self) -> Outline:
        """What a check says of the program, kept if every run will say the same."""
        session, module = self.live.session, self.live.checked.module
        show = self.live.checked.show.fresh()
        files = tuple((str(path), _digest_of(str(path))) for path in session.imports.asked)
        outline = Outline(
            {name: _function_outline(function, show) for name, function in module.functions.items()},
            tuple(module.constants),
            tuple(self.lets),
            tuple(module.experiments),
            tuple(self.live.checked.diagnostics.in_order()),
            session.compiler.nonfinite,
            files,
        )
        if all(_repeats(each.module) for each in (self.live.checked, *session.imports.checked)):
            self._write(f"outline {self.key}", outline)
        return outline

    def _read(self, key: str) -> object:
        blob = self.cache.get(key) if self.cache is not None else None
        if blob is None:
            return None
        try:
            return pickle.loads(blob)
        except Exception:  # damaged or foreign bytes can raise anything; they are only from a cache
            return None

    def _write(self, key: str, kept: object) -> None:
        if self.cache is not None:
            self.cache.put(key, pickle.dumps(kept, pickle.HIGHEST_PROTOCOL))


def _function_outline(function: typed.Function, show: Show) -> FunctionOutline:
    type_ = function.type
    assert isinstance(type_, types.Function)
    shown = ", ".join(f"{each.name}: {show.type(each.type)}" for each in function.parameters)
    return FunctionOutline(
        function.name,
        function.doc,
        tuple(each.name for each in function.parameters),
        tuple(default is not None for default in function.defaults),
        f"({shown}) -> {show.type(type_.result)}",
    )


def _repeats(module: typed.Module) -> bool:
    """Whether the lets of a program are the same in every run: they compute, and ask nothing of the outside."""
    lets = [each.value for each in module.statements if isinstance(each, typed.Let)]
    return not any(isinstance(node, typed.HostCall) for node in _below(lets))


def _below(nodes: Sequence[object]) -> Iterator[object]:
    for node in nodes:
        if isinstance(node, (typed.Expr, typed.Statement)):
            yield node
            yield from _below([getattr(node, name) for name in node.__match_args__])
        elif type(node) is tuple:
            yield from _below(node)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def _digest_of(path: str) -> str:
    """The digest of a file, "" where there is none to read."""
    try:
        return _digest(Path(path).read_bytes())
    except OSError:
        return ""
