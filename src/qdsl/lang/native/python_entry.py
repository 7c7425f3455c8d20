"""An entry that Python calls without anything in between: a C function of the vectorcall kind, written in LLVM.

    ptr python.f(ptr self, ptr arguments, i64 count, ptr keyword_names)

It answers only what is plain: the right count of floats (NumPy's are such), exact ints and bools, and of NumPy's arrays
of doubles or Ints that lie in memory as ours do (`Py_buffer`), none of its subclasses; and a result that is in order,
where no `watch` met anything. For anything else, a failure included, it calls `self`, a Python callable that converts,
computes again and raises or warns. So it needs no messages, and a call takes some ten nanoseconds, with arrays some
hundred for each, where ctypes takes a thousand.

A function that loops may run long, so it runs without the interpreter's lock; where it polls for interrupts and was
interrupted, KeyboardInterrupt is raised here.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from qdsl.lang.core import calls
from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Function, Scalar, Type, scalar_of
from qdsl.lang.native.abi import CODE, INTERRUPTED, KEEP, LEFT, RELEASE, SEEN
from qdsl.lang.native.entries import OUTER, any_nonfinite, start_call
from qdsl.lang.native.places import result_struct
from qdsl.lang.native.program import Program
from qdsl.lang.native.writer import LLVM_TYPE, Writer, symbol

ARENA_BYTES = 1 << 30
"""What this entry lets a call take; one that needs more is run again by `self`, which chooses its own limit."""

BASE_SLOT = 48
"""Py_tp_base: what `PyType_GetSlot` calls the class that a class is derived from."""

TYPE_OFFSET = 8
"""Where an object's type is in CPython: after the count of references."""

NAME_OFFSET = 24
"""Where a class's name is: after what every object of variable size begins with."""

DECLARATIONS = """
@PyFloat_Type = external global i8
@PyLong_Type = external global i8
@_Py_TrueStruct = external global i8
@_Py_FalseStruct = external global i8
declare double @PyFloat_AsDouble(ptr)
declare i32 @PyType_IsSubtype(ptr, ptr)
declare ptr @PyType_GetSlot(ptr, i32)
@PyBaseObject_Type = external global i8
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyBool_FromLong(i64)
declare ptr @PyTuple_New(i64)
declare i32 @PyTuple_SetItem(ptr, i64, ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
@PyExc_KeyboardInterrupt = external global ptr
declare i32 @PyErr_CheckSignals()
declare void @PyErr_SetNone(ptr)
declare void @PyErr_Clear()
declare i32 @PyObject_GetBuffer(ptr, ptr, i32)
declare void @PyBuffer_Release(ptr)
"""

FUNCTIONS = (
    "PyFloat_AsDouble",
    "PyType_IsSubtype",
    "PyType_GetSlot",
    "PyLong_AsLongLongAndOverflow",
    "PyFloat_FromDouble",
    "PyLong_FromLongLong",
    "PyBool_FromLong",
    "PyTuple_New",
    "PyTuple_SetItem",
    "PyObject_Vectorcall",
    "PyEval_SaveThread",
    "PyEval_RestoreThread",
    "PyErr_CheckSignals",
    "PyErr_SetNone",
    "PyErr_Clear",
    "PyObject_GetBuffer",
    "PyBuffer_Release",
)
OBJECTS = (
    "PyBaseObject_Type",
    "PyFloat_Type",
    "PyLong_Type",
    "_Py_TrueStruct",
    "_Py_FalseStruct",
    "PyExc_KeyboardInterrupt",
)


@cache
def imports() -> Mapping[str, int]:
    """Where the interpreter we run in has what the entries call."""
    api = ctypes.pythonapi
    found = {name: ctypes.cast(getattr(api, name), ctypes.c_void_p).value or 0 for name in FUNCTIONS}
    return found | {name: ctypes.addressof(ctypes.c_char.in_dll(api, name)) for name in OBJECTS}


@cache
def possible() -> bool:
    """Whether objects lie in memory as the entries expect."""
    lockless = sys.version_info >= (3, 13) and sysconfig.get_config_var("Py_GIL_DISABLED")  # slow to ask
    return sys.implementation.name == "cpython" and not lockless and not hasattr(sys, "getobjects")


