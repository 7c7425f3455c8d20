"""Our bug, which is a different thing from your error."""


class InternalError(Exception):
    """Something the compiler promised itself did not hold. Never raised for a mistake in a user's program."""

    def __str__(self) -> str:
        return (
            f"internal error: {super().__str__()}\n"
            "This is a bug in QDSL, not in your program. Please report it with the program that caused it."
        )
