"""An edit costs the chunk it is in: the trees of all others are the same objects, at their new places."""

from __future__ import annotations

import pytest
from tests.surface.reading import CORPUS, STDLIB, codes

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import ChunkCache, parse
from qdsl.lang.surface.chunks import cuts
from qdsl.lang.surface.tree import same

TEXT = """# first
let a = 1

## doc
fn f(x) {
    x
}
let b = [
    1,
]
let a = 1
"""


def pieces(text: str) -> list[str]:
    starts = cuts(text)
    return [text[begin:end] for begin, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def test_chunks_are_items_with_their_comments() -> None:
    assert pieces(TEXT) == [
        "# first\nlet a = 1\n\n",
        "## doc\nfn f(x) {\n    x\n}\n",
        "let b = [\n    1,\n]\n",
        "let a = 1\n",
    ]


@pytest.mark.parametrize("text", ["a\n+ b\n", "a +\nb\n", "f(\nx\n)\n", "a\nto us\n", "if a {\nb\n}\nelse {\nc\n}\n"])
def test_an_item_is_never_cut(text: str) -> None:
    assert len(cuts(text)) == 1


def test_an_open_bracket_does_not_take_the_rest_of_the_file() -> None:
    assert pieces("let a = f(1\nlet b = 2\nfn g() {\nlet c = 3\nfn h() = 1\n") == [
        "let a = f(1\n",
        "let b = 2\n",
        "fn g() {\n",
        "let c = 3\n",
        "fn h() = 1\n",
    ]


@pytest.mark.parametrize("path", [*CORPUS, *STDLIB], ids=lambda path: path.stem)
def test_chunks_say_what_the_whole_says(path) -> None:  # type: ignore[no-untyped-def]
    """Cutting a file and parsing it in one piece give the same items."""
    from qdsl.lang.surface.parse_chunk import parse_chunk

    source = Source(path.name, path.read_text(encoding="utf-8"))
    whole = parse_chunk(source.whole)
    assert same(whole.items, parse(source, Diagnostics()).items)


def test_an_edit_keeps_the_other_trees() -> None:
    cache = ChunkCache()
    before = parse(Source("x", TEXT), Diagnostics(), cache)
    edited = TEXT.replace("    x\n", "    x + 1\n").replace("# first\n", "# first\n\n\n")
    source = Source("x", edited)
    after = parse(source, Diagnostics(), cache)
    kept = [old is new for old, new in zip(before.items, after.items, strict=True)]
    assert kept == [False, False, True, True]
    for item in after.items:
        assert item.span.source is source
        begin, end = item.span.absolute
        assert edited[begin:end] == item.span.text


def test_equal_chunks_have_their_own_trees() -> None:
    module = parse(Source("x", "let a = 1\n" * 3), Diagnostics())
    assert len(set(map(id, module.items))) == 3
    assert [item.span.absolute[0] for item in module.items] == [0, 10, 20]


def test_messages_move_with_their_chunk() -> None:
    cache = ChunkCache()
    parse(Source("x", "let a = 1\nlet = 2\n"), Diagnostics(), cache)
    found = Diagnostics()
    parse(Source("x", "\n\nlet a = 1\nlet = 2\n"), found, cache)
    assert [each.span.begins for each in found if each.span] == [(4, 5)]


def test_the_cache_holds_the_last_parse_only() -> None:
    cache = ChunkCache()
    for number in range(50):
        parse(Source("x", f"let a = {number}\nlet b = 1\n"), Diagnostics(), cache)
    assert len(cache.parsed) == 2
    assert codes("let b = 1\n") == []
