"""Write what a program did into its comments: `pytest tests/mdtest --update`.

Read the difference before keeping it: an update believes the program, and the program may be wrong.
"""

from __future__ import annotations

from tests.mdtest.claims import Said, claims, is_claim, without_message_beside
from tests.mdtest.verdict import Outcome


def updated(program: str, outcome: Outcome) -> str:
    """The program with its claims as they should be. Which lines claim a value or a type does not change."""
    claimed = claims(program)
    lines: list[str] = []
    for number, line in enumerate(program.splitlines(), 1):
        if is_claim(line):
            continue
        for kind, old, new in (("value", claimed.values, outcome.values), ("type", claimed.types, outcome.types)):
            if number in old and " ± " not in old[number]:
                line = line[: line.rindex(f"# {kind}:")] + f"# {kind}: {new.get(number, '(none)')}"
        lines.append(without_message_beside(line))
        lines += [text for said in outcome.messages if said.line == number for text in _below(said, outcome)]
    if claimed.prints or outcome.prints:
        lines = [line.partition("# prints:")[0].rstrip() if "# prints:" in line else line for line in lines]
        lines += [f"# prints: {line}" for line in outcome.prints]
    return "".join(f"{line}\n" for line in lines)


def _below(said: Said, outcome: Outcome) -> list[str]:
    start, end = said.start or 0, said.end or 1
    kind = "error" if said.code.startswith("E") else "warning"
    carets = "#" + " " * (start - 1) + "^" * (end - max(start, 1))
    lines = [f"{carets} {kind} {said.code}: {said.message}"]
    indent = "#" + " " * max(end, 2)
    lines += [f"{indent}fix: {fix}" for fix in said.fixes]
    if said.hint:
        lines.append(f"{indent}hint: {said.hint}")
    return lines
