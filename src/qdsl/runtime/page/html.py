"""Page -> HTML. Every text is escaped; nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from qdsl.runtime.page.page import Drawing, Grid, Page

STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --faint: #666; --line: #d4d8dc; --card: #f5f7f9;
  --good: #1d6b42; --bad: #a5281b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6e8; --paper: #16191c; --faint: #a0a6ac; --line: #3a4046;
  --card: #1f2327; --good: #6fcf97; --bad: #ff9d8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; color: var(--ink); background: var(--paper);
  font: 0.92rem/1.4 system-ui, "DejaVu Sans", sans-serif; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 0 0 0.3rem; font-size: 1rem; }
p { margin: 0.3rem 0; }
.verdict { font-weight: 700; font-size: 1.1rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.parts { display: flex; gap: 1.4rem; margin-top: 0.8rem; }
.parts > div { flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; gap: 0.9rem; }
figure { margin: 0; }
figure svg { display: block; width: 100%; height: auto; background: #fff; border-radius: 4px; }
figcaption, .faint { color: var(--faint); font-size: 0.82rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 700; padding-bottom: 0.2rem; }
th, td { text-align: left; vertical-align: top; padding: 0.12rem 0.7rem 0.12rem 0; }
tr { border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
pre { margin: 0; padding: 0.6rem; background: var(--card); border-radius: 4px; overflow-x: auto;
  font: 0.78rem/1.35 ui-monospace, "DejaVu Sans Mono", monospace; }
dl { margin: 0; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 0.8rem; font-size: 0.82rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
@media screen and (max-width: 44rem) { .parts { flex-direction: column; } }
@page { size: A4; margin: 11mm; }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --faint: #444; --line: #bbb; --card: #f5f7f9;
    --good: #1d6b42; --bad: #a5281b; }
  body { max-width: none; padding: 0; font-size: 7.6pt; line-height: 1.25; }
  h1 { font-size: 12pt; } h2 { font-size: 8.5pt; } .verdict { font-size: 9pt; }
  pre { font-size: 6.2pt; white-space: pre-wrap; } dl, figcaption, .faint { font-size: 6.6pt; }
  .parts { gap: 6mm; margin-top: 2.5mm; } .parts > div { gap: 3mm; }
  figure, table, pre, dl { break-inside: avoid; } }
""".strip()


def html_of(page: Page) -> str:
    """The whole file."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(page.title)}</title>"
    yield f"<style>\n{STYLE}\n</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{escape(page.title)}</h1>"
    if page.about:
        yield f'<p class="faint">{escape(page.about)}</p>'
    yield f'<p class="verdict {"good" if page.is_good else "bad"}">{escape(page.verdict)}</p>'
    yield from (f"<p>{escape(each)}</p>" for each in page.words)
    params, *others = map(_grid, page.grids)
    yield params
    drawings = [_drawing(each, place) for place, each in enumerate(page.drawings)]
    model = f"<section><h2>The model</h2><pre>{escape(page.model)}</pre></section>"
    origin = f"<section><h2>Where it comes from</h2>{_origin(page)}</section>"
    yield '<div class="parts">'
    for column in ((*drawings[:1], *others[:1], model), (*drawings[1:], *others[1:], origin)):
        yield "<div>"
        yield from column
        yield "</div>"
    yield "</div>"
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in grid.columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(each)}</td>" for each in rest)}</tr>'
        for first, *rest in grid.rows
    )
    header = f"<thead><tr>{head}</tr></thead>" if grid.columns else ""
    table = f"<table><caption>{escape(grid.caption)}</caption>{header}<tbody>{rows}</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _drawing(drawing: Drawing, place: int) -> str:
    from qdsl.runtime.page.inline import inline

    picture = inline(drawing.svg, drawing.says, f"f{place}-")
    return f"<figure>{picture}<figcaption>{escape(drawing.caption)}</figcaption></figure>"


def _origin(page: Page) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in page.origin) + "</dl>"
