"""The few functions that compiled modules carry, as LLVM text: stopping, telling, the arena, integer powers.

The arena hands out memory by moving `top` towards `end` within a chunk from malloc; chunks form a list. Nothing is
freed one by one: `qdsl.rewind` returns to an earlier top, `qdsl.release` gives everything back. A call may not take
more than its context's `left` bytes, so a huge array is a null pointer here and a MEMORY failure at its place in the
source, long before the machine is short.

A chunk starts with the chunk below it and its size in bytes, header included.
"""

from __future__ import annotations

from qdsl.lang.native.abi import (
    CALLS,
    CALLS_KEPT,
    CHUNK,
    CODE,
    ELEMENT,
    END,
    LEFT,
    NUMBERS_KEPT,
    PASSED,
    POINT,
    RANK,
    RELEASE,
    ROOM,
    SEEN,
    SITE,
    TOP,
    VALUES,
)

CHUNK_BYTES = 64 * 1024
HEADER_BYTES = 16


def _field(pointer: str, field: int) -> str:
    return f"%{pointer} = getelementptr inbounds %context, ptr %context, i32 0, i32 {field}"


STOP = f"""
define internal void @qdsl.stop(ptr %context, i32 %code, i32 %site, i64 %v0, i64 %v1, i64 %v2, i64 %v3) cold noinline {{
  {_field("code.at", CODE)}
  {_field("site.at", SITE)}
  {_field("values.at", VALUES)}
  %v1.at = getelementptr inbounds i64, ptr %values.at, i64 1
  %v2.at = getelementptr inbounds i64, ptr %values.at, i64 2
  %v3.at = getelementptr inbounds i64, ptr %values.at, i64 3
  store i32 %code, ptr %code.at
  store i32 %site, ptr %site.at
  store i64 %v0, ptr %values.at
  store i64 %v1, ptr %v1.at
  store i64 %v2, ptr %v2.at
  store i64 %v3, ptr %v3.at
  ret void
}}
"""

PASS = f"""
define internal void @qdsl.pass(ptr %context, i32 %call) cold noinline {{
  {_field("passed.at", PASSED)}
  {_field("calls.at", CALLS)}
  %passed = load i32, ptr %passed.at
  %room = icmp ult i32 %passed, {CALLS_KEPT}
  br i1 %room, label %keep, label %done
keep:
  %at = getelementptr inbounds i32, ptr %calls.at, i32 %passed
  store i32 %call, ptr %at
  %next = add i32 %passed, 1
  store i32 %next, ptr %passed.at
  br label %done
done:
  ret void
}}
"""

WITHIN = f"""
define internal void @qdsl.within(ptr %context, i32 %rank, i64 %i0, i64 %i1, i64 %i2, i64 %i3) cold noinline {{
  {_field("rank.at", RANK)}
  {_field("i0.at", ELEMENT)}
  %before = load i32, ptr %rank.at
  %first = icmp eq i32 %before, 0
  br i1 %first, label %keep, label %done
keep:
  %i1.at = getelementptr inbounds i64, ptr %i0.at, i64 1
  %i2.at = getelementptr inbounds i64, ptr %i0.at, i64 2
  %i3.at = getelementptr inbounds i64, ptr %i0.at, i64 3
  store i32 %rank, ptr %rank.at
  store i64 %i0, ptr %i0.at
  store i64 %i1, ptr %i1.at
  store i64 %i2, ptr %i2.at
  store i64 %i3, ptr %i3.at
  br label %done
done:
  ret void
}}
"""

