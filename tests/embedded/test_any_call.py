"""Ten thousand calls with whatever Python has: an answer or a typed exception, never a crash. In their own process."""

from __future__ import annotations

import subprocess
import sys

CALLS = 10_000

PROGRAM = """
fn root(x: Scalar) -> Scalar = sqrt(x) + log(x)
fn ratio(n: Int, m: Int) -> Int = div(n, m) + mod(n, m) * n
fn flag(b: Bool, x: Scalar) -> Scalar = if b { x } else { 1 / x }
fn norm(v: [Scalar]) -> Scalar = sqrt(sum(v^2))
fn spread(v: [Scalar], k: Scalar) -> Scalar = sum(exp(-k * v) * cos(v))
fn at(v: [Scalar], i: Int) -> Scalar = v[i]
fn counted(n: [Int]) -> Int { var t = 0
    for x in n { t = t + x * x }
    t }
fn trace(m: [Scalar; 3, 3]) -> Scalar = m[0, 0] + m[1, 1] + m[2, 2]
fn made(n: Int) -> [Scalar] = [1 / (i - 3) for i in range(n)]
fn turned(z: Complex, v: [Complex]) -> Complex = z * v[0]
fn fields(r: (a: Scalar, b: [Scalar])) -> (c: Scalar, d: [Scalar]) = (c = r.a, d = r.b * r.a)
fn deep(n: Int) -> Int = if n <= 0 { 0 } else { 1 + deep(n - 1) }
fn search(x: Scalar) -> Scalar { var y = x
    var k = 0
    while abs(y * y - x) > 1e-12 and k < 50 { y = (y + x / y) / 2
        k = k + 1 }
    y }
"""

DRIVER = """
import math, random, sys, warnings
import numpy as np
import qdsl

warnings.simplefilter("error")
program, calls, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
m = qdsl.compile(program)
dice = random.Random(seed)
FINE = (qdsl.KernelError, TypeError, ValueError, OverflowError, MemoryError)

def scalar():
    return dice.choice([
        0, 1, -1, 3, 7, 2.5, -0.0, 1e308, 5e-324, math.inf, -math.inf, math.nan, True, False, 2**62, 2**63, -(2**63),
        10**40, 1j, 2 - 3j, None, "3", b"3", np.float32(1.5), np.float64(2), np.int8(-3), np.uint64(2**63),
        np.bool_(True), object(), (), [], {}, dice.uniform(-5, 5), dice.randrange(-9, 9),
    ])

def array():
    shape = dice.choice([(), (0,), (1,), (3,), (17,), (3, 3), (2, 3), (4, 1), (0, 3), (2, 3, 3), (5, 3, 3)])
    kind = dice.choice(["f8", "f4", "i8", "i4", "u1", "b1", "c16", "f2", ">f8", "O", "U3", "M8[s]"])
    numbers = np.array([dice.choice([0, 1, 2, -3, 40]) for _ in range(max(1, math.prod(shape)))])[: math.prod(shape)]
    try:
        made = numbers.reshape(shape).astype(kind)
    except (ValueError, OverflowError):
        made = numbers.reshape(shape).astype("f8")
    match dice.randrange(8):
        case 0:
            made = made[..., ::-1] if made.ndim else made
        case 1:
            made.flags.writeable = False
        case 2:
            made = np.asfortranarray(made)
        case 3:
            made = made.tolist()
        case 4:
            made = np.repeat(made, 2, axis=0)[::2] if getattr(made, "ndim", 0) else made
        case 5 if made.dtype.kind == "f":
            made = np.where(made == 40, np.nan, made)
    return made

def anything():
    match dice.randrange(10):
        case 0 | 1 | 2 | 3:
            return scalar()
        case 4 | 5 | 6 | 7:
            return array()
        case 8:
            return {"a": scalar(), "b": array()}
        case _:
            return [scalar() for _ in range(dice.randrange(4))]

names = sorted(m)
answered = 0
for call in range(calls):
    function = m[dice.choice(names)]
    if dice.random() < 0.15:
        function = dice.choice([lambda f: f.grad, lambda f: f.jacobian, lambda f: f.hessian, lambda f: f.jvp])(function)
    arguments = [anything() for _ in range(dice.choice([1, 1, 2, 2, 3]))]
    named = {dice.choice(["x", "n", "v", "k", "oops"]): anything()} if dice.random() < 0.1 else {}
    try:
        function(*arguments, **named)
        answered += 1
    except FINE:
        pass
    except qdsl.CompileError:
        pass  # a derivative that does not exist
    except BaseException as other:
        print("call", call, function, arguments, named, type(other), other)
        sys.exit(1)
print(answered)
"""


def test_ten_thousand_calls() -> None:
    words = [sys.executable, "-c", DRIVER, PROGRAM, str(CALLS), "1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert int(done.stdout) > CALLS / 20  # enough of them have an answer
