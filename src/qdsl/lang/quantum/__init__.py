"""Operators as constant sparse patterns, and what follows from the patterns alone: generators of dynamics over real
unknowns, which of the unknowns matter, and by which method to go.
"""
