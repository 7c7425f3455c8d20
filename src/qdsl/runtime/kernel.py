"""A compiled function as Python calls it: numbers or NumPy arrays in, the same out.

    decay = Kernel(native.compile(module, ["decay"]).entry("decay"))
    decay(1.0, 2.0)                         0.6065306597126334
    decay(numpy.linspace(0, 1, 1000), 2.0)  an array of 1000

Scalar parameters broadcast over arrays as NumPy's functions do; array parameters take whole arrays. Conversions that
keep a number's meaning are made (an int where a real is wanted), others refused: see `runtime.arguments`. A program
that stops raises `KernelError`, which says where and with what. The interpreter lock is not held while arrays are
worked on.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from qdsl.lang.core.ir import BOOL, Code, Scalar, Type
from qdsl.lang.core.sightings import Sighting, worst
from qdsl.lang.native import Entry
from qdsl.runtime import arguments, context, watching
from qdsl.runtime.broadcast import LOOP, RELEASE, Broadcast, Widen, unravelled
from qdsl.runtime.columns import Call, ColumnFormat
from qdsl.runtime.kernel_error import KernelError, error_of

__all__ = ["Kernel", "KernelError"]

if TYPE_CHECKING:
    import numpy as np

Result = Any
"""A number, an array, or a tuple of them where a function has several results."""

CALL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)

AT_ONCE = 1 << 15
"""Elements of a straight kernel that one thread does in less time than handing them out takes."""

METH_FASTCALL_KEYWORDS = 0x0080 | 0x0002


class _MethodDefinition(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class Kernel:
    """A compiled function. `signature` has its parameters and results."""

    def __init__(self, entry: Entry, widen: Widen | None = None) -> None:
        self._entry, self._widen = entry, widen
        self.signature = entry.signature
        self.sites = entry.sites
        self._calls = entry.calls
        self._library = entry.library
        self._types = [type_ for _, type_ in entry.signature.parameters]
        self._names = [name for name, _ in entry.signature.parameters]
        self._call = CALL(entry.call)
        self._loop = LOOP(entry.loop) if entry.loop else None
        self._release = RELEASE(entry.release) if entry.release else _nothing_to_release
        self._numbers = _NumberFormat(self._types, entry.signature.results) if entry.signature.elementwise else None
        self._python = entry.python
        self._definitions: list[_MethodDefinition] = []
        direct = self.direct(self.convert_and_call)
        if direct is not None:  # Python looks for `__call__` in the class, so this kernel gets a class of its own
            self.__class__ = type("Kernel", (Kernel,), {"__call__": direct, "__module__": __name__})

    def direct(self, otherwise: Callable[..., Any]) -> Callable[..., Any] | None:
        """A C function that answers plain numbers in machine code (`native.python_entry`), and calls `otherwise` with
        whatever else it is given. None where the kernel has no such entry.

        It holds `otherwise` for as long as somebody can call it; that has to hold this kernel, and so its code.
        """
        if not self._python:
            return None
        name = self.signature.name.encode()
        definition = _MethodDefinition(name, self._python, METH_FASTCALL_KEYWORDS, b"a compiled function")
        new_function = ctypes.pythonapi.PyCFunction_NewEx
        make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)(
            ctypes.cast(new_function, ctypes.c_void_p).value or 0
        )
        function: Callable[..., Any] = make(ctypes.addressof(definition), otherwise, None)
        self._definitions.append(definition)
        return function

    def __repr__(self) -> str:
        takes = ", ".join(f"{name}: {type_}" for name, type_ in self.signature.parameters)
        return f"<kernel {self.signature.name}({takes}) -> ({', '.join(map(str, self.signature.results))})>"

    def __call__(self, *args: Any, nonfinite: str = "raise") -> Result:
        """Call it. `nonfinite="keep"` hands out results that are not finite instead of refusing them."""
        return self.convert_and_call(*args, nonfinite=nonfinite)

    def convert_and_call(self, *args: Any, nonfinite: str = "raise") -> Result:
        """The whole way, whatever the arguments are; plain numbers take a shorter one where there is one."""
        if nonfinite not in ("raise", "keep"):
            raise ValueError(f'nonfinite is "raise" or "keep", not {nonfinite!r}')
        if len(args) != len(self._types):
            raise TypeError(f"{self.signature.name} takes {_counted(len(self._types), 'argument')}, not {len(args)}")
        seen: list[Sighting] = []
        result = self._run(args, nonfinite == "keep", seen)
        if seen:
            watching.tell(worst(seen))
        return result

    def _run(self, args: Sequence[Any], keep: bool, seen: list[Sighting]) -> Result:
        """The results; what watches see joins `seen`."""
        if self._numbers is not None:
            words = self._numbers.packed(args)
            if words is not None:
                return self._one(words, keep, seen)
            call = self._columns.laid_out(args) if self._entry.straight else None
            if call is not None and call.size <= AT_ONCE:
                return self._loop_over(call, keep, seen)
        given = [arguments.accepted(*each) for each in zip(args, self._types, self._names, strict=True)]
        return self._over_points(given, keep, seen)

    def through(self, words: Any, results: Any, read: Callable[[], list[Any]], keep: bool) -> list[Any]:
        """One call of arguments that are words already (`native.abi`); `read` gives the results before memory is
        released. `keep` lets those pass that are not finite.
        """
        watches = self._entry.watches
        memory = context.fresh(keep, len(watches))
        try:
            status = self._call(words, results, memory)
            if status:
                raise error_of(status, memory, self.sites, self._calls, ())
            values = read()
        finally:
            self._release(memory)
        if watches:
            seen = self._sightings(memory, ())
            if seen:
                watching.tell(worst(seen))
        return values

    # ── numbers ──────────────────────────────────────────────────────────────

    def _one(self, words: bytes, keep: bool, seen: list[Sighting]) -> Result:
        """One set of numbers."""
        numbers = self._numbers
        assert numbers is not None
        memory = context.fresh(keep, len(self._entry.watches))
        results = ctypes.create_string_buffer(numbers.result_bytes)
        try:
            status = self._call(words, results, memory)
        finally:
            self._release(memory)
        if status:
            raise error_of(status, memory, self.sites, self._calls, ())
        seen += self._sightings(memory, ())
        return numbers.unpacked(results.raw)

    # ── columns ──────────────────────────────────────────────────────────────

    @cached_property
    def _columns(self) -> ColumnFormat:
        return ColumnFormat([_scalar(each) for each in self._types], [_scalar(each) for each in self.signature.results])

    def _loop_over(self, call: Call, keep: bool, seen: list[Sighting]) -> Result:
        """Arrays that need no conversion."""
        assert self._loop is not None
        memory = context.fresh(keep, len(self._entry.watches))
        try:
            status = self._loop(call.columns, call.size, call.strides, call.outputs, memory)
        finally:
            self._release(memory)
        if status:
            index = unravelled(context.stopped(memory).element, call.shape)
            raise error_of(status, memory, self.sites, self._calls, index)
        seen += self._sightings(memory, call.shape)
        return _several(call.results)

    # ── many points ──────────────────────────────────────────────────────────

    def _over_points(self, given: Sequence[np.ndarray], keep: bool, seen: list[Sighting]) -> Result:
        """Broadcast over what is given for scalar parameters, and over axes before an array's own."""
        shape = arguments.points_shape(given, self._types, self._names)
        if shape == ():
            return _several(self._once([array[()] for array in given], keep, (), seen))
        if prod(shape) == 0:
            return _several([arguments.empty(type_, shape) for type_ in self.signature.results])
        return _several(self._broadcast.over(given, shape, keep, seen))

    def explain(self, *args: Any) -> str:
        """How it runs over these arguments: how many points at once, what they share, where they part."""
        given = [arguments.accepted(*each) for each in zip(args, self._types, self._names, strict=True)]
        shape = arguments.points_shape(given, self._types, self._names)
        return self._broadcast.explain(given, shape)

    @cached_property
    def _broadcast(self) -> Broadcast:
        return Broadcast(self._entry, self._once, self._release, self._widen)

    def _not_finite(self, index: tuple[int, ...]) -> KernelError:
        message = f"the result of {self.signature.name} is not finite"
        return KernelError(Code.NONFINITE, message, (), index, self.signature.span)

    def _once(self, row: Sequence[Any], keep: bool, index: tuple[int, ...], seen: list[Sighting]) -> list[Any]:
        """One call through words."""
        words = (ctypes.c_int64 * max(1, arguments.words(self._types)))()
        held = arguments.write_words(words, row, self._types)
        results = (ctypes.c_int64 * max(1, arguments.words(self.signature.results)))()
        small = arguments.place_small_results(results, self.signature.results)
        memory = context.fresh(keep, len(self._entry.watches))
        try:
            status = self._call(words, results, memory)
            if status:
                raise error_of(status, memory, self.sites, self._calls, index)
            values = arguments.read_words(results, self.signature.results, small)
            del held
        finally:
            self._release(memory)
        wrong = None if keep else arguments.first_nonfinite(values)
        if wrong is not None and arguments.first_nonfinite(row) is None:
            raise self._not_finite((*index, *wrong))
        seen += [replace(each, element=index) for each, _ in context.sightings(memory, self._entry.watches)]
        return values

    def _sightings(self, memory: context.Block, shape: tuple[int, ...]) -> list[Sighting]:
        """What watches saw over points of that shape."""
        found = context.sightings(memory, self._entry.watches)
        return [replace(each, element=unravelled(point, shape)) for each, point in found]


