"""Core to core: functions that also give their derivatives.

`gradient` goes forwards (`forward`) where there are few derivatives, and backwards (`reverse`) where there are many of
one number. `hessian` goes forwards through the gradient; `pushforward` is the derivative in one direction.
"""

from qdsl.lang.differentiate.choice import gradient, hessian
from qdsl.lang.differentiate.forward import pushforward
from qdsl.lang.differentiate.trip import NotDifferentiable

__all__ = ["NotDifferentiable", "gradient", "hessian", "pushforward"]
