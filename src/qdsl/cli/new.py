"""Make a project: a folder with a model, its data and how to fit them. It runs as it is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from qdsl.cli.exits import Exit, UsageError
from qdsl.cli.files import write
from qdsl.cli.screen import Screen
from qdsl.lang.report import error
from qdsl.lang.surface.tokens import RESERVED

TEMPLATE = Path(__file__).resolve().parent / "template"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the folder to make; its last part names the experiment")


def run(arguments: Namespace, screen: Screen) -> Exit:
    folder = Path(arguments.name)
    name = folder.name
    if not name.isidentifier() or name in RESERVED:
        raise UsageError(f"{name!r} cannot name an experiment: use letters, digits and _, as in decay_2")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        screen.report(error("E0908", f"there is something called {folder} already"))
        return Exit.FAILED
    except OSError as failure:
        screen.report(error("E0907", f"cannot make the folder {folder}: {(failure.strerror or str(failure)).lower()}"))
        return Exit.FAILED
    for template in sorted(TEMPLATE.iterdir()):
        target = folder / (f"{name}.qdsl" if template.name == "model.qdsl" else template.name)
        if not write(target, template.read_text(encoding="utf-8").replace("NAME", name), screen):
            return Exit.FAILED
    screen.print(f"made {folder}; now: qdsl run {folder / name}.qdsl")
    return Exit.OK
