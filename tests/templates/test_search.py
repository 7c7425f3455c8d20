"""Templates by what they are about."""

from __future__ import annotations

import pytest

from qdsl.runtime.templates.catalogue import search, unknown


@pytest.mark.parametrize(
    ("query", "first", "among"),
    [
        ("photon number", "dispersive_shift", {"jaynes_cummings"}),
        ("revivals", "jaynes_cummings", set()),
        ("echo", "t2_echo", {"cpmg"}),
        ("T1", "t1", {"rabi"}),
        ("relaxation", "t1", {"rabi", "ramsey"}),
        ("watched pot", "zeno", set()),
        ("Bell state", "bell", set()),
        ("oscillator", "dispersive_shift", {"jaynes_cummings"}),
        ("tomography", "bell", set()),
        ("Hahn", "t2_echo", set()),
        ("rabi", "rabi", {"jaynes_cummings"}),
        ("zeno effect of unicorns", "zeno", set()),
    ],
)
def test_the_best_comes_first(query: str, first: str, among: set[str]) -> None:
    found = [each.name for each in search(query)]
    assert found[0] == first
    assert among <= set(found)


def test_a_word_that_no_template_has_finds_none() -> None:
    assert search("unicorn") == search("") == []


def test_a_word_that_only_begins_alike_is_no_find() -> None:
    assert search("rabid") != []
    assert search("ra") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rabbi", "there is no template 'rabbi'; did you mean 'rabi'?"),
        ("spin_echo", "there is no template 'spin_echo'; about that there is t2_echo, cpmg"),
        ("unicorn", "there is no template 'unicorn'; there are cpmg, rabi, ramsey"),
    ],
)
def test_a_name_that_no_template_has(name: str, said: str) -> None:
    assert unknown(name).startswith(said)