WATCH = f"""
%sighting = type {{ double, i64, [{NUMBERS_KEPT} x i64] }}

define internal void @qdsl.watch(ptr %context, i64 %watch, i64 %lane, double %worst, i64 %v0, i64 %v1, i64 %v2, i64 %v3)
    cold noinline {{
  {_field("seen.at", SEEN)}
  {_field("room.at", ROOM)}
  store i64 1, ptr %seen.at
  %room = load i64, ptr %room.at
  %kept = icmp ult i64 %watch, %room
  br i1 %kept, label %look, label %done
look:
  %table = getelementptr inbounds %context, ptr %context, i64 1
  %entry = getelementptr inbounds %sighting, ptr %table, i64 %watch
  %before = load double, ptr %entry
  %worse = fcmp ogt double %worst, %before
  br i1 %worse, label %keep, label %done
keep:
  {_field("point.at", POINT)}
  %first = load i64, ptr %point.at
  %point = add i64 %first, %lane
  %own.at = getelementptr inbounds %sighting, ptr %entry, i32 0, i32 1
  %v0.at = getelementptr inbounds %sighting, ptr %entry, i32 0, i32 2, i64 0
  %v1.at = getelementptr inbounds %sighting, ptr %entry, i32 0, i32 2, i64 1
  %v2.at = getelementptr inbounds %sighting, ptr %entry, i32 0, i32 2, i64 2
  %v3.at = getelementptr inbounds %sighting, ptr %entry, i32 0, i32 2, i64 3
  store double %worst, ptr %entry
  store i64 %point, ptr %own.at
  store i64 %v0, ptr %v0.at
  store i64 %v1, ptr %v1.at
  store i64 %v2, ptr %v2.at
  store i64 %v3, ptr %v3.at
  br label %done
done:
  ret void
}}
"""

IPOW = """
define internal { i64, i1 } @qdsl.ipow(i64 %base, i64 %exponent) {
entry:
  br label %test
test:
  %power = phi i64 [ 1, %entry ], [ %power.next, %squared ]
  %square = phi i64 [ %base, %entry ], [ %square.next, %squared ]
  %rest = phi i64 [ %exponent, %entry ], [ %rest.next, %squared ]
  %over = phi i1 [ false, %entry ], [ %over.next, %squared ]
  %square.over = phi i1 [ false, %entry ], [ %square.over.next, %squared ]
  %more = icmp sgt i64 %rest, 0
  br i1 %more, label %step, label %done
step:
  %odd = trunc i64 %rest to i1
  %product.pair = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %power, i64 %square)
  %product = extractvalue { i64, i1 } %product.pair, 0
  %product.over = extractvalue { i64, i1 } %product.pair, 1
  %either = or i1 %product.over, %square.over
  %hit = and i1 %odd, %either
  %over.next = or i1 %over, %hit
  %power.next = select i1 %odd, i64 %product, i64 %power
  br label %squared
squared:
  %square.pair = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %square, i64 %square)
  %square.next = extractvalue { i64, i1 } %square.pair, 0
  %square.new = extractvalue { i64, i1 } %square.pair, 1
  %square.over.next = or i1 %square.over, %square.new
  %rest.next = lshr i64 %rest, 1
  br label %test
done:
  %result = insertvalue { i64, i1 } poison, i64 %power, 0
  %flagged = insertvalue { i64, i1 } %result, i1 %over, 1
  ret { i64, i1 } %flagged
}
"""

