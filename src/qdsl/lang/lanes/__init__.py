"""A scalar program over W points at once, one in each lane of a vector register: core to core.

`varying` finds what differs between the points, `widen` rewrites the program; the answers are the same to the bit.
"""