class _NumberFormat:
    """How the numbers of an all-scalar function are packed into words and out again."""

    def __init__(self, parameters: Sequence[Type], results: Sequence[Type]) -> None:
        self.kinds = [arguments.PYTHON[_scalar(type_)] for type_ in parameters]
        self.pack = struct.Struct("<" + "".join(arguments.FORMATS[_scalar(type_)] for type_ in parameters)).pack
        self.unpack = struct.Struct("<" + "".join(arguments.FORMATS[_scalar(type_)] for type_ in results)).unpack
        self.bools = [i for i, type_ in enumerate(results) if type_ is BOOL]
        self.result_bytes = 8 * len(results)

    def packed(self, args: Sequence[Any]) -> bytes | None:
        """The arguments as words, if all are plain numbers, Python's or NumPy's, of the right kind and range."""
        plain = [
            value if type(value) in kinds else _as_python(value) for value, kinds in zip(args, self.kinds, strict=True)
        ]
        for value, kinds in zip(plain, self.kinds, strict=True):
            if type(value) not in kinds:
                return None
        try:
            return self.pack(*plain)
        except (struct.error, OverflowError):
            return None

    def unpacked(self, raw: bytes) -> Result:
        values: list[Any] = list(self.unpack(raw))
        for i in self.bools:
            values[i] = bool(values[i])
        return _several(values)


def _as_python(value: Any) -> Any:
    """A number of NumPy as Python's; anything else as it is."""
    numpy = sys.modules.get("numpy")  # who has none of its numbers need not load it
    return value.item() if numpy is not None and isinstance(value, numpy.generic) else value


def _nothing_to_release(context: Any) -> None:
    """For kernels that do not use the arena."""


def _several(values: Sequence[Any]) -> Result:
    return values[0] if len(values) == 1 else tuple(values)


def _scalar(type_: Type) -> Scalar:
    assert isinstance(type_, Scalar)
    return type_


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
