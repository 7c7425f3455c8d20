"""Core IR: typed trees in, a module of structured SSA over reals, Ints, Bools and arrays out.

`ir` is the representation, `primitives` the operations and `interpret` their meaning; `verify`, `printer` and `parser`
serve everyone below; `from_typed`, with the `lower_*` files, and `from_experiment` are the translations that arrive
here.
"""
