"""A record of where a result came from."""

from __future__ import annotations

import json
import subprocess
import sys

from qdsl.runtime.value.provenance import content_hash, recorded
from qdsl.version import VERSION


def test_a_record_is_enough_to_make_it_again() -> None:
    record = recorded("simulate", "ramsey.qdsl", "let x = 1", {"T2": 2e-5}, seed=7)
    fit = recorded("fit", "ramsey.qdsl", "let x = 1", {"T2": 1e-5}, data=record)
    assert json.loads(json.dumps(fit.as_dict()))["data"] == record.as_dict()
    plain = json.loads(json.dumps(record.as_dict()))
    assert plain["parameters"] == {"T2": 2e-5}
    assert plain["seed"] == 7
    assert plain["versions"]["qdsl"] == VERSION
    assert {"python", "platform", "numpy", "llvmlite"} <= set(plain["versions"])
    assert plain["time"].endswith("+00:00")


def test_the_hash_is_of_the_text() -> None:
    # The published value of SHA-256("abc"), FIPS 180-2.
    abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert content_hash(b"abc") == abc
    assert recorded("run", "a", "abc").source_hash == abc


def test_quantities_estimates_and_records_load_no_library() -> None:
    code = (
        "import sys, qdsl.runtime.value.quantity, qdsl.runtime.value.estimate, qdsl.runtime.value.provenance;"
        "print([m for m in ('numpy', 'scipy', 'llvmlite', 'matplotlib') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
