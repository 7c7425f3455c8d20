"""Posteriors: from an objective and what is known before the data to draws, and a verdict on them.

    Objective ─real_line→ Unbounded ─beginning→ Beginning ─sampling→ Chains ─diagnostics→ verdict ─result→ Posterior

Importing this imports NumPy; the sampler (nutpie) and what judges its chains (arviz) wait for the first posterior.
"""