VIEW_WORDS = 10
"""The size of a Py_buffer."""

BUFFER, AXES, FORMAT, SHAPE = 0, 36, 40, 48
"""Where in it the address of the elements is, the count of axes, the format of an element, the lengths."""

CONTIGUOUS_WITH_FORMAT = 0x0C
"""PyBUF_ND and PyBUF_FORMAT: what has gaps is refused."""

FORMATS = {REAL: b"d", INT: b"lq"}
"""Formats of elements that are as ours; a long has 64 bits wherever arrays of Ints have that format."""


def takes(signature_parameters: Iterable[Type]) -> bool:
    """Whether there is an entry for these parameters, if the results are numbers."""
    return all(isinstance(type_, Scalar) or scalar_of(type_) in FORMATS for type_ in signature_parameters)


def written(program: Program, function: Function, uses_arena: bool) -> str:
    """The entry of a function that gives numbers."""
    return _Entry(program, function, uses_arena).text()


class _Entry:
    def __init__(self, program: Program, function: Function, uses_arena: bool) -> None:
        self.program, self.function, self.uses_arena = program, function, uses_arena
        self.parameters = [value.type for value in function.parameters]
        self.results = [type_ for type_ in function.result_types if isinstance(type_, Scalar)]
        self.views = [f"%view{i}" for i, type_ in enumerate(self.parameters) if isinstance(type_, ArrayType)]
        self.writer = Writer()

    def text(self) -> str:
        w = self.writer
        w.do("%context = alloca %context")
        w.do("%overflow = alloca i32")
        for view in self.views:
            w.do(f"{view} = alloca [{VIEW_WORDS} x i64], align 8")
        if self.views:
            w.do("%held = alloca i64")
            w.store("i64", "0", "%held")
        plain = w.value("icmp eq ptr %names, null")
        right = w.value(f"icmp eq i64 %count, {len(self.parameters)}")
        self._only_if(w.value(f"and i1 {plain}, {right}"))
        arguments: list[tuple[str, str]] = []
        for i, type_ in enumerate(self.parameters):
            if isinstance(type_, ArrayType):
                arguments += self._array(i, type_)
            elif isinstance(type_, Scalar):
                arguments.append((LLVM_TYPE[type_], self._argument(i, type_)))
        returned = self._run(arguments)
        self._give_back()
        w.do(f"ret ptr {self._object(returned)}")
        if self.program.polls(self.function.name):
            self._raise_interrupt()
        w.begin("slow")
        self._give_back()
        w.do(f"ret ptr {w.value('call ptr @PyObject_Vectorcall(ptr %self, ptr %arguments, i64 %count, ptr %names)')}")
        head = (
            f"define ptr {symbol(f'python.{self.function.name}')} (ptr %self, ptr %arguments, i64 %count, ptr %names)"
        )
        attributes = OUTER if self._may_run_long() else "nounwind"  # what takes long is not kept waiting by this
        return "\n".join([f"{head} {attributes} {{", "body:", *w.lines, "}", ""])

    def _only_if(self, condition: str) -> None:
        """Otherwise the slow way."""
        further = self.writer.label("further")
        self.writer.branch(condition, further, "slow")
        self.writer.begin(further)

    # ── arguments ────────────────────────────────────────────────────────────

    def _argument(self, index: int, type_: Scalar) -> str:
        w = self.writer
        given = w.load("ptr", w.at("%arguments", index, "ptr"))
        if type_ is BOOL:
            true = w.value(f"icmp eq ptr {given}, @_Py_TrueStruct")
            false = w.value(f"icmp eq ptr {given}, @_Py_FalseStruct")
            self._only_if(w.value(f"or i1 {true}, {false}"))
            return true
        class_ = w.load("ptr", w.at(given, TYPE_OFFSET, "i8"))
        return self._real(given, class_) if type_ is REAL else self._integer(given, class_)

    def _integer(self, given: str, class_: str) -> str:
        w = self.writer
        self._only_if(w.value(f"icmp eq ptr {class_}, @PyLong_Type"))
        number = w.call("i64", "@PyLong_AsLongLongAndOverflow", ("ptr", given), ("ptr", "%overflow"))
        self._only_if(w.value(f"icmp eq i32 {w.load('i32', '%overflow')}, 0"))
        return number

    def _real(self, given: str, class_: str) -> str:
        """A float, one of a class of its own too, or an int of 64 bits, which is rounded as Python rounds it."""
        w = self.writer
        real, other, integer, read = w.label("real"), w.label("other"), w.label("integer"), w.label("read")
        w.branch(w.value(f"icmp eq ptr {class_}, @PyFloat_Type"), real, other)
        w.begin(other)
        derived = w.call("i32", "@PyType_IsSubtype", ("ptr", class_), ("ptr", "@PyFloat_Type"))
        w.branch(w.value(f"icmp ne i32 {derived}, 0"), real, integer)
        w.begin(integer)
        converted = w.value(f"sitofp i64 {self._integer(given, class_)} to double")
        after_integer = w.block
        w.jump(read)
        w.begin(real)
        number = w.call("double", "@PyFloat_AsDouble", ("ptr", given))
        w.jump(read)
        w.begin(read)
        return w.phi("double", [(converted, after_integer), (number, real)])

    # ── arrays ───────────────────────────────────────────────────────────────

    def _array(self, index: int, type_: ArrayType) -> list[tuple[str, str]]:
        """The elements and the open lengths of an array whose elements lie side by side and are as ours."""
        w = self.writer
        given, view = w.load("ptr", w.at("%arguments", index, "ptr")), f"%view{index}"
        # A class derived from an array's may mean more by it than its elements: one with a mask does.
        class_ = w.load("ptr", w.at(given, TYPE_OFFSET, "i8"))
        base = w.call("ptr", "@PyType_GetSlot", ("ptr", class_), ("i32", str(BASE_SLOT)))
        self._only_if(w.value(f"icmp eq ptr {base}, @PyBaseObject_Type"))
        self._only_if_named(w.load("ptr", w.at(given, TYPE_OFFSET, "i8")), b"numpy.ndarray\0")
        flags = ("i32", str(CONTIGUOUS_WITH_FORMAT))
        status = w.call("i32", "@PyObject_GetBuffer", ("ptr", given), ("ptr", view), flags)
        got, refused = w.label("got"), w.label("refused")
        w.branch(w.value(f"icmp eq i32 {status}, 0"), got, refused)
        w.begin(refused)
        w.do("call void @PyErr_Clear()")
        w.jump("slow")
        w.begin(got)
        w.store("i64", str(self.views.index(view) + 1), "%held")
        self._only_if(w.value(f"icmp eq i32 {w.load('i32', w.at(view, AXES, 'i8'))}, {len(type_.shape)}"))
        self._only_if(self._is_format(w.load("ptr", w.at(view, FORMAT, "i8")), FORMATS[scalar_of(type_)]))
        shape = w.load("ptr", w.at(view, SHAPE, "i8"))
        arguments = [("ptr", w.load("ptr", w.at(view, BUFFER, "i8")))]
        for axis, known in enumerate(type_.shape):
            length = w.load("i64", w.at(shape, axis))
            if known is None:
                arguments.append(("i64", length))
            else:
                self._only_if(w.value(f"icmp eq i64 {length}, {known}"))
        return arguments

    def _only_if_named(self, class_: str, name: bytes) -> None:
        """A class by its name: NumPy need not be there when this is linked."""
        w = self.writer
        letters = w.load("ptr", w.at(class_, NAME_OFFSET, "i8"))
        for at, letter in enumerate(name):
            self._only_if(w.value(f"icmp eq i8 {w.load('i8', w.at(letters, at, 'i8'))}, {letter}"))

    def _is_format(self, text: str, letters: bytes) -> str:
        """Whether a format is one of these letters alone. Without one it is bytes."""
        w = self.writer
        self._only_if(w.value(f"icmp ne ptr {text}, null"))
        first, second = w.load("i8", text), w.load("i8", w.at(text, 1, "i8"))
        found = "false"
        for letter in letters:
            found = w.value(f"or i1 {found}, {w.value(f'icmp eq i8 {first}, {letter}')}")
        return w.value(f"and i1 {found}, {w.value(f'icmp eq i8 {second}, 0')}")

    def _give_back(self) -> None:
        """Let go of the arrays that are held."""
        w = self.writer
        for i, view in enumerate(self.views):
            one, on = w.label("one"), w.label("on")
            w.branch(w.value(f"icmp ugt i64 {w.load('i64', '%held')}, {i}"), one, on)
            w.begin(one)
            w.do(f"call void @PyBuffer_Release(ptr {view})")
            w.jump(on)
            w.begin(on)

    # ── the call ─────────────────────────────────────────────────────────────

    def _run(self, arguments: Sequence[tuple[str, str]]) -> str:
        """Run the careful element; on to the slow way if it failed."""
        w = self.writer
        w.store("%context", "zeroinitializer", "%context")
        start_call(w, self.program, self.function)
        w.store("i64", str(ARENA_BYTES), self._field(LEFT))
        w.store("i64", "0", self._field(KEEP))
        polls = self.program.polls(self.function.name)
        unlocked = self._may_run_long()
        state = w.value("call ptr @PyEval_SaveThread()") if unlocked else ""
        struct = result_struct(self.results)
        target = "careful" if self.views else "element"
        returned = w.call(struct, symbol(f"{target}.{self.function.name}"), *arguments, ("ptr", "%context"))
        if self.uses_arena:
            w.do(f"call void @{RELEASE}(ptr %context)")
        if unlocked:
            w.do(f"call void @PyEval_RestoreThread(ptr {state})")
        failed = w.value(f"extractvalue {struct} {returned}, 0")
        if polls:
            stopped, answered = w.label("stopped"), w.label("answered")
            w.branch(failed, stopped, answered, unlikely=True)
            w.begin(stopped)
            status = w.load("i32", self._field(CODE))
            w.branch(w.value(f"icmp eq i32 {status}, {INTERRUPTED}"), "interrupted", "slow")
            w.begin(answered)
        else:
            self._only_if(w.value(f"xor i1 {failed}, true"))
        if self.views:  # of arrays, who calls is asked whether what is not finite has an excuse
            fields = [w.value(f"extractvalue {struct} {returned}, {i + 1}") for i in range(len(self.results))]
            self._only_if(w.value(f"xor i1 {any_nonfinite(w, self.results, fields)}, true"))
        if self.function.name in self.program.watching:
            self._only_if(w.value(f"icmp eq i64 {w.load('i64', self._field(SEEN))}, 0"))
        return returned

    def _field(self, field: int) -> str:
        return self.writer.value(f"getelementptr inbounds %context, ptr %context, i32 0, i32 {field}")

    def _may_run_long(self) -> bool:
        reached = calls.reachable(self.program.module, [self.function.name])
        loops = ("for", "while", "build")
        return not self.program.recursive.isdisjoint(reached) or any(
            op.name in loops for name in reached for op in self.program.functions[name].body.walk()
        )

    def _raise_interrupt(self) -> None:
        """Let Python's handler raise, if this is its thread; else KeyboardInterrupt."""
        w = self.writer
        w.begin("interrupted")
        self._give_back()
        raised = w.value("call i32 @PyErr_CheckSignals()")
        w.branch(w.value(f"icmp eq i32 {raised}, 0"), "raise", "raised")
        w.begin("raise")
        w.do(f"call void @PyErr_SetNone(ptr {w.load('ptr', '@PyExc_KeyboardInterrupt')})")
        w.jump("raised")
        w.begin("raised")
        w.do("ret ptr null")

    # ── results ──────────────────────────────────────────────────────────────

    def _object(self, returned: str) -> str:
        w = self.writer
        struct = result_struct(self.results)
        made = [
            _boxed(w, type_, w.value(f"extractvalue {struct} {returned}, {i + 1}"))
            for i, type_ in enumerate(self.results)
        ]
        if len(made) == 1:
            return made[0]
        several = w.value(f"call ptr @PyTuple_New(i64 {len(made)})")
        for i, each in enumerate(made):
            w.do(f"call i32 @PyTuple_SetItem(ptr {several}, i64 {i}, ptr {each})")
        return several


def _boxed(w: Writer, type_: Scalar, value: str) -> str:
    if type_ is REAL:
        return w.call("ptr", "@PyFloat_FromDouble", ("double", value))
    if type_ is INT:
        return w.call("ptr", "@PyLong_FromLongLong", ("i64", value))
    return w.call("ptr", "@PyBool_FromLong", ("i64", w.value(f"zext i1 {value} to i64")))
