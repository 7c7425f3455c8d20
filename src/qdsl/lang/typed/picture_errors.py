"""What can be wrong with a picture that a program asks for. One method per mistake."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.spaces import Space
from qdsl.lang.typed.types import Length, Type
from qdsl.lang.typed.words import counted


class PictureErrors:
    """Mistakes about `plot_bloch`, `plot_map` and their like. `show` names types."""

    def __init__(self, show: Show) -> None:
        self._show = show

    @property
    def show(self) -> Show:
        return self._show.fresh()

    def takes(self, span: Span, function: str, wanted: str, type_: Type, hint: str = "") -> Diagnostic:
        """`plot_bloch(3, ..)`."""
        return error(
            "E0516", f"`{function}` takes {wanted} here, and this is {self.show.a(type_)}", Label(span), hint=hint
        )

    def needs_file(self, span: Span, function: str, example: str) -> Diagnostic:
        """`plot_bloch(psi)`, `plot_bloch("b.svg")`."""
        return error("E0307", f"`{function}` takes what to draw and then a file name", Label(span), hint=example)

    def other_spaces(self, span: Span, function: str, wanted: str, found: str, alone: str | None) -> Diagnostic:
        """`plot_bloch(psi, ..)` of two qubits. `alone` is a space whose state alone would do."""
        hint = f"`keep = {alone}` shows the state of {alone} alone" if alone else ""
        return error("E0833", f"`{function}` shows {wanted}, and this is of {found}", Label(span), hint=hint)

    def space_missing(self, span: Span, what: str, spaces: Sequence[Space], state: Span) -> Diagnostic:
        """`keep = c`, `levels = [|0>(c)]` of a state without c."""
        names = " and ".join(f"`{each.name}`" for each in spaces)
        return error(
            "E0372",
            f"{what} of {names}, which the picture's state does not have",
            Label(span),
            Label(state, f"a state without {names}"),
        )

    def kept_of_operator(self, span: Span) -> Diagnostic:
        """`plot_matrix(H, .., keep = q)`."""
        return error("E0516", "`keep` is for states: an operator has no part of some spaces alone", Label(span))

    def along_several(self, span: Span) -> Diagnostic:
        """`plot_bloch(psi, phi, .., along = ts)`."""
        return error("E0516", "`along` is for a single array of states: it says what they go over", Label(span))

    def along_one(self, span: Span) -> Diagnostic:
        """`plot_bloch(psi, .., along = ts)` of a single state."""
        return error("E0516", "`along` is for an array of states, and this is one state", Label(span))

    def level_not_a_ket(self, span: Span, type_: Type) -> Diagnostic:
        """`levels = [0, 1]`."""
        return error(
            "E0516",
            f"`levels` takes kets, and this is {self.show.a(type_)}",
            Label(span),
            hint="write levels = [|0>(q), |1>(q)]",
        )

    def other_grid(self, span: Span, found: Sequence[Length], axes: Sequence[Length]) -> Diagnostic:
        """`plot_map(xs, ys, zs, ..)` where zs has a row for each y. A length that is not known is None."""
        rows, columns = ("?" if each is None else str(each) for each in found)
        wanted = " and ".join("?" if each is None else str(each) for each in axes)
        places = f"the axes have {wanted} places" if len(axes) > 1 else f"the axis has {wanted} places"
        is_turned = all(own in (None, length) for own, length in zip(reversed(found), axes, strict=False))
        hint = "each row belongs to a place of the first axis: transpose(..) turns them" if is_turned else ""
        return error("E0320", f"the values are {rows} by {columns}, and {places}", Label(span), hint=hint)

    def contour_of_one(self, span: Span, name: str) -> Diagnostic:
        """`plot_contour(best, "tau", "tau", ..)`."""
        said = f"a contour is of two params, and this is `{name}` again"
        return error("E0881", said, Label(span), hint=f'plot_profile(best, "{name}", ..) shows one alone')

    def table_without_map(self, span: Span, columns: int) -> Diagnostic:
        """`plot_map(run, ..)` of an experiment with one axis."""
        said = f"a map needs two axes and a measurement, and this table has {counted(columns, 'column')}"
        return error("E0834", said, Label(span))
