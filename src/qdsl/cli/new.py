"""Make a project: a folder with a program that runs as it is.

qdsl new decay                            a model, its data and how to fit them
qdsl new my_qubit --template rabi         a template of the library under that name
qdsl new --list                           the templates there are
qdsl new --search "photon number"         those that are about something
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from qdsl.cli.exits import Exit, UsageError
from qdsl.cli.files import write
from qdsl.cli.screen import Screen
from qdsl.lang.report import error
from qdsl.lang.surface.tokens import RESERVED
from qdsl.runtime.templates import catalogue
from qdsl.runtime.templates.header import Header

PLAIN = Path(__file__).resolve().parent / "template"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="the folder to make; its last part names the program")
    parser.add_argument("--template", metavar="T", help="begin with this template of the library")
    parser.add_argument("--list", action="store_true", help="list the templates")
    parser.add_argument("--search", metavar="WORDS", help="list the templates that are about this, the best first")


def run(arguments: Namespace, screen: Screen) -> Exit:
    if arguments.list or arguments.search is not None:
        return _listed(arguments, screen)
    if arguments.name is None:
        raise UsageError("qdsl new needs NAME; see qdsl new --help")
    folder = Path(arguments.name)
    name = folder.name
    if not name.isidentifier() or name in RESERVED:
        raise UsageError(f"{name!r} cannot name an experiment: use letters, digits and _, as in decay_2")
    files = dict(_plain(name) if arguments.template is None else _of_template(name, _known(arguments.template)))
    if not _made(folder, screen):
        return Exit.FAILED
    for file, text in files.items():
        if not write(folder / file, text, screen):
            return Exit.FAILED
    screen.print(f"made {folder}; now: qdsl run {folder / name}.qdsl")
    return Exit.OK


def _made(folder: Path, screen: Screen) -> bool:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        screen.report(error("E0908", f"there is something called {folder} already"))
        return False
    except OSError as failure:
        screen.report(error("E0907", f"cannot make the folder {folder}: {(failure.strerror or str(failure)).lower()}"))
        return False
    return True


# ── what goes into the folder ────────────────────────────────────────────────────────────────────────────────────


def _plain(name: str) -> Iterator[tuple[str, str]]:
    """A model, its data and how to fit them."""
    for each in sorted(PLAIN.iterdir()):
        file = f"{name}.qdsl" if each.name == "model.qdsl" else each.name
        yield file, each.read_text(encoding="utf-8").replace("NAME", name)


def _of_template(name: str, template: Header) -> Iterator[tuple[str, str]]:
    """The template's program, and what its header says."""
    yield "README.md", _readme(name, template)
    yield f"{name}.qdsl", catalogue.text(template.name)


def _readme(name: str, template: Header) -> str:
    cited = "\n".join(f"- {each}" for each in template.cites)
    return f"""# {name}

{template.title}

It measures {template.measures}.

The model: {template.model}

It holds {template.holds}.

```
qdsl run {name}.qdsl      simulate, fit, print the answer, draw it
qdsl check {name}.qdsl    report mistakes without running
qdsl test {name}.qdsl     run the tests in it
```

{cited}
"""


def _known(name: str) -> Header:
    """The template of that name."""
    if name not in catalogue.headers():
        raise UsageError(catalogue.unknown(name))
    return catalogue.headers()[name]


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _listed(arguments: Namespace, screen: Screen) -> Exit:
    """A line for each template."""
    if arguments.name is not None or arguments.template is not None:
        raise UsageError("qdsl new: --list and --search only tell; they make no project")
    if arguments.search is None:
        screen.print(_lines(catalogue.headers().values()))
        return Exit.OK
    found = catalogue.search(arguments.search)
    if not found:
        screen.print(f"no template is about {arguments.search!r}; qdsl new --list shows them all")
        return Exit.FAILED
    screen.print(_lines(found))
    return Exit.OK


def _lines(templates: Iterable[Header]) -> str:
    rows = list(templates)
    name = max(len(each.name) for each in rows)
    category = max(len(each.category) for each in rows)
    return "\n".join(f"{each.name:<{name}}  {each.category:<{category}}  {each.title}" for each in rows)
