"""What the solvers of the standard library say where they stop: a name in a program, a sentence in a message.

    assert is_regular(pivot != 0, k)        =>      check pivot != 0, "the matrix is singular: its column {0} .."

Each is an `extern fn` of the module that uses it. It takes whether all is well and the numbers that the sentence shows,
at most four; real ones are in SI, since a solver does not know its units.
"""

from __future__ import annotations

from qdsl.lang.core.ir import Code

VERDICTS: dict[str, tuple[Code, str]] = {
    "converged": (Code.NOT_CONVERGED, "no convergence in {0} steps: what is left is {1}, in SI units"),
    # roots
    "signs_differ": (
        Code.DOMAIN,
        "no root is sure to lie between {0} and {1}: the function is {2} and {3} there, all in SI units",
    ),
    "crosses_zero": (
        Code.NOT_CONVERGED,
        "no root: at {0}, where the sign changes, the function is {1} and not near 0, both in SI units",
    ),
    "is_inside": (
        Code.DOMAIN,
        "no minimum inside {0} .. {1}: the function falls towards {2}, all in SI units",
    ),
    # optimization
    "is_lowest": (Code.NOT_CONVERGED, "no minimum: where the function is level, it falls in some direction"),
    "is_bounded": (Code.NOT_CONVERGED, "no minimum: at step {0} the function still falls, from {1} in SI units"),
    # quadrature
    "is_integrable": (Code.DOMAIN, "no integral: the function is not a finite number somewhere between the ends"),
    # ode
    "event_happens": (Code.NOT_CONVERGED, "no event: at the end, {0}, its function is {1}, both in SI units"),
    "times_ascend": (Code.DOMAIN, "the times must ascend: {1} follows {0}, in SI units"),
    # evolution
    "is_followed": (
        Code.NOT_CONVERGED,
        "the state cannot be followed beyond {0} with a relative error of {3}: step {2} was {1} long, in SI units",
    ),
    "turns_within": (
        Code.DOMAIN,
        "the state has frequencies outside of {0} to {1}, in SI units, or it grows",
    ),
    # linear algebra
    "is_regular": (Code.DOMAIN, "the matrix is singular: its column {0} depends on those before it"),
    "is_positive": (Code.DOMAIN, "the matrix is not positive: its pivot in row {0} is {1}, in SI units"),
    "is_symmetric": (
        Code.DOMAIN,
        "the matrix is not symmetric: element ({0}, {1}) is {2}, and ({1}, {0}) is {3}, in SI units",
    ),
    "is_hermitian": (
        Code.DOMAIN,
        "the matrix is not Hermitian: element ({0}, {1}) is not the conjugate of ({1}, {0})",
    ),
    # states
    "is_held": (
        Code.TRUNCATED,
        "the state does not fit the {0} levels of its space: {1} of it is above them, and {2} levels would do",
    ),
    # matrices
    "density_is_hermitian": (
        Code.STATE,
        "no density: element ({0}, {1}) is off the conjugate of ({1}, {0}) by {2}",
    ),
    "density_is_whole": (Code.STATE, "no density: the trace is {0}, not 1"),
    "density_is_positive": (Code.STATE, "no density: its least eigenvalue is {0}, which is negative"),
    "has_rows": (Code.SHAPE, "there are {0} equations for {1} unknowns"),
    # interpolation
    "is_within": (Code.DOMAIN, "{0} is outside of the points, which go from {1} to {2}, in SI units"),
    "places_ascend": (Code.DOMAIN, "the places must ascend: {1} follows {0}, in SI units"),
    "has_points": (Code.SHAPE, "{0} places and {1} values make no function"),
}
