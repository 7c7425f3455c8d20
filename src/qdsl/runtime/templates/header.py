"""What a template says of itself: the `##` lines at its top, as data.

    ## Rabi oscillations: a drive takes a qubit up and down.
    ##
    ## category: qubit
    ## words: Rabi frequency, nutation, pi pulse
    ## measures: how often the qubit is excited after a pulse of length t
    ## model: H/h = rabi_frequency/2 X - detuning/2 Z; without loss P1 = ..
    ##     and so on in lines that stand further in
    ## holds: while the drive is weak beside the frequency of the qubit
    ## cites: I. I. Rabi, Space quantization in a gyrating magnetic field, Phys. Rev. 51, 652 (1937),
    ##     doi:10.1103/PhysRev.51.652

The first line is the title. Every field is needed, and stands once; `cites` once for each paper, with year and DOI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qdsl.lang.report.near import nearest

FIELDS = ("category", "words", "measures", "model", "holds", "cites")
CATEGORIES = ("qubit", "oscillator", "measurement", "tomography")

_FIELD = re.compile(r"([a-z]+):(?: (.*))?$")
_DOI = re.compile(r"\bdoi:10\.\d{4,9}/\S+$")
_YEAR = re.compile(r"\((?:1[89]|20)\d\d\)")


class HeaderError(ValueError):
    """A header that cannot be read; the text says where and what is wrong."""


@dataclass(frozen=True, slots=True)
class Header:
    """A template by its name, that of its file and of its experiment."""

    name: str
    title: str
    category: str
    words: tuple[str, ...]
    measures: str
    model: str
    holds: str
    cites: tuple[str, ...]


def header(name: str, text: str) -> Header:
    """The header of a template's text."""
    lines = _lines(name, text)
    title, fields = lines[0], _fields(name, lines)
    for field in FIELDS:
        if field not in fields:
            raise _missing(name, field)
    for field in FIELDS[:-1]:
        if len(fields[field]) > 1:
            raise _twice(name, field)
    [category], [words] = fields["category"], fields["words"]
    if category not in CATEGORIES:
        raise _unknown_category(name, category)
    for cited in fields["cites"]:
        if not (_DOI.search(cited) and _YEAR.search(cited)):
            raise _no_citation(name, cited)
    [measures], [model], [holds] = fields["measures"], fields["model"], fields["holds"]
    found = tuple(word.strip() for word in words.split(","))
    return Header(name, title, category, found, measures, model, holds, tuple(fields["cites"]))


def _lines(name: str, text: str) -> list[str]:
    """The lines of the header without their `##`."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("##"):
            break
        lines.append(line[2:].removeprefix(" ").rstrip())
    if not lines or not lines[0] or _FIELD.match(lines[0]):
        raise _no_title(name)
    return lines


def _fields(name: str, lines: list[str]) -> dict[str, list[str]]:
    """Each field with what it says, once or several times."""
    fields: dict[str, list[str]] = {}
    field = ""
    for number, line in enumerate(lines[1:], 2):
        start = _FIELD.match(line)
        if start is not None:
            field = start[1]
            if field not in FIELDS:
                raise _unknown_field(name, number, field)
            fields.setdefault(field, []).append((start[2] or "").strip())
        elif line and not (line.startswith(" ") and field):
            raise _stray(name, number)
        elif line:
            fields[field][-1] = f"{fields[field][-1]} {line.strip()}".strip()
    return {field: [each.removesuffix(".") for each in said] for field, said in fields.items() if all(said)}


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _no_title(name: str) -> HeaderError:
    """The file begins with something else."""
    return HeaderError(f"{name}.qdsl:1: a template begins with a line `## ` that is its title")


def _missing(name: str, field: str) -> HeaderError:
    """There is no line `## cites: ..`, or nothing behind it."""
    return HeaderError(f"{name}.qdsl: the header does not say `## {field}: ..`")


def _twice(name: str, field: str) -> HeaderError:
    """Two lines `## model: ..`."""
    return HeaderError(f"{name}.qdsl: the header says `## {field}: ..` twice")


def _unknown_field(name: str, line: int, field: str) -> HeaderError:
    """`## citation: ..`."""
    near = nearest(field, FIELDS)
    meant = f"; did you mean `{near}`?" if near else f"; it has {', '.join(FIELDS)}"
    return HeaderError(f"{name}.qdsl:{line}: a header has no field `{field}`{meant}")


def _stray(name: str, line: int) -> HeaderError:
    """A line between the fields that belongs to none."""
    return HeaderError(f"{name}.qdsl:{line}: what goes on from the line above stands further in")


def _unknown_category(name: str, category: str) -> HeaderError:
    """`## category: qbit`."""
    near = nearest(category, CATEGORIES)
    meant = f"; did you mean `{near}`?" if near else f"; there are {', '.join(CATEGORIES)}"
    return HeaderError(f"{name}.qdsl: there is no category `{category}`{meant}")


def _no_citation(name: str, cited: str) -> HeaderError:
    """`## cites: Rabi's paper`."""
    return HeaderError(f"{name}.qdsl: a citation has its year, as in (1937), and ends in its doi:10.., not: {cited}")
