"""Core to core: functions that also give their derivatives."""

from qdsl.lang.differentiate.forward import gradient, hessian
from qdsl.lang.differentiate.trip import NotDifferentiable

__all__ = ["NotDifferentiable", "gradient", "hessian"]
