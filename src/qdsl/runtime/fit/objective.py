"""What a fit is given.

The session builds an objective from an experiment and its data; the compiler supplies the derivatives, which are
exact. All values are in coherent SI units. An objective may answer nan where the model is not defined: the search
then steps back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit

Vector = NDArray[Any]
Matrix = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number to be estimated: where the search starts, and its inclusive bounds. `low == high` holds it fixed."""

    name: str
    start: float
    low: float = -math.inf
    high: float = math.inf
    dimension: Dimension = ONE
    display: DisplayUnit | None = None


@runtime_checkable
class Likelihood(Protocol):
    """A negative log-likelihood of the parameters, without the terms that only the data fix."""

    @property
    def parameters(self) -> Sequence[Parameter]: ...

    @property
    def n_points(self) -> int: ...

    def evaluate(self, x: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        """The value and, up to `order`, the gradient (1) and the Hessian (2) at `x`."""
        ...

    def information(self, x: Vector) -> Matrix:
        """The expected (Fisher) information at `x`."""
        ...

    def deviance(self, x: Vector) -> float | None:
        """Twice the log-likelihood ratio to the saturated model; None where it does not measure goodness of fit."""
        ...

    def constant(self) -> float:
        """What `evaluate` left out: the terms of the negative log-likelihood that only the data fix."""
        ...


@runtime_checkable
class LeastSquares(Protocol):
    """Residuals whose sum of squares is minimised: `Normal(m)` with an unknown, common sigma."""

    @property
    def parameters(self) -> Sequence[Parameter]: ...

    @property
    def n_points(self) -> int: ...

    def residuals(self, x: Vector) -> Vector:
        """One residual for each point, all in the same unit."""
        ...

    def jacobian(self, x: Vector) -> Matrix:
        """Derivatives of the residuals, points × parameters."""
        ...


Objective = Likelihood | LeastSquares
