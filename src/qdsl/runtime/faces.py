"""The pictures and the page of a result, from Python: the calls of a program that write them, carried out.

In: what an experiment has given, and the experiment. Out: files; what a program would be told is a `CompileError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.fit import Fit
from qdsl.runtime.fit.bootstrap import Bootstrap
from qdsl.runtime.program import carried_out
from qdsl.runtime.value.faces import Where


@dataclass(frozen=True, eq=False)
class ProgramFaces:
    """Those of results of one experiment (`value.faces.Faces`)."""

    environment: Environment
    experiment: typed.Experiment

    def write(self, function: str, found: Any, path: Where, names: tuple[str, ...], **options: float) -> None:
        at = self.experiment.span
        whole = str(Path(path).absolute())  # a program's own paths begin at its folder
        arguments = [typed.Constant(at, self._type_of(found), found)]
        arguments += [typed.Constant(at, types.TEXT, each) for each in (*names, whole)]
        named = tuple((name, typed.Constant(at, types.SCALAR, value)) for name, value in options.items())
        call = typed.HostCall(at, types.NOTHING, function, tuple(arguments), named)
        carried_out(lambda: self.environment.host[function](self.environment, call))

    def _type_of(self, found: Any) -> types.Type:
        if isinstance(found, Fit):
            return types.Fit(self.experiment)
        return types.Bootstrap(self.experiment) if isinstance(found, Bootstrap) else types.Posterior(self.experiment)
