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
from collections.abc import Callable, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from qdsl.lang.core.failure_words import at_element
from qdsl.lang.core.ir import BOOL, Code, Scalar, Type
from qdsl.lang.native import Entry
from qdsl.lang.native.abi import INTERRUPTED
from qdsl.lang.source import Span
from qdsl.runtime import arguments, context
from qdsl.runtime.columns import Call, ColumnFormat

if TYPE_CHECKING:
    import numpy as np

Number = bool | int | float
Result = Any
"""A number, an array, or a tuple of them where a function has several results."""

CALL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
LOOP = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)
RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

METH_FASTCALL_KEYWORDS = 0x0080 | 0x0002


class _MethodDefinition(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class KernelError(Exception):
    """A kernel stopped: why, at which element of what it was called with, with which numbers, and where in the source.
    `within` is the element of an array that it was building.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        values: tuple[Number, ...],
        index: tuple[int, ...],
        span: Span | None,
        within: tuple[int, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.values = values
        self.index = index
        self.span = span
        self.within = within

    def __reduce__(self) -> tuple[type[KernelError], tuple[object, ...]]:
        """Pickled by what it is made of: a worker's error reaches the process that asked."""
        return type(self), (self.code, self.message, self.values, self.index, self.span, self.within)

    def __str__(self) -> str:
        inner = at_element(self.within)
        return self.message + (f"{inner} of an array" if inner and self.index else inner) + at_element(self.index)


class Kernel:
    """A compiled function. `signature` has its parameters and results."""

    def __init__(self, entry: Entry) -> None:
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
        keep = nonfinite == "keep"
        if self._numbers is not None:
            words = self._numbers.packed(args)
            if words is not None:
                return self._one(words, keep)
            call = self._columns.laid_out(args)
            if call is not None:
                return self._loop_over(call, keep)
        given = [arguments.accepted(*each) for each in zip(args, self._types, self._names, strict=True)]
        if self._numbers is not None:
            return self._elementwise(given, keep)
        return self._whole(given, keep)

    # ── numbers ──────────────────────────────────────────────────────────────

    def _one(self, words: bytes, keep: bool) -> Result:
        """One set of numbers."""
        numbers = self._numbers
        assert numbers is not None
        memory = context.fresh(keep)
        results = ctypes.create_string_buffer(numbers.result_bytes)
        try:
            status = self._call(words, results, memory)
        finally:
            self._release(memory)
        if status:
            raise self._error(status, memory, ())
        return numbers.unpacked(results.raw)

    # ── columns ──────────────────────────────────────────────────────────────

    @cached_property
    def _columns(self) -> ColumnFormat:
        return ColumnFormat([_scalar(each) for each in self._types], [_scalar(each) for each in self.signature.results])

    def _loop_over(self, call: Call, keep: bool) -> Result:
        """Arrays that need no conversion."""
        assert self._loop is not None
        memory = context.fresh(keep)
        try:
            status = self._loop(call.columns, call.size, call.strides, call.outputs, memory)
        finally:
            self._release(memory)
        if status:
            raise self._error(status, memory, call.shape)
        return _several(call.results)

    def _elementwise(self, given: Sequence[np.ndarray], keep: bool) -> Result:
        """Broadcast arrays, all for scalar parameters."""
        import numpy as np

        shape = arguments.broadcast_shape(given, self._names)
        columns = [arguments.column(array, shape) for array in given]
        results = [np.empty(shape, arguments.DTYPES[_scalar(type_)]) for type_ in self.signature.results]
        count = len(columns)
        addresses = (ctypes.c_void_p * count)(*(array.ctypes.data for array, _ in columns))
        strides = (ctypes.c_int64 * count)(*(stride for _, stride in columns))
        outputs = (ctypes.c_void_p * len(results))(*(array.ctypes.data for array in results))
        memory = context.fresh(keep)
        assert self._loop is not None
        try:
            status = self._loop(addresses, prod(shape), strides, outputs, memory)
        finally:
            self._release(memory)
        if status:
            raise self._error(status, memory, shape)
        return _several([array.item() if shape == () else array for array in results])

    # ── whole arrays ─────────────────────────────────────────────────────────

    def _whole(self, given: Sequence[np.ndarray], keep: bool) -> Result:
        """A function that takes or gives arrays, mapped over what is given for its scalar parameters."""
        import numpy as np

        scalars = [i for i, type_ in enumerate(self._types) if isinstance(type_, Scalar)]
        for i, array in enumerate(given):
            if i not in scalars:
                arguments.check_shape(array, self._types[i], self._names[i])
        shape = arguments.broadcast_shape([given[i] for i in scalars], [self._names[i] for i in scalars])
        if self._loop is not None and shape != ():
            return self._mapped(given, shape, keep)
        spread = {i: np.broadcast_to(given[i], shape) for i in scalars}
        rows = []
        for index in np.ndindex(shape):
            row = [spread[i][index] if i in spread else array for i, array in enumerate(given)]
            rows.append(self._once(row, keep, index))
        if shape == ():
            return _several(rows[0])
        return _several(
            [arguments.stacked(values, shape, self.signature.name) for values in zip(*rows, strict=True)]
            if rows
            else self._none(shape)
        )

    def _mapped(self, given: Sequence[np.ndarray], shape: tuple[int, ...], keep: bool) -> Result:
        """The same, where the results are numbers: machine code goes over the elements."""
        import numpy as np

        columns = arguments.write_columns(given, self._types, shape)
        results = [np.empty(shape, arguments.DTYPES[_scalar(type_)]) for type_ in self.signature.results]
        outputs = (ctypes.c_void_p * len(results))(*(array.ctypes.data for array in results))
        memory = context.fresh(keep)
        assert self._loop is not None
        try:
            status = self._loop(columns.words, prod(shape), columns.strides, outputs, memory)
        finally:
            self._release(memory)
        error = self._error(status, memory, shape) if status else None
        if not keep and not isinstance(error, KeyboardInterrupt):
            done = context.stopped(memory).element if status else prod(shape)
            wrong = arguments.first_without_excuse(results, given, self._types, shape, done)
            if wrong is not None:
                raise self._not_finite(wrong)
        if error is not None:
            raise error
        return _several(results)

    def _not_finite(self, index: tuple[int, ...]) -> KernelError:
        message = f"the result of {self.signature.name} is not finite"
        return KernelError(Code.NONFINITE, message, (), index, self.signature.span)

    def _once(self, row: Sequence[Any], keep: bool, index: tuple[int, ...]) -> list[Any]:
        """One call through words."""
        words = (ctypes.c_int64 * max(1, arguments.words(self._types)))()
        held = arguments.write_words(words, row, self._types)
        results = (ctypes.c_int64 * max(1, arguments.words(self.signature.results)))()
        small = arguments.place_small_results(results, self.signature.results)
        memory = context.fresh(keep)
        try:
            status = self._call(words, results, memory)
            if status:
                raise self._error(status, memory, None, index)
            values = arguments.read_words(results, self.signature.results, small)
            del held
        finally:
            self._release(memory)
        wrong = None if keep else arguments.first_nonfinite(values)
        if wrong is not None and arguments.first_nonfinite(row) is None:
            raise self._not_finite((*index, *wrong))
        return values

    def _none(self, shape: tuple[int, ...]) -> list[np.ndarray]:
        """The results over no elements at all; what is not known of their shapes is 0."""
        return [arguments.empty(type_, shape) for type_ in self.signature.results]

    # ── failing ──────────────────────────────────────────────────────────────

    def _error(
        self, status: int, memory: Any, shape: tuple[int, ...] | None, index: tuple[int, ...] = ()
    ) -> BaseException:
        """What the context says went wrong. `shape` is that of a loop, whose element it also has."""
        import numpy as np

        if status == INTERRUPTED:
            return KeyboardInterrupt()
        stop = context.stopped(memory)
        if shape:
            index = tuple(int(i) for i in np.unravel_index(stop.element, shape))
        site = self.sites[stop.site]
        values = site.decoded(stop.values)
        span = stop.place(self.sites, self._calls)
        return KernelError(site.code, site.describe(values), values, index, span, stop.within)


class _NumberFormat:
    """How the numbers of an all-scalar function are packed into words and out again."""

    def __init__(self, parameters: Sequence[Type], results: Sequence[Type]) -> None:
        self.kinds = [arguments.PYTHON[_scalar(type_)] for type_ in parameters]
        self.pack = struct.Struct("<" + "".join(arguments.FORMATS[_scalar(type_)] for type_ in parameters)).pack
        self.unpack = struct.Struct("<" + "".join(arguments.FORMATS[_scalar(type_)] for type_ in results)).unpack
        self.bools = [i for i, type_ in enumerate(results) if type_ is BOOL]
        self.result_bytes = 8 * len(results)

    def packed(self, args: Sequence[Any]) -> bytes | None:
        """The arguments as words, if all are plain Python numbers of the right kind and range."""
        for value, kinds in zip(args, self.kinds, strict=True):
            if type(value) not in kinds:
                return None
        try:
            return self.pack(*args)
        except (struct.error, OverflowError):
            return None

    def unpacked(self, raw: bytes) -> Result:
        values: list[Any] = list(self.unpack(raw))
        for i in self.bools:
            values[i] = bool(values[i])
        return _several(values)


def _nothing_to_release(context: Any) -> None:
    """For kernels that do not use the arena."""


def _several(values: Sequence[Any]) -> Result:
    return values[0] if len(values) == 1 else tuple(values)


def _scalar(type_: Type) -> Scalar:
    assert isinstance(type_, Scalar)
    return type_


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
