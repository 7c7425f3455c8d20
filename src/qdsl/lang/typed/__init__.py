"""Types and units: what every expression of a program is, or why it cannot be."""
