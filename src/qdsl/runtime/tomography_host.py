"""The functions behind the calls of tomography, by name; each loads NumPy and the rest when it is first called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment, Host
from qdsl.runtime.world import World


def _drawing(name: str) -> Callable[[World], Host]:
    """What needs the world: its seeds, its progress."""

    def with_world(world: World) -> Host:
        def run(env: Environment, call: typed.HostCall) -> Any:
            from qdsl.runtime.tomography import calls

            return getattr(calls, name)(env, call, world)

        return run

    return with_world


def _asking(name: str) -> Callable[[World], Host]:
    """What needs only the tomography."""

    def with_world(world: World) -> Host:
        def run(env: Environment, call: typed.HostCall) -> Any:
            from qdsl.runtime.tomography import calls

            return getattr(calls, name)(env, call)

        return run

    return with_world


TOMOGRAPHY_HOST: dict[str, Callable[[World], Host]] = {
    "state_tomography": _drawing("state_tomography"),
    "process_tomography": _drawing("process_tomography"),
    "simulated_counts": _drawing("simulated_counts"),
    "tomography_expect": _asking("expectation"),
    "estimated_purity": _asking("estimated_purity"),
    "estimated_fidelity": _asking("estimated_fidelity"),
    "process_fidelity": _asking("process_fidelity"),
    "average_fidelity": _asking("average_fidelity"),
}
