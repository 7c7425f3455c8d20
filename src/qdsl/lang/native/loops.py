"""The entries that go over columns of arguments: `loop` for functions of numbers, `map` where arrays stand beside them.

    loop.f(columns, n, strides, results, context):
        for each block of 256 elements:   lay out what is not contiguous; run block.f over it, in fast mode
                                          if anything was suspect: element.f for each, which stops with a message

`block.f` is one straight loop over the fast function, which LLVM turns into vector instructions; its columns never
overlap. The layouts are those of `native.abi`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core.ir import ArrayType, Function, Scalar, scalar_of
from qdsl.lang.native.abi import ELEMENT_BYTES, ELEMENT_TYPE, INDEX, INTERRUPTED, STARTED, words
from qdsl.lang.native.entries import (
    OUTER,
    Entry,
    any_nonfinite,
    define,
    field_of,
    load_as,
    return_code,
    store_as,
    tell_point,
)
from qdsl.lang.native.interruption import poll
from qdsl.lang.native.program import Mode, Program
from qdsl.lang.native.writer import LLVM_TYPE, Writer, llvm_type, symbol

BETWEEN_POLLS = 1 << 13
"""Elements of columns between two polls for interrupts, in fast mode; careful elements are taken to be slower."""

BLOCK = 256
"""Elements that are done in one go: enough to forget the call, few enough for the first-level cache."""


def written(program: Program, function: Function, elementwise: bool, quick: bool) -> list[str]:
    """The entries of one function. `quick`: it may run in fast mode."""
    entry = Loops(program, function)
    if not elementwise:
        return [entry.call(entry.careful()), *([entry.map()] if entry.gives_numbers() else [])]
    parts = [entry.element(), entry.call(symbol(f"element.{function.name}"))]
    return parts + ([entry.block(), entry.loop_in_blocks()] if quick else [entry.loop()])


class Loops(Entry):
    """The entries that go over columns."""

    # ── map ──────────────────────────────────────────────────────────────────

    def map(self) -> str:
        """The careful function for each element of the columns that stand for its numbers; its arrays stay the same."""
        w = Writer()
        self.start(w)
        fixed: dict[int, list[tuple[str, str]]] = {}
        columns: dict[int, tuple[str, str]] = {}
        at = 0
        for i, type_ in enumerate(self.parameters):
            if isinstance(type_, ArrayType):
                fixed[i] = self.read_words(w, type_, at)
            else:
                columns[i] = w.load("ptr", w.at("%arguments", at)), w.load("i64", w.at("%strides", at))
            at += words(type_)
        outs = [w.load("ptr", w.at("%results", i, "ptr")) for i in range(len(self.results))]

        def element(index: str) -> str:
            arguments: list[tuple[str, str]] = []
            for i, type_ in enumerate(self.parameters):
                if isinstance(type_, ArrayType):
                    arguments += fixed[i]
                    continue
                column, stride = columns[i]
                loaded = load_as(w, scalar_of(type_), strided(w, column, index, stride))
                arguments.append((llvm_type(type_), loaded))
            return w.call(self.struct, self.careful(), *arguments, ("ptr", "%context"))

        self._each(w, element, outs, "0", "%n", "finished", polls=True)
        self._finished(w)
        return self._loop_definition(w, "map", OUTER)

    # ── loop ─────────────────────────────────────────────────────────────────

    def block(self) -> str:
        """A straight loop over the fast function; whether anything was suspect."""
        w = Writer()
        w.jump("head")
        w.begin("head")
        index, suspect = w.open_phi("i64"), w.open_phi("i1")
        arguments = [
            (LLVM_TYPE[t], load_as(w, t, w.at(f"%a{i}", index.name, ELEMENT_TYPE[t])))
            for i, t in enumerate(self.scalars())
        ]
        name = symbol(f"{Mode.FAST.value}.{self.function.name}")
        returned = w.call(self.struct, name, *arguments, ("ptr", "%context"))
        doubt = w.value(f"extractvalue {self.struct} {returned}, 0")
        fields = [w.value(f"extractvalue {self.struct} {returned}, {i + 1}") for i in range(len(self.results))]
        doubt = w.value(f"or i1 {doubt}, {any_nonfinite(w, self.results, fields)}")
        for i, (type_, value) in enumerate(zip(self.scalar_results(), fields, strict=True)):
            store_as(w, type_, value, w.at(f"%r{i}", index.name, ELEMENT_TYPE[type_]))
        so_far = w.value(f"or i1 {suspect.name}, {doubt}")
        following = w.integer("add nuw nsw", index.name, 1)
        w.close_phi(index, [("0", "body"), (following, "head")])
        w.close_phi(suspect, [("false", "body"), (so_far, "head")])
        w.branch(w.value(f"icmp eq i64 {following}, %n"), "done", "head")
        w.begin("done")
        w.do(f"ret i1 {so_far}")
        columns = [f"ptr noalias %a{i}" for i in range(len(self.parameters))]
        columns += [f"ptr noalias %r{i}" for i in range(len(self.results))]
        return define(
            f"internal i1 {self.named('block')} ({', '.join([*columns, 'i64 %n, ptr %context'])}) nounwind", w
        )

    def loop_in_blocks(self) -> str:
        w = Writer()
        columns, strides, outs = self._columns(w)
        buffers = [w.value(f"alloca [{BLOCK} x {ELEMENT_TYPE[t]}], align 64") for t in self.scalars()]
        self.start(w)
        before = w.block
        w.jump("blocks")
        w.begin("blocks")
        start = w.open_phi("i64")
        left = w.integer("sub", "%n", start.name)
        w.branch(w.value(f"icmp sgt i64 {left}, 0"), "lay", "finished")
        w.begin("lay")
        self._poll_each(w, BETWEEN_POLLS, BLOCK, start.name)
        count = w.value(f"call i64 @llvm.smin.i64(i64 {left}, i64 {BLOCK})")
        laid = [
            self._laid_out(w, type_, column, stride, buffer, start.name, count)
            for type_, column, stride, buffer in zip(self.scalars(), columns, strides, buffers, strict=True)
        ]
        targets = [w.at(out, start.name, ELEMENT_TYPE[t]) for out, t in zip(outs, self.scalar_results(), strict=True)]
        pointers = [("ptr", each) for each in (*laid, *targets)]
        doubt = w.call("i1", self.named("block"), *pointers, ("i64", count), ("ptr", "%context"))
        end = w.integer("add", start.name, count)
        w.branch(doubt, "again", "next", unlikely=True)
        w.begin("again")
        self._each(w, self._one_of(w, columns, strides), outs, start.name, end, "next")
        w.begin("next")
        w.close_phi(start, [("0", before), (end, "next")])
        w.jump("blocks")
        self._finished(w)
        return self._loop_definition(w, "loop")

    def loop(self) -> str:
        """The careful loop alone."""
        w = Writer()
        columns, strides, outs = self._columns(w)
        self.start(w)
        self._each(w, self._one_of(w, columns, strides), outs, "0", "%n", "finished", polls=True)
        self._finished(w)
        return self._loop_definition(w, "loop", OUTER)

    def _laid_out(self, w: Writer, type_: Scalar, column: str, stride: str, buffer: str, start: str, count: str) -> str:
        """Where elements `start`... of a column are contiguous: in place, or copied to the buffer."""
        size = ELEMENT_BYTES[type_]
        moved = w.at(column, w.integer("mul", start, stride), "i8")
        contiguous = w.value(f"icmp eq i64 {stride}, {size}")
        ready, copy, laid = w.label("ready"), w.label("copy"), w.label("laid")
        before = w.block
        w.branch(contiguous, laid, ready)
        w.begin(ready)
        same = w.value(f"icmp eq i64 {stride}, 0")
        later = w.value(f"icmp ne i64 {start}, 0")
        w.branch(w.value(f"and i1 {same}, {later}"), laid, copy)
        w.begin(copy)
        w.do(f"call void @qdsl.gather{size}(ptr {buffer}, ptr {moved}, i64 {stride}, i64 {count})")
        w.jump(laid)
        w.begin(laid)
        return w.phi("ptr", [(moved, before), (buffer, ready), (buffer, copy)])

    def _each(
        self,
        w: Writer,
        element: Callable[[str], str],
        outs: Sequence[str],
        start: str,
        end: str,
        then: str,
        polls: bool = False,
    ) -> None:
        """`element(index) -> struct` from start to end; on to `then`, or to `failed` with the index kept."""
        before = w.block
        head, inside, kept, stopped = (w.label(hint) for hint in ("each", "one", "kept", "stopped"))
        w.jump(head)
        w.begin(head)
        index = w.open_phi("i64")
        w.branch(w.value(f"icmp slt i64 {index.name}, {end}"), inside, then)
        w.begin(inside)
        if polls:
            self._poll_each(w, BETWEEN_POLLS // 8, 1, index.name)
        tell_point(w, self.program, self.function, index.name)
        returned = element(index.name)
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), stopped, kept, unlikely=True)
        w.begin(stopped)
        w.store("i64", index.name, field_of(w, INDEX))
        w.jump("failed")
        w.begin(kept)
        for i, (type_, out) in enumerate(zip(self.scalar_results(), outs, strict=True)):
            value = w.value(f"extractvalue {self.struct} {returned}, {i + 1}")
            store_as(w, type_, value, w.at(out, index.name, ELEMENT_TYPE[type_]))
        w.close_phi(index, [(start, before), (w.integer("add", index.name, 1), kept)])
        w.jump(head)

    def _one_of(self, w: Writer, columns: Sequence[str], strides: Sequence[str]) -> Callable[[str], str]:
        """How to run `element.f` on one of the columns' elements."""

        def element(index: str) -> str:
            arguments = [
                (LLVM_TYPE[t], load_as(w, t, strided(w, column, index, stride)))
                for t, column, stride in zip(self.scalars(), columns, strides, strict=True)
            ]
            return w.call(self.struct, self.named("element"), *arguments, ("ptr", "%context"))

        return element

    def _columns(self, w: Writer) -> tuple[list[str], list[str], list[str]]:
        count = range(len(self.parameters))
        columns = [w.load("ptr", w.at("%arguments", i, "ptr")) for i in count]
        strides = [w.load("i64", w.at("%strides", i)) for i in count]
        outs = [w.load("ptr", w.at("%results", i, "ptr")) for i in range(len(self.results))]
        return columns, strides, outs

    def _poll_each(self, w: Writer, elements: int, step: int, index: str) -> None:
        """Poll for interrupts before the last step of so many elements."""
        if not self.program.interruptible:
            return
        ask, on = w.label("ask"), w.label("on")
        past = w.integer("and", index, elements - 1)
        due = w.value(f"icmp eq i64 {past}, {elements - step}")
        w.branch(due, ask, on, unlikely=True)
        w.begin(ask)
        poll(w, w.load("i64", field_of(w, STARTED)), "interrupted", on)
        w.begin(on)

    def _finished(self, w: Writer) -> None:
        """The ends of a loop: all done, interrupted, failed."""
        w.begin("finished")
        w.do("ret i32 0")
        if self.program.interruptible:
            w.begin("interrupted")
            w.do(f"ret i32 {INTERRUPTED}")
        return_code(w)

    def _loop_definition(self, w: Writer, kind: str, attributes: str = "nounwind") -> str:
        parameters = "ptr %arguments, i64 %n, ptr %strides, ptr %results, ptr %context"
        return define(f"i32 {self.named(kind)} ({parameters}) {attributes}", w)


def strided(w: Writer, column: str, index: str, stride: str) -> str:
    return w.at(column, w.integer("mul", index, stride), "i8")
