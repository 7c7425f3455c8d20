"""Why nothing is drawn from a posterior. One function per mistake."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed


def cut_prior(at: Span, param: typed.ParamDeclaration) -> Diagnostic:
    assert param.prior is not None
    return error(
        "E0871",
        f"the bounds of {param.variable.name} cut its prior, which depends on other params",
        Label(at),
        Label(param.prior.span, "this prior"),
        note="how much of it is left would have to be known for all values of these params",
        hint=f"leave the bounds of {param.variable.name} away, or choose a prior that ends where they are",
    )


def no_sampler(at: Span) -> Diagnostic:
    return error("E0872", "posteriors need nutpie", Label(at), hint='install it: pip install "qdsl[posterior]"')


def nowhere_to_begin(at: Span) -> Diagnostic:
    return error(
        "E0873",
        "nothing was found where the model is defined, so no chain can begin",
        Label(at),
        note="at the defaults and at points all over the bounds the likelihood or a derivative of it is not finite",
        hint="choose narrower bounds, or say where it is defined: posterior(.., start = (..))",
    )


def too_few(at: Span, what: str, count: int, least: int) -> Diagnostic:
    return error("E0874", f"`{what}` is {count}, and the least is {least}", Label(at))
