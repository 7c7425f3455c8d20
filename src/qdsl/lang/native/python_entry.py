"""An entry that Python calls without anything in between: a C function of the vectorcall kind, written in LLVM.

    ptr python.f(ptr self, ptr arguments, i64 count, ptr keyword_names)

It answers only what is plain: the right count of exact floats, ints and bools, and a result that is in order. For
anything else, a failure included, it calls `self`, a Python callable that converts, computes again and raises. So it
needs no messages, and a call takes some ten nanoseconds where ctypes takes hundreds.

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
from qdsl.lang.core.ir import BOOL, INT, REAL, Function, Scalar, Type
from qdsl.lang.native.abi import CODE, INTERRUPTED, KEEP, LEFT, RELEASE
from qdsl.lang.native.entries import start_call
from qdsl.lang.native.places import result_struct
from qdsl.lang.native.program import Program
from qdsl.lang.native.writer import LLVM_TYPE, Writer, symbol

ARENA_BYTES = 1 << 30
"""What this entry lets a call take; one that needs more is run again by `self`, which chooses its own limit."""

TYPE_OFFSET = 8
"""Where an object's type is in CPython: after the count of references."""

DECLARATIONS = """
@PyFloat_Type = external global i8
@PyLong_Type = external global i8
@_Py_TrueStruct = external global i8
@_Py_FalseStruct = external global i8
declare double @PyFloat_AsDouble(ptr)
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
"""

FUNCTIONS = (
    "PyFloat_AsDouble",
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
)
OBJECTS = ("PyFloat_Type", "PyLong_Type", "_Py_TrueStruct", "_Py_FalseStruct", "PyExc_KeyboardInterrupt")


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


def written(program: Program, function: Function, uses_arena: bool) -> str:
    """The entry of an elementwise function."""
    return _Entry(program, function, uses_arena).text()


class _Entry:
    def __init__(self, program: Program, function: Function, uses_arena: bool) -> None:
        self.program, self.function, self.uses_arena = program, function, uses_arena
        self.parameters = _scalars(value.type for value in function.parameters)
        self.results = _scalars(function.result_types)
        self.writer = Writer()

    def text(self) -> str:
        w = self.writer
        w.do("%context = alloca %context")
        w.do("%overflow = alloca i32")
        plain = w.value("icmp eq ptr %names, null")
        right = w.value(f"icmp eq i64 %count, {len(self.parameters)}")
        self._only_if(w.value(f"and i1 {plain}, {right}"))
        arguments = [(LLVM_TYPE[t], self._argument(i, t)) for i, t in enumerate(self.parameters)]
        returned = self._run(arguments)
        w.do(f"ret ptr {self._object(returned)}")
        if self.program.polls(self.function.name):
            self._raise_interrupt()
        w.begin("slow")
        w.do(f"ret ptr {w.value('call ptr @PyObject_Vectorcall(ptr %self, ptr %arguments, i64 %count, ptr %names)')}")
        head = (
            f"define ptr {symbol(f'python.{self.function.name}')} (ptr %self, ptr %arguments, i64 %count, ptr %names)"
        )
        return "\n".join([f"{head} nounwind {{", "body:", *w.lines, "}", ""])

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
        """A float, or an int of 64 bits, which is rounded as Python rounds it."""
        w = self.writer
        real, integer, read = w.label("real"), w.label("integer"), w.label("read")
        w.branch(w.value(f"icmp eq ptr {class_}, @PyFloat_Type"), real, integer)
        w.begin(integer)
        converted = w.value(f"sitofp i64 {self._integer(given, class_)} to double")
        after_integer = w.block
        w.jump(read)
        w.begin(real)
        number = w.call("double", "@PyFloat_AsDouble", ("ptr", given))
        w.jump(read)
        w.begin(read)
        return w.phi("double", [(converted, after_integer), (number, real)])

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
        returned = w.call(struct, symbol(f"element.{self.function.name}"), *arguments, ("ptr", "%context"))
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


def _scalars(types: Iterable[Type]) -> list[Scalar]:
    return [type_ for type_ in types if isinstance(type_, Scalar)]
