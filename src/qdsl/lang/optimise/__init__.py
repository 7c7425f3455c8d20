"""Core to core: the same answers with less work."""

from qdsl.lang.optimise.passes import PASSES, Pass, optimise

__all__ = ["PASSES", "Pass", "optimise"]
