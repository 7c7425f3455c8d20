"""The counts that a tomography is given: an array or a Table -> an array, (s, k), or (p, s, k) of several states."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.tomography_counts import AXES, of_one, words
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.tomography import admission, errors
from qdsl.runtime.tomography.hermitian import Reals


def option(call: typed.HostCall, name: str) -> typed.Expr | None:
    """What a call says by that name."""
    return next((value for own, value in call.named if own == name), None)


def counts_of(env: Environment, call: typed.HostCall, given: typed.Expr, wanted: Sequence[int]) -> Reals:
    """The counts, of the shape that the settings have; a message where they cannot be that."""
    value = env.evaluate(given)
    if isinstance(types.pruned(given.type), types.Table):
        counts = _placed(value, _rows(env, call, value, given.span, wanted[-1]), wanted, given.span)
    elif option(call, "shots") is None:
        counts = _shaped(np.asarray(value, dtype=np.float64), wanted, given.span)
    else:
        counts = _of_clicks(env, call, np.asarray(value, dtype=np.float64), wanted, given.span)
    admission.check_counts(counts, given.span)
    return counts


def _shaped(counts: Reals, wanted: Sequence[int], at: Span) -> Reals:
    if counts.shape == (*wanted[:-2], wanted[-1]) and wanted[-2] == 1:
        counts = counts[..., None, :]
    if counts.shape != tuple(wanted):
        raise errors.other_shape(at, words(counts.shape), words(wanted))
    return counts


def _of_clicks(env: Environment, call: typed.HostCall, clicks: Reals, wanted: Sequence[int], at: Span) -> Reals:
    """From the counts of outcome 1 alone."""
    if clicks.shape == tuple(wanted[:-2]) and wanted[-2] == 1:
        clicks = clicks[..., None]
    if clicks.shape != tuple(wanted[:-1]):
        raise errors.other_shape(at, of_one(clicks.shape), of_one(wanted[:-1]))
    return _both(env, call, clicks, at)


def _both(env: Environment, call: typed.HostCall, clicks: Reals, at: Span) -> Reals:
    """(..) -> (.., 2): outcome 0 is what is left of the shots."""
    told = option(call, "shots")
    assert told is not None
    shots = int(env.evaluate(told))
    admission.check_shots(shots, told.span)
    beyond = np.argwhere(clicks > shots)
    if len(beyond):
        raise errors.beyond_shots(at, float(clicks[tuple(beyond[0])]), admission.place(beyond[0]), shots, told.span)
    return np.stack([shots - clicks, clicks], axis=-1)


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(env: Environment, call: typed.HostCall, table: Any, at: Span, outcomes: int) -> Reals:
    """(rows, k): the columns that count."""
    stem, column = option(call, "columns"), option(call, "column")
    if isinstance(column, typed.Constant):
        return _both(env, call, np.asarray(table[str(column.value)], dtype=np.float64), at)
    assert isinstance(stem, typed.Constant)
    return np.stack([np.asarray(table[f"{stem.value}_{k}"], dtype=np.float64) for k in range(outcomes)], axis=1)


def _placed(table: Any, rows: Reals, wanted: Sequence[int], at: Span) -> Reals:
    """The counts of the rows of a Table, each where its columns `state` and `setting` say; without these in order."""
    *shape, _ = wanted
    axes = AXES[-len(shape) :]
    known = [name for name in axes if name in table]
    if len(known) < len(axes) and not (len(known) == 1 and shape[axes.index(known[0]) - 1] == 1):
        if len(rows) != prod(shape):
            of = "states and settings" if len(shape) > 1 else "settings"
            raise errors.other_rows(at, len(rows), prod(shape), of)
        return rows.reshape(wanted)
    places = [np.asarray(table[name]) if name in table else np.zeros(len(rows), dtype=int) for name in axes]
    for name, own, count in zip(axes, places, shape, strict=True):
        wrong = np.flatnonzero((own < 0) | (own >= count))
        if len(wrong):
            raise errors.no_such_setting(at, int(wrong[0]), name, int(own[wrong[0]]), count)
    counts = np.zeros(tuple(wanted))
    np.add.at(counts, tuple(places), rows)
    return counts
