"""A page about one fit or one posterior, for a logbook: a file of HTML that needs nothing else.

    a Fit       ─of_fit───────┐
    a Posterior ─of_posterior─┴→ Page (texts, tables, pictures) ─html→ text ─export→ file

It is read in light and dark, on paper on one page, and aloud: pictures have a text, tables have headers.
"""
