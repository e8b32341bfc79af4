"""Measures the kernel: PB6 on ``mailsim.engine`` against the plain SimPy script, round by round in fresh processes.

    python tests/benchmarks/kernel/bench.py [--n 100000] [--rounds 5] [--json]

First both run here and have to agree on every message.  Then each round starts one process for each script.  What counts
is the CPU time from building the model until the outcome of each message stands in memory (draws and imports on neither
side), and the median over the rounds of the ratio within one round, which a busy machine disturbs least.  The plain
script's reading of its own log is part of that; "run only" leaves it out.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path as File
from time import process_time

HERE = File(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]

import pb6  # noqa: E402 - found by way of the line above
import plain  # noqa: E402
from path import DIRECT, Path  # noqa: E402

SCRIPTS = {"plain": plain, "mailsim": pb6}
SEED = 1  # two outages in the 16.8 hours of 100,000 messages, one refused and one silent: 8 % of the time (5 % is usual)
GOAL_RATIO, GOAL_EVENTS = 7.0, 2.5


def resident_bytes():
    """Memory of this process now; 0 where the system doesn't say (not Linux)."""
    statm = File("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def measure(name, n):
    """One run of one script in this process: CPU us, SimPy events and bytes kept, all per message."""
    simulate = SCRIPTS[name].simulate
    simulate(Path(500, SEED + 1))
    path = Path(n, SEED)
    gc.collect()
    before, begin = resident_bytes(), process_time()
    found, env = simulate(path)
    run_us = (process_time() - begin) / n * 1e6
    kept = (resident_bytes() - before) / n
    if name == "plain":
        found = plain.outcome(path, found)
    total_us = (process_time() - begin) / n * 1e6
    assert len(found.fetched) == n
    return {"us": total_us, "run_us": run_us, "events": events(name, env) / n, "bytes": kept}


def events(name, env):
    """Number of SimPy events of a finished run."""
    return plain.events(env) if name == "plain" else env.steps


def measure_apart(name, n):
    """The same in a fresh process."""
    command = [sys.executable, str(HERE / "bench.py"), "--n", str(n), "--only", name]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def agree(n):
    """Compare the two scripts message by message; gives what the mail went through, or says where they differ."""
    path = Path(n, SEED)
    log, _ = plain.simulate(path)
    ours, _ = pb6.simulate(path)
    differing = ours.differing(plain.outcome(path, log))
    if differing:
        sys.exit(f"{len(differing)} of {n} messages differ, the first is number {differing[0]}: nothing to measure")
    return {"differing": 0, "via_backup": sum(route != DIRECT for route in ours.route) / n, "most_attempts": max(ours.attempts)}


def compare(n, rounds):
    """The whole benchmark as one object."""
    agreed = agree(n)
    found = [{name: measure_apart(name, n) for name in SCRIPTS} for _ in range(rounds)]
    ratios = [each["plain"]["us"] / each["mailsim"]["us"] for each in found]
    run_only = [each["plain"]["run_us"] / each["mailsim"]["run_us"] for each in found]
    return {
        "n": n,
        "rounds": rounds,
        "python": platform.python_version(),
        **agreed,
        "scripts": {name: {what: statistics.median(each[name][what] for each in found) for what in found[0][name]} for name in SCRIPTS},
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "ratio_run_only": statistics.median(run_only),
        "goals": {"ratio": GOAL_RATIO, "events": GOAL_EVENTS},
    }


def table(result):
    """The result as text for people."""
    lines = [
        f"PB6, {result['n']:,} messages, median of {result['rounds']} rounds, Python {result['python']}",
        f"all messages equal; {result['via_backup']:.1%} by the backup, at most {result['most_attempts']} attempts",
        "",
        f"{'script':<10}{'CPU us/message':>16}{'messages/s':>12}{'SimPy events/message':>22}{'kept B/message':>16}",
    ]
    for name, row in result["scripts"].items():
        lines.append(f"{name:<10}{row['us']:>16.2f}{1e6 / row['us']:>12,.0f}{row['events']:>22.3f}{row['bytes']:>16.0f}")
    low, high = result["ratio_range"]
    lines += [
        "",
        f"plain / mailsim: {result['ratio']:.2f} (rounds {low:.2f} to {high:.2f}); run only {result['ratio_run_only']:.2f}",
        f"goals: at least {GOAL_RATIO:g} times as fast, at most {GOAL_EVENTS:g} SimPy events/message",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--n", type=int, default=100_000, help="messages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--only", choices=SCRIPTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.n)))
        return
    result = compare(options.n, options.rounds)
    print(json.dumps(result, indent=2) if options.json else table(result))


if __name__ == "__main__":
    main()
