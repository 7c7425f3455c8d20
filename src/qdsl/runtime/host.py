"""What programs do to the world: the functions behind `print`, `load`, `fit`, .. by name.

Each entry of `HOST` takes the `World` and gives the function that carries out a typed HostCall.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.lang.report import Diagnostics, InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.fit_pictures import FIT_PICTURES
from qdsl.lang.typed.number_pictures import NUMBER_PICTURES
from qdsl.lang.typed.state_pictures import STATE_PICTURES
from qdsl.runtime.evaluate import Environment, Host
from qdsl.runtime.failures import negative_uncertainty, unequal_lengths
from qdsl.runtime.tomography_host import TOMOGRAPHY_HOST
from qdsl.runtime.world import World


def _print(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> None:
        world.out(" ".join(env.text(each) for each in call.arguments))

    return run


def _length(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> int:
        return len(env.evaluate(call.arguments[0]))

    return run


def _estimate(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.value.estimate import independent

        value, error = (env.evaluate(each) for each in call.arguments)
        assert isinstance(call.type, types.Estimate)
        if not error >= 0:
            raise negative_uncertainty(call.arguments[1].span, env.text(call.arguments[1]))
        return independent(float(value), float(error), call.type.dimension, call.display)

    return run


def _with(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.value.table import Column

        table = env.evaluate(call.arguments[0])
        length = len(table)
        columns: dict[str, Column] = {}
        for name, each in call.named:
            element = types.resolved(each.type)
            assert isinstance(element, types.Array)
            values = env.evaluate(each)
            if len(values) != length:
                raise unequal_lengths(each.span, len(values), length)
            columns[name] = Column(values, element.element, each.display)
        return table.with_columns(**columns)

    return run


def _load(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.lang.typed.requests import MISSING
        from qdsl.runtime.experiment.fitting import word_of
        from qdsl.runtime.experiment.loading import load
        from qdsl.runtime.experiment.model import model_of

        path, experiment = call.arguments
        named = dict(call.named)
        skip = "missing" in named and word_of(env, named["missing"], "missing", MISSING) == "skip"
        by = env.evaluate(named["by"]) if "by" in named else None
        return load(world, env.evaluate(path), model_of(env, _experiment(experiment)), path.span, skip, by)

    return run


def _simulate(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.model import model_of
        from qdsl.runtime.experiment.runs import simulated

        return simulated(model_of(env, _experiment(call.arguments[0])), env, call, world)

    return run


def _expected(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.model import model_of
        from qdsl.runtime.experiment.runs import expected

        return expected(model_of(env, _experiment(call.arguments[0])), env, call, world)

    return run


def _sweep(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.model import model_of
        from qdsl.runtime.experiment.sweeping import swept

        return swept(model_of(env, _experiment(call.arguments[0])), env, call, world)

    return run


def _fit(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.fitting import fitted

        return fitted(env, _experiment(call.arguments[0]), call, world)

    return run


def _fit_each(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.fit_each import fitted_each

        return fitted_each(env, _experiment(call.arguments[0]), call, world)

    return run


def _posterior(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.posteriors import drawn

        return drawn(env, _experiment(call.arguments[0]), call, world)

    return run


def _profile(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.questions import profiled

        return profiled(env, call, world)

    return run


def _bootstrap(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.resampling import bootstrapped

        return bootstrapped(env, call, world)

    return run


def _interval(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.resampling import interval

        return interval(env, call, world)

    return run


def _compare(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.questions import compared_fits

        return compared_fits(env, call, world)

    return run


def _cross_validate(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.predictive import cross_validated

        return cross_validated(env, call, world)

    return run


def _kl_divergence(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.predictive import kl_divergence

        return kl_divergence(env, call, world)

    return run


def _predict(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.questions import predicted

        return predicted(env, call)

    return run


def _extremum(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.optimising import extremum

        return extremum(env, call, world)

    return run


def _residuals(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> Any:
        from qdsl.runtime.experiment.questions import residuals_table

        return residuals_table(env, call)

    return run


def _covariance(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> float:
        from qdsl.runtime.value.estimate import covariance

        return covariance(*(env.evaluate(each) for each in call.arguments))

    return run


def _plot(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> None:
        from qdsl.runtime.experiment.picture import draw

        draw(env, call, world)

    return run


def _picture(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> None:
        from qdsl.runtime.pictures.drawing import draw

        draw(env, call, world)

    return run


def _show_matrix(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> None:
        from qdsl.runtime.value.matrix import matrix_text

        value = call.arguments[0]
        numbers = typed.Quantum(value.span, _matrix_type(value), _how(value), (value,))
        world.out(matrix_text(env.evaluate(numbers), value.type, env.unit_of(value)))

    return run


def _check_measurement(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> None:
        from qdsl.lang.core.declared_measurements import is_one

        (measurement,) = call.arguments
        assert isinstance(measurement, typed.Local)
        env.evaluate(is_one(measurement.variable))

    return run


def _matrix_type(value: typed.Expr) -> types.Type:
    type_ = types.resolved(value.type)
    axes = (None,) if isinstance(type_, types.Ket) else (None, None)
    dimension = type_.dimension if isinstance(type_, types.Operator) else ONE
    return types.Array(types.Complex(dimension), axes)


def _how(value: typed.Expr) -> str:
    return "amplitudes" if isinstance(types.pruned(value.type), types.Ket) else "matrix"


def _export(world: World) -> Host:
    def run(env: Environment, call: typed.HostCall) -> None:
        from qdsl.runtime.page.export import export_result
        from qdsl.runtime.value.export import export_csv

        value, path = env.evaluate(call.arguments[0]), world.path(env.evaluate(call.arguments[1]))
        diagnostics = Diagnostics()
        type_, at = types.pruned(call.arguments[0].type), call.arguments[1].span
        if isinstance(type_, types.Fit | types.Posterior):
            export_result(env, type_.experiment, value, path, diagnostics, at)
        else:
            export_csv(value, path, diagnostics, at)
        world.settle(diagnostics)

    return run


def _experiment(expr: typed.Expr) -> typed.Experiment:
    type_ = types.pruned(expr.type)
    if isinstance(type_, types.ExperimentType):
        return type_.experiment
    raise InternalError("an argument that should be an experiment is not")


HOST: dict[str, Callable[[World], Host]] = {
    "print": _print,
    "len": _length,
    "estimate": _estimate,
    "with": _with,
    "load": _load,
    "simulate": _simulate,
    "expected": _expected,
    "sweep": _sweep,
    "fit": _fit,
    "fit_each": _fit_each,
    "posterior": _posterior,
    "profile": _profile,
    "bootstrap": _bootstrap,
    "interval": _interval,
    "compare": _compare,
    "cross_validate": _cross_validate,
    "kl_divergence": _kl_divergence,
    "predict": _predict,
    "covariance": _covariance,
    "minimize": _extremum,
    "maximize": _extremum,
    "residuals": _residuals,
    "plot": _plot,
    **dict.fromkeys(STATE_PICTURES | NUMBER_PICTURES | FIT_PICTURES, _picture),
    "export": _export,
    "show_matrix": _show_matrix,
    "check_measurement": _check_measurement,
    **TOMOGRAPHY_HOST,
}
