"""Same scenario, same seed, same trace hash: whatever the hash seed, with and without numpy, at each recording level."""

from __future__ import annotations

import os
import shutil
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
sys.modules.update(dict.fromkeys({OPTIONAL}))
"""


def trace_hash(code: str, *, python: str = sys.executable, **environment: str) -> str:
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, check=False)
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


def other_pythons() -> list[str]:
    """Interpreters besides this one: those of MAILSIM_PYTHONS (paths, as in PATH), or what is found by name."""
    named = os.environ.get("MAILSIM_PYTHONS")
    if named:
        return named.split(os.pathsep)
    found = (shutil.which(f"python3.{minor}") for minor in range(11, 16) if minor != sys.version_info.minor)
    return [path for path in found if path]


@pytest.mark.slow
@pytest.mark.parametrize("python", other_pythons())
def test_other_pythons_give_the_same_hash(expected: str, python: str) -> None:
    core = "import simpy, dns, networkx, pydantic, yaml"
    if subprocess.run([python, "-c", core], capture_output=True, check=False).returncode:
        pytest.skip(f"{python} lacks the packages of the core")
    assert trace_hash(PLAIN, python=python) == expected


def test_each_recording_level_gives_the_same_hash(expected: str) -> None:
    assert mailsim.load("primary-outage").run(seed=7, level="messages").trace_hash == expected


def test_another_seed_gives_another_hash(expected: str) -> None:
    assert mailsim.load("primary-outage").run(seed=8).trace_hash != expected
