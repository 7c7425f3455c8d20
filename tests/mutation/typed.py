"""Take away each constraint and each message of the checker in turn, and see that a case notices.

    python -m tests.mutation.typed              every mutant, two at a time; ends nonzero when one survives
    python -m tests.mutation.typed control.py   those of one file

A mutant is the checker with one call gone: a `report(..)` does nothing, a `unify(..)` or `same_dimension(..)` answers
True, a `fit(value, ..)` or `convert(value, ..)` gives the value back. The cases are those of tests/mdtest: its
documents, the pages of the codes and the table of formulas. A survivor is a hole in the tests or a line that does
nothing; the few that may live are in `survivors`, each with its reason.

Each mutant lives in a process of its own, forked after everything is loaded: the code of one function is replaced in
it, so that a mutant costs no more than the cases that run before one of them fails. Needs `fork`.
"""

from __future__ import annotations

import ast
import gc
import os
import signal
import sys
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.cases import Probe, probes
from tests.mutation.survivors import MAY_LIVE

import qdsl.lang.typed

FOLDER = Path(qdsl.lang.typed.__file__).parent
WORKERS = 2
SECONDS = 60
LIVED, BROKEN = 1, 2
_ANSWERS_TRUE = ("unify", "same_dimension")
_GIVES_BACK = ("fit", "convert")
_RECEIVERS = ("c", "self", "self.unifier")


@dataclass(frozen=True)
class Mutant:
    """One call, by its file and the functions around it; `text` is the file with the call replaced."""

    file: str
    function: tuple[str, ...]
    call: str
    line: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.file} {'.'.join(self.function)}: {self.call}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, in order."""
    source = path.read_text(encoding="utf-8")
    for call, function in _calls(ast.parse(source), ()):
        written = ast.get_source_segment(source, call)
        instead = _instead(call, source)
        if written is None or instead is None:
            continue
        lines = source.splitlines(keepends=True)
        start = sum(map(len, lines[: call.lineno - 1])) + _characters(lines[call.lineno - 1], call.col_offset)
        text = source[:start] + instead + source[start + len(written) :]
        yield Mutant(path.name, function, " ".join(written.split()), call.lineno, text)


def _characters(line: str, offset: int) -> int:
    """The syntax tree counts bytes."""
    return len(line.encode()[:offset].decode())


def _calls(node: ast.AST, function: tuple[str, ...]) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = (*function, node.name)
    if isinstance(node, ast.Call):
        yield node, function
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, function)


def _instead(call: ast.Call, source: str) -> str | None:
    """What stands in the place of the call; None for a call that is no business of this test.

    The call stays, never reached, so that the function around it needs the same names.
    """
    match call.func:
        case ast.Attribute(value=receiver, attr=name) if ast.unparse(receiver) in _RECEIVERS:
            written = ast.get_source_segment(source, call)
            if name == "report":
                return f"(None and {written})"
            if name in _ANSWERS_TRUE:
                return f"(True or {written})"
            if name in _GIVES_BACK:
                return f"({ast.get_source_segment(source, call.args[0])} if True else {written})"
    return None


def install(mutant: Mutant) -> None:
    """Give the living functions around the call their new code."""
    path = str(FOLDER / mutant.file)
    names = {".".join(mutant.function[:depth]) for depth in range(1, len(mutant.function) + 1)}
    codes = {code.co_qualname: code for code in _codes(compile(mutant.text, path, "exec"))}
    for function in gc.get_objects():
        if isinstance(function, types.FunctionType) and function.__code__.co_filename == path:
            name = function.__code__.co_qualname
            if name.replace("<locals>.", "") in names:
                function.__code__ = codes[name]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield each
            yield from _codes(each)


@dataclass(frozen=True)
class Cases:
    """Those that only have to be checked to fail, which come first, and all, to be run."""

    quick: list[Probe]
    every: list[Probe]

    def notice(self) -> bool:
        """Whether some case fails; a checker that falls over has been noticed too."""
        try:
            return any(case.fails(False) for case in self.quick) or any(case.fails(True) for case in self.every)
        except Exception:
            return True


def _child(mutant: Mutant, cases: Cases) -> int:
    """Fork a process that ends with LIVED where no case noticed; one that never ends has been noticed too."""
    child = os.fork()
    if child:
        return child
    signal.alarm(SECONDS)
    try:
        install(mutant)
        os._exit(0 if cases.notice() else LIVED)
    except BaseException:
        traceback.print_exc()
        os._exit(BROKEN)


def survivors(chosen: list[Mutant], cases: Cases) -> list[Mutant]:
    """The mutants that no case notices."""
    running: dict[int, Mutant] = {}
    lived: list[Mutant] = []
    left = list(chosen)
    while left or running:
        while left and len(running) < WORKERS:
            mutant = left.pop(0)
            running[_child(mutant, cases)] = mutant
        ended, status = os.wait()
        mutant = running.pop(ended)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == BROKEN:
            raise RuntimeError(f"{mutant.name} could not be tried")
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == LIVED:
            lived.append(mutant)
            print(f"lives: {mutant.file}:{mutant.line} {'.'.join(mutant.function)}: {mutant.call}", flush=True)
    return lived


def main(files: list[str]) -> int:
    every = probes()
    wrong = [case.name for case in every if case.fails(True)]
    if wrong:
        print("these cases fail without any mutant: " + ", ".join(wrong))
        return 1
    cases = Cases([case for case in every if not case.fails(False)], every)
    chosen = [
        mutant for path in sorted(FOLDER.glob("*.py")) if not files or path.name in files for mutant in mutants(path)
    ]
    lived = {mutant.name for mutant in survivors(chosen, cases)}
    unexpected = sorted(lived - set(MAY_LIVE))
    stale = sorted(name for name in MAY_LIVE if name not in lived and (not files or name.split()[0] in files))
    print(f"{len(chosen)} mutants, {len(lived)} live, {len(lived) - len(unexpected)} of them with a reason")
    for name in unexpected:
        print(f"no case notices the loss of\n    {name}")
    for name in stale:
        print(f"listed as living, but noticed or gone:\n    {name}")
    return 1 if unexpected or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
