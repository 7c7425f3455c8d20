"""The version: of the package, of `qdsl --version`, and in the key of everything that is cached."""

VERSION = "0.1.0"
