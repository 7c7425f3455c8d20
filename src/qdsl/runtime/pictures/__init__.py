"""Pictures that a program asks for: from a session's values to what `runtime.plot` draws.

plot_bloch(psi, "b.svg")   ─of_states→   BlochPicture   ─plot→   b.svg
plot_map(run, "m.svg")     ─of_numbers→  MapPicture     ─plot→   m.svg
"""
