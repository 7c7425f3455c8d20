"""Loops over the definitions of `math.functions` at one width, with nothing else of the compiler around them.

void run.exp(double *x, double *y, double *results, int64_t n)      n is a multiple of the width
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native.math.formula import Width
from qdsl.lang.native.math.functions import definitions
from qdsl.lang.native.writer import METADATA


def loops(names: Sequence[str], lanes: int, inline: bool = True) -> str:
    """LLVM text of a loop for each function."""
    return "\n".join([*definitions(names, lanes, inline), *(_loop(name, Width(lanes)) for name in names), METADATA])


def _loop(name: str, width: Width) -> str:
    """At width 1 it must not become vectors by itself: it is what vectors are compared with."""
    type_, given = width.of("double"), ["%x", "%y"][: len(PRIMITIVES[name].operands)]
    loads = "\n".join(
        f"  {each}.at = getelementptr double, ptr {each}s, i64 %i\n  {each} = load {type_}, ptr {each}.at, align 8"
        for each in given
    )
    call = f"call {type_} @qdsl.{name}{width.suffix}({', '.join(f'{type_} {each}' for each in given)})"
    return f"""
define void @"run.{name}"(ptr %xs, ptr %ys, ptr %results, i64 %n) {{
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %head ]
{loads}
  %value = {call}
  %at = getelementptr double, ptr %results, i64 %i
  store {type_} %value, ptr %at, align 8
  %next = add i64 %i, {width.lanes}
  %more = icmp slt i64 %next, %n
  br i1 %more, label %head, label %done, !llvm.loop !2
done:
  ret void
}}
"""
