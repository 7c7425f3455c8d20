"""Print what a stage of the compiler makes of a program.

Stages: surface, names, typed (trees), quantum (how states are evolved, and why so), core, optimised (the program as
core IR), llvm, asm (its machine code). The last five show each function that takes no function, and of an experiment
one point and the likelihood.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from qdsl.cli.exits import Exit, UsageError
from qdsl.cli.files import folder_of, read
from qdsl.cli.screen import Screen
from qdsl.cli.values import one_of

if TYPE_CHECKING:
    from qdsl.lang.compile import Checked
    from qdsl.lang.generate import Unit
    from qdsl.lang.native.target import Machine
    from qdsl.lang.typed.tree import Function
    from qdsl.runtime.session import Session

TREES = ("surface", "names", "typed")
QUANTUM = "quantum"
STOPS = {QUANTUM: "core", "core": "core", "optimised": "optimised", "llvm": "optimised", "asm": "optimised"}
"""What can be shown of a function, and the stage of `lang.generate` that it is from."""

STAGES = (*TREES, *STOPS)


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the program; - is standard input")
    parser.add_argument("--stage", metavar="STAGE", type=one_of(STAGES), default="core", help="which stage (core)")
    parser.add_argument("--target", metavar="TARGET", default="", help="llvm and asm for another machine")
    parser.add_argument("--cpu", metavar="CPU", default="", help="its processor (the oldest there is)")
    parser.add_argument("--features", metavar="LIST", default="", help="features of it to add or leave out: +fma,-avx2")


def run(arguments: Namespace, screen: Screen) -> Exit:
    machine = _machine(arguments)
    source = read(arguments.file, screen)
    if source is None:
        return Exit.FAILED
    from qdsl.runtime.session import Session, Settings

    session = Session(Settings(folder=folder_of(arguments.file)))
    checked = session.check(source)
    for each in checked.diagnostics.in_order():
        screen.report(each)
    trees: dict[str, Callable[[Checked, Session], Iterator[str]]] = {
        "surface": _surface,
        "names": _names,
        "typed": _typed,
    }
    if arguments.stage in trees:  # a tree can be shown with its mistakes in it
        lines = trees[arguments.stage](checked, session)
    elif screen.failed:
        return Exit.FAILED
    else:
        lines = _code(checked, session, screen, arguments.stage, machine)
    for line in lines:
        screen.print(line)
    return Exit.FAILED if screen.failed else Exit.OK


def _machine(arguments: Namespace) -> Machine | None:
    """The machine that is asked for; None is this one."""
    if not arguments.target:
        if arguments.cpu or arguments.features:
            raise UsageError("--cpu and --features go with --target")
        return None
    from qdsl.lang.native.machines import UnknownMachine, machine

    try:
        return machine(arguments.target, arguments.cpu, arguments.features)
    except UnknownMachine as unknown:
        raise UsageError(str(unknown)) from None


def _surface(checked: Checked, session: Session) -> Iterator[str]:
    from qdsl.cli.outline import outline

    for item in checked.tree.items:
        yield from outline(item, lambda value: None)


def _names(checked: Checked, session: Session) -> Iterator[str]:
    """Every word of the program and what it stands for, in order of place."""
    found = sorted(checked.resolved.symbols.items(), key=lambda item: item[0].span.absolute)
    for node, symbol in found:
        begins = node.span.begins
        declared = "" if symbol.span is None else f" of {symbol.span.source.name}:{symbol.span.begins.line}"
        yield f"{begins.line}:{begins.column} {symbol.name}: {symbol.kind.value}{declared}"


def _typed(checked: Checked, session: Session) -> Iterator[str]:
    from qdsl.cli.outline import outline
    from qdsl.lang.typed import tree, types

    show = checked.show.fresh()

    def short(value: object) -> str | None:
        match value:
            case types.Type():
                return show.fresh().type(value)
            case tree.Function() | tree.Variable():
                return value.name
            case tree.DisplayUnit(symbol=symbol):
                return symbol
        return None

    module = checked.module
    for function in module.functions.values():
        yield f"fn {function.name}: {show.fresh().type(function.type)}"
        if function.body is not None:
            yield from outline(function.body, short, margin="  ")
    for item in (*module.experiments.values(), *module.statements, *module.tests):
        yield from outline(item, short)


def _code(checked: Checked, session: Session, screen: Screen, stage: str, machine: Machine | None) -> Iterator[str]:
    """Each function that can be compiled on its own, under its type."""
    from qdsl.lang.generate import Refused
    from qdsl.lang.quantum.explain import explained

    show = checked.show.fresh()
    comment = ";" if stage == "llvm" else "#"
    for name, function in _compilable(checked, session):
        plans = session.compiler.generator.lowering.plans
        plans.clear()
        try:
            unit = session.compiler.generator.generate(function, stop_after=STOPS[stage])
        except Refused as refused:
            screen.report(refused.diagnostic)
            continue
        yield f"{comment} {name}: {show.fresh().type(function.type)}"
        if stage == QUANTUM:
            yield from (line for plan in plans for line in explained(plan))
        else:
            yield from _text(unit, stage, machine).rstrip().splitlines()
        yield ""


def _compilable(checked: Checked, session: Session) -> Iterator[tuple[str, Function]]:
    """Every function that neither takes nor gives one; of an experiment one point, and what a fit minimises."""
    from qdsl.lang.core.from_experiment import FromExperiment, readings

    for function in checked.module.functions.values():
        if not _has_function(function.type):
            yield function.name, function
    for experiment in checked.module.experiments.values():
        written = FromExperiment(experiment, session.library.function, readings(experiment))
        if written.readings is not None:
            yield f"{experiment.name}, what rows share", written.read_at()
        yield f"{experiment.name}, one point", written.point()
        if all(None not in measure.distribution.arguments for measure in experiment.measures):  # else least squares
            yield f"{experiment.name}, negative log-likelihood", written.nll()


def _has_function(type_: object) -> bool:
    from qdsl.lang.typed import types

    return isinstance(type_, types.Function) and any(
        isinstance(types.pruned(each), types.Function) for each in types.parts(type_)
    )


def _text(unit: Unit, stage: str, machine: Machine | None) -> str:
    from qdsl.lang.core.printer import module_text

    if stage not in ("llvm", "asm"):
        return module_text(unit.module)
    from qdsl.lang.native import target
    from qdsl.lang.native.module import translated

    machine = machine or target.host()
    text = translated(unit.module, [unit.name], machine).text
    return text if stage == "llvm" else target.emit_assembly(text, machine)
