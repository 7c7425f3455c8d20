"""The command line: one short file for each command, and what they share (files, screen, progress, exits)."""
