"""The entry that runs a function over W points at a time: `lanes`, for functions that have a wide form (`lang.lanes`).

    lanes.f(arguments, n, strides, results, context):
        for each W points:   each lane's arguments side by side; run the wide function
                             if anything failed: careful.f for each of them, which stops with a message

The last points are run beside copies of the very last. Arguments are words as for `map`, but an array that varies has
its own stride from one point's array to the next. A number among the results is the address of a column; an array is
the address of the first point's array and the lengths that each must have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.core.ir import INT, ArrayType, Code, Function, Lanes, Scalar, Type, scalar_of
from qdsl.lang.lanes.widen import Wide
from qdsl.lang.native.abi import (
    CHUNK,
    ELEMENT_BYTES,
    ELEMENT_TYPE,
    INDEX,
    INTERRUPTED,
    STARTED,
    TOP,
    element_type,
    words,
)
from qdsl.lang.native.entries import Entry, define, field_of, load_as, return_code, store_as, tell_point
from qdsl.lang.native.interruption import poll
from qdsl.lang.native.lanes import extracted, inserted
from qdsl.lang.native.places import flat, result_struct
from qdsl.lang.native.program import Program, is_small
from qdsl.lang.native.sites import Site
from qdsl.lang.native.writer import LLVM_TYPE, Writer, llvm_type, symbol

GROUPS_BETWEEN_POLLS = 16
"""Points are taken to be slow: that is why they run in lanes."""


def written(program: Program, function: Function, wide: Wide) -> str:
    """The entry of `function`, whose wide form is `wide`."""
    return WideLoop(program, function, wide).loop()


@dataclass(frozen=True, slots=True)
class _Array:
    """A whole array in memory: the address of its elements, and all its lengths."""

    data: str
    lengths: Sequence[str]


class WideLoop(Entry):
    """Writes the entry. `w` is its text so far."""

    def __init__(self, program: Program, function: Function, wide: Wide) -> None:
        super().__init__(program, function)
        self.wide, self.width = wide, wide.width
        self.root = program.functions[wide.root]
        self.wide_struct = result_struct(self.root.result_types)
        self.w = Writer()
        self.allocates = wide.root in program.allocating or any(
            isinstance(type_, ArrayType) and varies for type_, varies in zip(self.parameters, wide.varying, strict=True)
        )
        self.allocates |= function.name in program.allocating

    def loop(self) -> str:
        w = self.w
        self.start(w)
        self.read_arguments()
        self.read_results()
        slots = self.result_slots(self.root.result_types)
        own_slots = self.result_slots(self.results)
        last = w.integer("sub", "%n", 1)
        if self.allocates:
            self.chunk, self.top = w.load("ptr", field_of(w, CHUNK)), w.load("i64", field_of(w, TOP))
        before = w.block
        w.jump("groups")
        w.begin("groups")
        first = w.open_phi("i64")
        w.branch(w.value(f"icmp slt i64 {first.name}, %n"), "group", "finished")
        w.begin("group")
        self.poll(first.name)
        points = [
            w.value(f"call i64 @llvm.smin.i64(i64 {w.integer('add', first.name, lane)}, i64 {last})")
            for lane in range(self.width)
        ]
        tell_point(w, self.program, self.function, first.name)
        arguments = self.wide_arguments(points)
        outs = [("ptr", slot) for slot in slots.values()]
        returned = w.call(self.wide_struct, symbol(f"lanes.{self.wide.root}"), *arguments, *outs, ("ptr", "%context"))
        w.branch(w.value(f"extractvalue {self.wide_struct} {returned}, 0"), "again", "good", unlikely=True)
        w.begin("good")
        self.store_wide(returned, slots, points)
        w.jump("next")
        w.begin("again")
        self.one_by_one(first.name, own_slots)
        w.begin("next")
        self.rewind()
        w.close_phi(first, [("0", before), (w.integer("add", first.name, self.width), w.block)])
        w.jump("groups")
        self.ends()
        parameters = "ptr %arguments, i64 %n, ptr %strides, ptr %results, ptr %context"
        return define(f"i32 {self.named('lanes')} ({parameters}) nounwind", w)

    # ── arguments ────────────────────────────────────────────────────────────

    def read_arguments(self) -> None:
        """Everything that is the same for all points, once."""
        w = self.w
        self.columns: list[tuple[str, str]] = []
        self.arrays: list[_Array | None] = []
        self.shared: list[str] = []
        at = 0
        for type_ in self.parameters:
            column = w.load("ptr", w.at("%arguments", at)), w.load("i64", w.at("%strides", at))
            self.columns.append(column)
            array = self.array_at("%arguments", at, type_) if isinstance(type_, ArrayType) else None
            self.arrays.append(array)
            self.shared.append("" if array is not None else load_as(w, scalar_of(type_), column[0]))
            at += words(type_)

    def array_at(self, table: str, at: int, type_: ArrayType) -> _Array:
        w = self.w
        lengths = [
            w.load("i64", w.at(table, at + 1 + axis)) if n is None else str(n) for axis, n in enumerate(type_.shape)
        ]
        return _Array(w.load("ptr", w.at(table, at)), lengths)

    def wide_arguments(self, points: Sequence[str]) -> list[tuple[str, str]]:
        arguments: list[tuple[str, str]] = []
        for i, (type_, varies) in enumerate(zip(self.parameters, self.wide.varying, strict=True)):
            array = self.arrays[i]
            if array is not None:
                assert isinstance(type_, ArrayType)
                arguments += self.passed(self.side_by_side(i, array, type_, points) if varies else array, type_)
            elif varies:
                numbers = [load_as(self.w, scalar_of(type_), self.address(i, point)) for point in points]
                lanes = Lanes(scalar_of(type_), self.width)
                arguments.append((llvm_type(lanes), inserted(self.w, lanes, numbers)))
            else:
                arguments.append((LLVM_TYPE[scalar_of(type_)], self.shared[i]))
        return arguments

    def address(self, parameter: int, point: str) -> str:
        """Where a point's argument is."""
        column, stride = self.columns[parameter]
        return self.w.at(column, self.w.integer("mul", point, stride), "i8")

    def side_by_side(self, parameter: int, array: _Array, type_: ArrayType, points: Sequence[str]) -> _Array:
        """The points' arrays as one array of lanes."""
        w = self.w
        kind = scalar_of(type_)
        lanes = Lanes(kind, self.width)
        count = self.count(array.lengths)
        size = w.integer("mul", count, self.width * ELEMENT_BYTES[kind])
        data = w.call("ptr", "@qdsl.allocate", ("ptr", "%context"), ("i64", size))
        room = w.label("room")
        w.branch(w.value(f"icmp eq ptr {data}, null"), "again", room, unlikely=True)
        w.begin(room)
        sources = [self.address(parameter, point) for point in points]
        with _Counted(w, count) as index:
            numbers = [w.load(ELEMENT_TYPE[kind], w.at(source, index, ELEMENT_TYPE[kind])) for source in sources]
            vector = "poison"
            for lane, number in enumerate(numbers):
                vector = w.value(
                    f"insertelement {element_type(lanes)} {vector}, {ELEMENT_TYPE[kind]} {number}, i64 {lane}"
                )
            w.store(element_type(lanes), vector, w.at(data, index, element_type(lanes)))
        return _Array(data, array.lengths)

    def passed(self, array: _Array, type_: ArrayType) -> list[tuple[str, str]]:
        """An array as the parameters of a function."""
        unknown = [length for length, n in zip(array.lengths, type_.shape, strict=True) if n is None]
        return [("ptr", array.data), *(("i64", length) for length in unknown)]

    def count(self, lengths: Sequence[str]) -> str:
        count = "1"
        for length in lengths:
            count = self.w.integer("mul", count, length)
        return count

    # ── results ──────────────────────────────────────────────────────────────

    def read_results(self) -> None:
        """Where results go, and how many elements those that are arrays have."""
        self.targets: list[_Array] = []
        self.sizes: list[str] = []
        at = 0
        for type_ in self.results:
            if isinstance(type_, ArrayType):
                self.targets.append(self.array_at("%results", at, type_))
                self.sizes.append(self.count(self.targets[-1].lengths))
            else:
                self.targets.append(_Array(self.w.load("ptr", self.w.at("%results", at)), ()))
                self.sizes.append("1")
            at += words(type_)

    def result_slots(self, types: Sequence[Type]) -> dict[int, str]:
        """Memory for small arrays that a function gives."""
        slots = {}
        for i, type_ in enumerate(types):
            if isinstance(type_, ArrayType) and is_small(type_):
                length = 1
                for n in type_.shape:
                    length *= n or 0
                slots[i] = self.w.value(f"alloca [{length} x {element_type(type_.element)}], align 64")
        return slots

    def returned(self, struct: str, types: Sequence[Type], value: str, slots: dict[int, str]) -> list[str | _Array]:
        """The results out of what a function returned."""
        w = self.w
        found: list[str | _Array] = []
        field = 1
        for i, type_ in enumerate(types):
            if not isinstance(type_, ArrayType):
                found.append(w.value(f"extractvalue {struct} {value}, {field}"))
                field += 1
            elif i in slots:
                found.append(_Array(slots[i], [str(n) for n in type_.shape]))
            else:
                parts = [w.value(f"extractvalue {struct} {value}, {field + j}") for j in range(len(flat(type_)))]
                field += len(parts)
                unknown = iter(parts[1:])
                found.append(_Array(parts[0], [next(unknown) if n is None else str(n) for n in type_.shape]))
        return found

    def store_wide(self, returned: str, slots: dict[int, str], points: Sequence[str]) -> None:
        """Each lane's results to its point; copies of the last point write what it writes."""
        w = self.w
        results = self.returned(self.wide_struct, self.root.result_types, returned, slots)
        for i, (result, type_) in enumerate(zip(results, self.results, strict=True)):
            kind = scalar_of(type_)
            lanes = Lanes(kind, self.width)
            if isinstance(result, str):
                for lane, point in enumerate(points):
                    self.store(kind, extracted(w, lanes, result, lane), self.place(i, point))
                continue
            self.check_lengths(i, result, "again")
            places = [self.place(i, point) for point in points]
            with _Counted(w, self.sizes[i]) as index:
                vector = w.load(element_type(lanes), w.at(result.data, index, element_type(lanes)))
                for lane, place in enumerate(places):
                    number = w.value(f"extractelement {element_type(lanes)} {vector}, i64 {lane}")
                    w.store(ELEMENT_TYPE[kind], number, w.at(place, index, ELEMENT_TYPE[kind]))

    def place(self, result: int, point: str) -> str:
        """Where a point's result goes."""
        kind = ELEMENT_TYPE[scalar_of(self.results[result])]
        offset = self.w.integer("mul", point, self.sizes[result])
        return self.w.at(self.targets[result].data, offset, kind)

    def store(self, kind: Scalar, value: str, address: str) -> None:
        store_as(self.w, kind, value, address)

    def check_lengths(self, result: int, found: _Array, otherwise: str) -> None:
        w = self.w
        for have, want in zip(found.lengths, self.targets[result].lengths, strict=True):
            if have != want:
                fits = w.label("fits")
                w.branch(w.value(f"icmp eq i64 {have}, {want}"), fits, otherwise)
                w.begin(fits)

    # ── one by one ───────────────────────────────────────────────────────────

    def one_by_one(self, first: str, slots: dict[int, str]) -> None:
        """The careful function for each point of a group, with its message and its index."""
        w = self.w
        self.rewind()
        end = w.value(f"call i64 @llvm.smin.i64(i64 {w.integer('add', first, self.width)}, i64 %n)")
        before = w.block
        w.jump("each")
        w.begin("each")
        point = w.open_phi("i64")
        w.branch(w.value(f"icmp slt i64 {point.name}, {end}"), "one", "next")
        w.begin("one")
        arguments: list[tuple[str, str]] = []
        for i, (type_, varies) in enumerate(zip(self.parameters, self.wide.varying, strict=True)):
            array = self.arrays[i]
            if array is not None:
                assert isinstance(type_, ArrayType)
                own = _Array(self.address(i, point.name), array.lengths) if varies else array
                arguments += self.passed(own, type_)
            else:
                kind = scalar_of(type_)
                value = load_as(w, kind, self.address(i, point.name)) if varies else self.shared[i]
                arguments.append((LLVM_TYPE[kind], value))
        outs = [("ptr", slot) for slot in slots.values()]
        tell_point(w, self.program, self.function, point.name)
        returned = w.call(self.struct, self.careful(), *arguments, *outs, ("ptr", "%context"))
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), "stopped", "kept", unlikely=True)
        w.begin("stopped")
        w.store("i64", point.name, field_of(w, INDEX))
        w.jump("failed")
        w.begin("kept")
        self.store_one(self.returned(self.struct, self.results, returned, slots), point.name)
        self.rewind()
        w.close_phi(point, [(first, before), (w.integer("add", point.name, 1), w.block)])
        w.jump("each")

    def store_one(self, results: Sequence[str | _Array], point: str) -> None:
        w = self.w
        for i, (result, type_) in enumerate(zip(results, self.results, strict=True)):
            kind = scalar_of(type_)
            if isinstance(result, str):
                self.store(kind, result, self.place(i, point))
                continue
            for have, want in zip(result.lengths, self.targets[i].lengths, strict=True):
                if have != want:
                    self.refuse_length(have, want, point)
            size = w.integer("mul", self.sizes[i], ELEMENT_BYTES[kind])
            target = self.place(i, point)
            w.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {result.data}, i64 {size}, i1 false)")

    def refuse_length(self, have: str, want: str, point: str) -> None:
        w = self.w
        message = f"the result of {self.function.name} has length {{0}} here and {{1}} at the first element"
        site = self.program.sites.number(Site(Code.SHAPE, message, (INT, INT), self.function.span))
        differs, fits = w.label("differs"), w.label("fits")
        w.branch(w.value(f"icmp eq i64 {have}, {want}"), fits, differs)
        w.begin(differs)
        numbers = f"i64 {have}, i64 {want}, i64 0, i64 0"
        w.do(f"call void @qdsl.stop(ptr %context, i32 {Code.SHAPE.value}, i32 {site}, {numbers})")
        w.store("i64", point, field_of(w, INDEX))
        w.jump("failed")
        w.begin(fits)

    # ── around the loop ──────────────────────────────────────────────────────

    def rewind(self) -> None:
        """Give back what a group took of the arena."""
        if self.allocates:
            self.w.do(f"call void @qdsl.rewind(ptr %context, ptr {self.chunk}, i64 {self.top})")

    def poll(self, first: str) -> None:
        """Before every so many groups: was there an interrupt?"""
        if not self.program.interruptible:
            return
        w = self.w
        ask, on = w.label("ask"), w.label("on")
        every = GROUPS_BETWEEN_POLLS * self.width
        due = w.value(f"icmp eq i64 {w.integer('and', first, every - 1)}, 0")
        w.branch(due, ask, on, unlikely=True)
        w.begin(ask)
        poll(w, w.load("i64", field_of(w, STARTED)), "interrupted", on)
        w.begin(on)

    def ends(self) -> None:
        w = self.w
        w.begin("finished")
        w.do("ret i32 0")
        if self.program.interruptible:
            w.begin("interrupted")
            w.do(f"ret i32 {INTERRUPTED}")
        return_code(w)


class _Counted:
    """A loop from 0 up to `count`: `with _Counted(w, count) as index: ...`."""

    def __init__(self, w: Writer, count: str) -> None:
        self.w, self.count = w, count

    def __enter__(self) -> str:
        w = self.w
        self.head, self.inside, self.done = w.label("head"), w.label("round"), w.label("done")
        self.before = w.block
        w.jump(self.head)
        w.begin(self.head)
        self.index = w.open_phi("i64")
        w.branch(w.value(f"icmp slt i64 {self.index.name}, {self.count}"), self.inside, self.done)
        w.begin(self.inside)
        return self.index.name

    def __exit__(self, *_: object) -> None:
        w = self.w
        w.close_phi(self.index, [("0", self.before), (w.integer("add", self.index.name, 1), w.block)])
        w.jump(self.head)
        w.begin(self.done)