ALLOCATE = f"""
declare ptr @malloc(i64)
declare void @free(ptr)

define internal ptr @qdsl.allocate(ptr %context, i64 %bytes) {{
  {_field("top.at", TOP)}
  {_field("end.at", END)}
  %top = load i64, ptr %top.at
  %end = load i64, ptr %end.at
  %room = sub i64 %end, %top
  %some = call i64 @llvm.umax.i64(i64 %bytes, i64 1)
  %padded = add i64 %some, 15
  %size = and i64 %padded, -16
  %fits = icmp ule i64 %size, %room
  br i1 %fits, label %bump, label %grow, !prof !0
bump:
  %result = inttoptr i64 %top to ptr
  %next = add i64 %top, %size
  store i64 %next, ptr %top.at
  ret ptr %result
grow:
  %grown = call ptr @qdsl.grow(ptr %context, i64 %size)
  ret ptr %grown
}}

define internal ptr @qdsl.grow(ptr %context, i64 %size) cold noinline {{
  {_field("left.at", LEFT)}
  {_field("chunk.at", CHUNK)}
  {_field("top.at", TOP)}
  {_field("end.at", END)}
  %left = load i64, ptr %left.at
  %sane = icmp ule i64 %size, %left
  br i1 %sane, label %measure, label %refuse
measure:
  %wanted = add i64 %size, {HEADER_BYTES}
  %total = call i64 @llvm.umax.i64(i64 %wanted, i64 {CHUNK_BYTES})
  %affordable = icmp ule i64 %total, %left
  br i1 %affordable, label %take, label %refuse
take:
  %chunk = call ptr @malloc(i64 %total)
  %got = icmp ne ptr %chunk, null
  br i1 %got, label %link, label %refuse
link:
  %below = load ptr, ptr %chunk.at
  store ptr %below, ptr %chunk
  %total.at = getelementptr inbounds i64, ptr %chunk, i64 1
  store i64 %total, ptr %total.at
  store ptr %chunk, ptr %chunk.at
  %left.new = sub i64 %left, %total
  store i64 %left.new, ptr %left.at
  %base = ptrtoint ptr %chunk to i64
  %first = add i64 %base, {HEADER_BYTES}
  %top = add i64 %first, %size
  %end = add i64 %base, %total
  store i64 %top, ptr %top.at
  store i64 %end, ptr %end.at
  %result = inttoptr i64 %first to ptr
  ret ptr %result
refuse:
  ret ptr null
}}
"""

REWIND = f"""
define internal void @qdsl.rewind(ptr %context, ptr %chunk, i64 %top) {{
entry:
  {_field("chunk.at", CHUNK)}
  {_field("top.at", TOP)}
  {_field("end.at", END)}
  {_field("left.at", LEFT)}
  br label %test
test:
  %current = load ptr, ptr %chunk.at
  %there = icmp eq ptr %current, %chunk
  br i1 %there, label %settle, label %drop, !prof !0
drop:
  %below = load ptr, ptr %current
  %size.at = getelementptr inbounds i64, ptr %current, i64 1
  %size = load i64, ptr %size.at
  %left = load i64, ptr %left.at
  %left.new = add i64 %left, %size
  store i64 %left.new, ptr %left.at
  store ptr %below, ptr %chunk.at
  call void @free(ptr %current)
  br label %test
settle:
  store i64 %top, ptr %top.at
  %none = icmp eq ptr %chunk, null
  br i1 %none, label %empty, label %within
empty:
  store i64 0, ptr %end.at
  ret void
within:
  %own.at = getelementptr inbounds i64, ptr %chunk, i64 1
  %own = load i64, ptr %own.at
  %base = ptrtoint ptr %chunk to i64
  %end = add i64 %base, %own
  store i64 %end, ptr %end.at
  ret void
}}

define void @{RELEASE}(ptr %context) {{
  call void @qdsl.rewind(ptr %context, ptr null, i64 0)
  ret void
}}
"""


def _plus(a: str, b: str, bytes_: int | str) -> str:
    return f"%{a} = getelementptr inbounds i8, ptr %{b}, i64 {bytes_}"


