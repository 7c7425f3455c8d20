"""Tomography: from effects and counts to a state or a channel, its uncertainty, and what was proved of it.

    Observed ─interior_point→ Fitted ─spread→ covariance ─result→ StateTomography | ProcessTomography ─report→ text

Importing this imports NumPy, so a session does it when the first tomography is asked for.
"""
