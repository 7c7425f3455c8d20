"""The language: source text in, machine code out, a folder for each stage. Pure: no files, no network, no printing."""
