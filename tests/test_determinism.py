"""Same scenario, same seed, same trace hash: whatever the hash seed, with and without numpy, at each recording level."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mailsim

ROOT = Path(__file__).resolve().parents[1]

#: packages that the core must do without
OPTIONAL = ("numpy", "pandas", "scipy", "matplotlib", "click", "rich", "tqdm")

PLAIN = """
import mailsim
result = mailsim.load("primary-outage").run(seed=7)
result.explain(0)
print(result.trace_hash)
"""

#: as on a machine (or in a browser) that has none of the optional packages
WITHOUT = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def trace_hash(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


@pytest.fixture(scope="module")
def expected() -> str:
    return str(mailsim.load("primary-outage").run(seed=7).trace_hash)


def test_the_core_runs_and_explains_without_optional_packages_and_gives_the_same_hash(expected: str) -> None:
    assert trace_hash(WITHOUT + PLAIN) == expected


def test_another_hash_seed_gives_the_same_hash(expected: str) -> None:
    assert trace_hash(PLAIN, PYTHONHASHSEED="4711", MAILSIM_NO_NUMPY="1") == expected


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", range(10))
def test_ten_hash_seeds_give_the_same_hash(expected: str, hash_seed: int) -> None:
    assert trace_hash(PLAIN, PYTHONHASHSEED=str(hash_seed)) == expected


def test_each_recording_level_gives_the_same_hash(expected: str) -> None:
    assert mailsim.load("primary-outage").run(seed=7, level="messages").trace_hash == expected


def test_another_seed_gives_another_hash(expected: str) -> None:
    assert mailsim.load("primary-outage").run(seed=8).trace_hash != expected
