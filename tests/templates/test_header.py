"""The headers of templates: what they have to say, and what is wrong with one that does not."""

from __future__ import annotations

import pytest
from tests.templates.declared import NAMES

from qdsl.runtime.templates.catalogue import headers, text
from qdsl.runtime.templates.header import HeaderError, header

SOUND = """## Decay: an excited state falls.
##
## category: qubit
## words: T1, lifetime
## measures: how often it is still excited
## model: P1 = exp(-t/T1), for a state
##     without memory
## holds: always
## cites: A. Author, A title, Phys. Rev. 1, 1 (1950), doi:10.1103/PhysRev.1.1
## cites: B. Author, Another, Phys. Rev. 2,
##     2 (1951), doi:10.1103/PhysRev.2.2

space q: Qubit
## no: field of the header
"""


def test_what_a_header_says() -> None:
    found = header("decay", SOUND)
    assert (found.name, found.title) == ("decay", "Decay: an excited state falls.")
    assert (found.category, found.words) == ("qubit", ("T1", "lifetime"))
    assert found.model == "P1 = exp(-t/T1), for a state without memory"
    assert [each.split(",")[0] for each in found.cites] == ["A. Author", "B. Author"]
    assert found.cites[1].endswith("Phys. Rev. 2, 2 (1951), doi:10.1103/PhysRev.2.2")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## Decay", "space q: Qubit\n## Decay", "decay.qdsl:1: a template begins with a line `## ` that is its title"),
        ("## Decay: an excited state falls.\n##\n", "", "decay.qdsl:1: a template begins with a line `## ` that is"),
        ("## words: T1, lifetime\n", "", "decay.qdsl: the header does not say `## words: ..`"),
        ("words: T1, lifetime", "words:", "decay.qdsl: the header does not say `## words: ..`"),
        ("## holds: always", "## holds: always\n## holds: never", "the header says `## holds: ..` twice"),
        ("## holds:", "## hold:", "decay.qdsl:8: a header has no field `hold`; did you mean `holds`?"),
        ("## holds:", "## see:", "decay.qdsl:8: a header has no field `see`; it has category, words, measures"),
        ("##     without", "## without", "decay.qdsl:7: what goes on from the line above stands further in"),
        ("category: qubit", "category: qbit", "there is no category `qbit`; did you mean `qubit`?"),
        ("category: qubit", "category: x", "there is no category `x`; there are qubit, oscillator"),
        (", doi:10.1103/PhysRev.1.1", "", "a citation has its year, as in (1937), and ends in its doi:10.., not: A."),
        (" (1950)", "", "a citation has its year, as in (1937), and ends in its doi:10.., not: A. Author"),
    ],
)
def test_a_header_that_cannot_be_read(old: str, new: str, said: str) -> None:
    assert old in SOUND
    with pytest.raises(HeaderError) as refused:
        header("decay", SOUND.replace(old, new, 1))
    assert said in str(refused.value)


def test_a_template_without_a_citation_is_refused() -> None:
    without = "\n".join(line for line in SOUND.splitlines() if "cites" not in line and "doi:" not in line)
    with pytest.raises(HeaderError, match=r"the header does not say `## cites: \.\.`"):
        header("decay", without)


def test_the_templates_are_read() -> None:
    needed = {"rabi", "ramsey", "t1", "t2_echo", "cpmg", "jaynes_cummings", "zeno", "bell"}
    assert needed <= set(NAMES)
    for name, each in headers().items():
        assert header(name, text(name)) == each
        assert all("\n" not in said and len(said) > 20 for said in (each.title, each.measures, each.model))
