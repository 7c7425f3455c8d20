"""What programs need while they run: sessions, compiled functions, values, data files, fits, plots."""