KEEP = f"""
define internal void @qdsl.keep(ptr %context, ptr %chunk, i64 %top, i64 %grown, ptr %table, i64 %n) cold noinline {{
entry:
  br label %measure
measure:
  %i = phi i64 [ 0, %entry ], [ %i.next, %measure ]
  %sum = phi i64 [ {HEADER_BYTES}, %entry ], [ %sum.next, %measure ]
  %pair = getelementptr inbounds {{ ptr, i64 }}, ptr %table, i64 %i
  {_plus("size.at", "pair", 8)}
  %size = load i64, ptr %size.at
  %padded = add i64 %size, 15
  %rounded = and i64 %padded, -16
  %sum.next = add i64 %sum, %rounded
  %i.next = add i64 %i, 1
  %more = icmp slt i64 %i.next, %n
  br i1 %more, label %measure, label %decide
decide:
  %fourfold = mul i64 %sum.next, 4
  %worth = icmp ult i64 %fourfold, %grown
  br i1 %worth, label %take, label %done
take:
  %total = call i64 @llvm.umax.i64(i64 %sum.next, i64 {CHUNK_BYTES})
  %new = call ptr @malloc(i64 %total)
  %got = icmp ne ptr %new, null
  br i1 %got, label %fill, label %done
fill:
  {_plus("first", "new", HEADER_BYTES)}
  br label %copy
copy:
  %k = phi i64 [ 0, %fill ], [ %k.next, %copy ]
  %to = phi ptr [ %first, %fill ], [ %to.next, %copy ]
  %row = getelementptr inbounds {{ ptr, i64 }}, ptr %table, i64 %k
  {_plus("bytes.at", "row", 8)}
  %bytes = load i64, ptr %bytes.at
  %from = load ptr, ptr %row
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %bytes, i1 false)
  store ptr %to, ptr %row
  %wide = add i64 %bytes, 15
  %step = and i64 %wide, -16
  {_plus("to.next", "to", "%step")}
  %k.next = add i64 %k, 1
  %again = icmp slt i64 %k.next, %n
  br i1 %again, label %copy, label %link
link:
  call void @qdsl.rewind(ptr %context, ptr %chunk, i64 %top)
  {_field("left.at", LEFT)}
  {_field("chunk.at", CHUNK)}
  {_field("top.at", TOP)}
  {_field("end.at", END)}
  %left = load i64, ptr %left.at
  %left.new = sub i64 %left, %total
  store i64 %left.new, ptr %left.at
  store ptr %chunk, ptr %new
  {_plus("total.at", "new", 8)}
  store i64 %total, ptr %total.at
  store ptr %new, ptr %chunk.at
  %top.new = ptrtoint ptr %to.next to i64
  store i64 %top.new, ptr %top.at
  {_plus("limit", "new", "%total")}
  %end.new = ptrtoint ptr %limit to i64
  store i64 %end.new, ptr %end.at
  br label %done
done:
  ret void
}}
"""


def _gather(size: int) -> str:
    """Elements `stride` bytes apart, side by side."""
    return f"""
define internal void @qdsl.gather{size}(ptr noalias %to, ptr noalias %from, i64 %stride, i64 %n) noinline optsize {{
entry:
  br label %copy
copy:
  %i = phi i64 [ 0, %entry ], [ %i.next, %copy ]
  %offset = mul i64 %i, %stride
  {_plus("source", "from", "%offset")}
  %value = load i{8 * size}, ptr %source
  %target = getelementptr inbounds i{8 * size}, ptr %to, i64 %i
  store i{8 * size} %value, ptr %target
  %i.next = add i64 %i, 1
  %more = icmp slt i64 %i.next, %n
  br i1 %more, label %copy, label %done, !llvm.loop !2
done:
  ret void
}}
"""


DECLARATIONS = """
declare double @llvm.fabs.f64(double)
declare double @llvm.minimum.f64(double, double)
declare double @llvm.maximum.f64(double, double)
declare double @llvm.fma.f64(double, double, double)
declare double @llvm.sqrt.f64(double)
declare double @llvm.floor.f64(double)
declare double @llvm.ceil.f64(double)
declare double @llvm.roundeven.f64(double)
declare double @llvm.trunc.f64(double)
declare double @llvm.copysign.f64(double, double)
declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.abs.i64(i64, i1)
declare { i64, i1 } @llvm.sadd.with.overflow.i64(i64, i64)
declare { i64, i1 } @llvm.ssub.with.overflow.i64(i64, i64)
declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)
declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""

ARENA = ALLOCATE + REWIND + KEEP


def needed(text: str) -> str:
    """The support that this much of a module refers to."""
    parts = [STOP]
    if "@qdsl.pass" in text:
        parts.append(PASS)
    if "@qdsl.within" in text:
        parts.append(WITHIN)
    if "@qdsl.ipow" in text:
        parts.append(IPOW)
    if "@qdsl.watch(" in text:
        parts.append(WATCH)
    if uses_arena(text):
        parts.append(ARENA)
    parts += [_gather(size) for size in (1, 8) if f"@qdsl.gather{size}(" in text]
    return DECLARATIONS + "".join(parts)


def uses_arena(text: str) -> bool:
    return "@qdsl.allocate" in text
