"""Core to core: the same answers with less work."""

from qdsl.lang.optimise.passes import PASSES, Pass, optimise
from qdsl.lang.optimise.settle import settle

__all__ = ["PASSES", "Pass", "optimise", "settle"]
