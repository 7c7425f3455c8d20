"""`save_plot`: a picture to a file. SVG files are the same to the byte for the same picture."""

from __future__ import annotations

import importlib.util
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qdsl.lang.report import Diagnostic, Diagnostics, Label, error
from qdsl.lang.source import Span
from qdsl.runtime.value.export import cannot_write, names_a_file, no_file_name
from qdsl.runtime.whole_file import beside

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Picture(Protocol):
    """What to draw: data in SI, which know no matplotlib until they are drawn."""

    def lacks(self) -> str:
        """What a plot needs that this has not; empty if it has all."""
        ...

    def figure(self) -> Figure:
        """The matplotlib figure, made under the style that is set."""
        ...


FORMATS = ("svg", "png", "pdf")
DOTS_PER_INCH = 160

# No date and no program's version: a figure changes when what it shows does.
_METADATA = {
    "svg": {"Date": None, "Creator": "QDSL"},
    "png": {"Software": "QDSL"},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": "QDSL", "Producer": None},
}


def save_plot(picture: Picture, path: str | Path, diagnostics: Diagnostics, at: Span | None = None) -> bool:
    """Draw the picture into a file, whose ending says the format; False, with the reason reported at `at`, if it
    cannot be.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    problem = _unfit(picture, path, kind, at)
    if problem is not None:
        diagnostics.add(problem)
        return False
    try:
        with beside(path) as partial:
            _write(picture, partial, kind)
    except OSError as failure:
        diagnostics.add(cannot_write(path, failure, at))
        return False
    return True


def _unfit(picture: Picture, path: Path, kind: str, at: Span | None) -> Diagnostic | None:
    """Why this cannot be drawn at all."""
    labels = () if at is None else (Label(at),)
    if importlib.util.find_spec("matplotlib") is None:
        return no_matplotlib(at)
    if not names_a_file(path):
        return no_file_name(path, at)
    if kind not in FORMATS:
        return error(
            "E0831", f"{path.name} has no ending that names a picture", *labels, hint="write .svg, .png or .pdf"
        )
    why = picture.lacks()
    return error("E0832", "there is nothing to plot", *labels, note=why) if why else None


def no_matplotlib(at: Span | None) -> Diagnostic:
    labels = () if at is None else (Label(at),)
    return error("E0830", "plots need matplotlib", *labels, hint='install it: pip install "qdsl[plot]"')


def svg_text(picture: Picture) -> str:
    """The picture as the text of an SVG file."""
    content = BytesIO()
    _write(picture, content, "svg")
    return content.getvalue().decode()


def _write(picture: Picture, path: Path | BytesIO, kind: str) -> None:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from qdsl.runtime.plot.style import STYLE

    with mpl.rc_context(STYLE):
        figure = picture.figure()
        FigureCanvasAgg(figure)
        figure.savefig(path, format=kind, dpi=DOTS_PER_INCH, metadata=_METADATA[kind])
