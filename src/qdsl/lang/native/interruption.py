"""Ctrl-C: how compiled code that runs long learns that somebody wants it to stop.

    while ... {                     round: %patience = sub %patience, 1
      ...                    =>            br (%patience < 0) tired, go on
    }                               tired: br qdsl.poll(%started) interrupted, go on with new patience

`qdsl.interrupts` counts the interrupts of this process. A call remembers the count it started with, and asks
`qdsl.poll`, every so many rounds, whether it is another one by now. So nothing has to be reset, and one Ctrl-C stops
every kernel that is running, whichever thread it runs in. Rounds are counted in `while`, in loops around loops or
calls, in nested recursive calls, and over columns, block by block; a straight loop is handed `STRIP` rounds at a time,
keeps its form, and costs nothing.

Python's own handler of SIGINT does nothing until the interpreter runs again, which is too late here. So `qdsl.poll`
also sees to it that `qdsl.signalled` stands before it: that counts, and then calls Python's. It stands in only for the
handler it found first, and only if there was one: a process that ignores SIGINT, or dies of it, still does. It is put
there with the first kernel, and again by any poll that finds Python's in its place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from qdsl.lang.native.writer import Writer

if TYPE_CHECKING:
    from qdsl.lang.native.jit import Library

PATIENCE = 1 << 14
"""Rounds between two polls. A poll takes some 0.2 us, so it is lost among so many, even if they are short."""

STRIP = 1 << 16
"""Rounds of a straight loop between two polls."""

COUNTER, POLL = "qdsl.interrupts", "qdsl.poll"

DECLARATIONS = f"""
@{COUNTER} = external global i64
declare i1 @{POLL}(i64) cold
"""

HANDLER = f"""
@{COUNTER} = external global i64
@previous = internal global ptr null
declare ptr @PyOS_getsig(i32)
declare ptr @PyOS_setsig(i32, ptr)

define void @qdsl.signalled(i32 %signal) nounwind {{
  %before = atomicrmw add ptr @{COUNTER}, i64 1 monotonic
  %handler = load atomic ptr, ptr @previous monotonic, align 8
  call void %handler(i32 %signal)
  ret void
}}

define i1 @{POLL}(i64 %started) nounwind {{
  %now = load atomic i64, ptr @{COUNTER} monotonic, align 8
  %stop = icmp ne i64 %now, %started
  %current = call ptr @PyOS_getsig(i32 2)
  %ours = icmp eq ptr %current, @qdsl.signalled
  br i1 %ours, label %done, label %look
look:
  %number = ptrtoint ptr %current to i64
  %above = add i64 %number, 1
  %none = icmp ule i64 %above, 2
  br i1 %none, label %done, label %found
found:
  %first = cmpxchg ptr @previous, ptr null, ptr %current monotonic monotonic
  %known = extractvalue {{ ptr, i1 }} %first, 0
  %new = extractvalue {{ ptr, i1 }} %first, 1
  %same = icmp eq ptr %known, %current
  %stand = or i1 %new, %same
  br i1 %stand, label %set, label %done
set:
  %replaced = call ptr @PyOS_setsig(i32 2, ptr @qdsl.signalled)
  br label %done
done:
  ret i1 %stop
}}
"""
"""SIGINT is 2 everywhere; SIG_DFL, SIG_IGN and SIG_ERR are 0, 1 and -1."""


def count_rounds(w: Writer, patience: str, rounds: str, started: str, interrupted: str) -> None:
    """Take `rounds` from what is at the address `patience`; where nothing is left, poll, and perhaps go to the label
    `interrupted`.
    """
    tired, on = w.label("tired"), w.label("on")
    left = w.integer("sub", w.load("i64", patience), rounds)
    w.store("i64", left, patience)
    w.branch(w.value(f"icmp slt i64 {left}, 0"), tired, on, unlikely=True)
    w.begin(tired)
    w.store("i64", str(PATIENCE), patience)
    poll(w, started, interrupted, on)
    w.begin(on)


def poll(w: Writer, started: str, interrupted: str, on: str) -> None:
    """To the label `interrupted` if there was an interrupt since the count was `started`, else to `on`."""
    w.branch(w.call("i1", f"@{POLL}", ("i64", started)), interrupted, on, unlikely=True)


def interrupt() -> None:
    """Stop every kernel that is running, as Ctrl-C does."""
    _counter().value += 1


@cache
def _counter() -> ctypes.c_int64:
    """Kept for ever: machine code knows its address."""
    return ctypes.c_int64(0)


_libraries: list[Library] = []
"""The handler's code, kept for ever: a signal may come at any time."""


def imports(link: Callable[[str, Sequence[str], Mapping[str, int]], Library]) -> Mapping[str, int]:
    """What code that polls needs of the process; `link(text, exports, imports)` compiles the handler the first time."""
    counter = {COUNTER: ctypes.addressof(_counter())}
    if not _libraries:
        names = ("PyOS_getsig", "PyOS_setsig")
        python = {name: ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0 for name in names}
        library = link(HANDLER, [POLL, "qdsl.signalled"], counter | python)
        _libraries.append(library)
        ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_int64)(library.addresses[POLL])(0)
    return {**counter, POLL: _libraries[0].addresses[POLL]}
