"""Library benchmark: ``primary-outage`` through ``Scenario.run(level="messages")`` against the plain SimPy script beside it.

    python tests/benchmarks/library/bench.py [--messages 10000] [--rounds 7] [--json]

First both must give the same answer: shares and latencies by cohort, pooled over several seeds, within the tolerances
of ``TOLERANCES``.  Then rounds of fresh processes, one for each side in alternating order; CPU time of the run alone
(imports and reading the scenario are charged to neither side, all random draws are); the ratio is the median of the
per-round ratios.  Last, how memory grows with the number of messages, at the same rate for a longer time.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]  # the script beside this one; mailsim of this checkout

HOUR_S = 3600.0
DOWN_FROM_S, DOWN_UNTIL_S, TRAFFIC_UNTIL_H = 1 * HOUR_S, 5 * HOUR_S, 12

#: quantity -> largest relative difference between the two sides
TOLERANCES = {
    "messages per run": 0.02,
    "share taken by the backup": 0.02,
    "share stored": 0.001,
    "share fetched": 0.001,
    "attempts per message": 0.05,
    "while up: submitted after, median s": 0.02,
    "while up: stored after, median s": 0.02,
    "while up: stored after, p95 s": 0.04,
    "while down: stored after, median s": 0.03,
    "while down: stored after, mean s": 0.03,
    "while down: after the end of the outage, mean s": 0.10,
    "stored to read, median s": 0.02,
}

Row = tuple[float, float, float, float, int, str]  # sent, accepted, stored, fetched (s, -1 for never), tries, via


def run_plain(seed: int, messages: int) -> tuple[float, list[Row]]:
    """CPU seconds and rows of the plain script."""
    import plain

    begun = time.process_time()
    log = plain.run(seed, messages)
    took = time.process_time() - begun
    return took, [(m.sent, m.accepted, m.stored, m.fetched, m.tries, m.via) for m in log]


def scaled(messages: int, hours: int = TRAFFIC_UNTIL_H) -> Any:
    """The shipped scenario with its traffic rate scaled to so many messages in its twelve hours, or for longer."""
    import mailsim

    scenario = mailsim.load("primary-outage").replace("traffic[0].rate", f"{messages * 24 // TRAFFIC_UNTIL_H}/day")
    scenario = scenario.replace("nodes.boxes.mailboxes[bob@example.com].quota", "1000 GB")
    return scenario.replace("traffic[0].until", f"{hours}h")


def run_mailsim(seed: int, messages: int) -> tuple[float, list[Row]]:
    """CPU seconds and rows of the library."""
    import numpy  # noqa: F401  imports are charged to neither side

    import mailsim.run  # noqa: F401

    scenario = scaled(messages)
    begun = time.process_time()
    result = scenario.run(seed=seed, level="messages")
    took = time.process_time() - begun
    m, names = result.log.messages, result.log.names
    instants = ([t / 1e6 if t >= 0 else -1.0 for t in m[c]] for c in ("sent_us", "accepted_us", "stored_us", "fetched_us"))
    via = ["" if v < 0 else names[v].partition(".")[0] for v in m["via"]]
    return took, [row for row, parent in zip(zip(*instants, m["tries"], via, strict=True), m["parent"], strict=True) if parent < 0]


SIDES = {"plain": run_plain, "mailsim": run_mailsim}


def answer(rows: list[Row], runs: int) -> dict[str, float]:
    """The quantities of :data:`TOLERANCES`."""
    stored = [r for r in rows if r[2] >= 0]
    down = [r for r in stored if DOWN_FROM_S <= r[0] < DOWN_UNTIL_S]
    up = [r for r in stored if r[0] < DOWN_FROM_S - 60 or r[0] >= DOWN_UNTIL_S]
    late = sorted(r[2] - r[0] for r in up)
    return {
        "messages per run": len(rows) / runs,
        "share taken by the backup": sum(r[5] == "mx2" for r in rows) / len(rows),
        "share stored": len(stored) / len(rows),
        "share fetched": sum(r[3] >= 0 for r in rows) / len(rows),
        "attempts per message": statistics.fmean(r[4] for r in rows),
        "while up: submitted after, median s": statistics.median(r[1] - r[0] for r in up),
        "while up: stored after, median s": statistics.median(late),
        "while up: stored after, p95 s": late[int(0.95 * len(late))],
        "while down: stored after, median s": statistics.median(r[2] - r[0] for r in down),
        "while down: stored after, mean s": statistics.fmean(r[2] - r[0] for r in down),
        "while down: after the end of the outage, mean s": statistics.fmean(r[2] for r in down) - DOWN_UNTIL_S,
        "stored to read, median s": statistics.median(r[3] - r[2] for r in stored if r[3] >= 0),
    }


def compare(messages: int, runs: int) -> list[dict[str, Any]]:
    """Both answers, pooled over the seeds 1 to ``runs``."""
    pooled = {side: [row for seed in range(1, runs + 1) for row in run(seed, messages)[1]] for side, run in SIDES.items()}
    answers = {side: answer(rows, runs) for side, rows in pooled.items()}
    table = []
    for name, tolerance in TOLERANCES.items():
        one, other = answers["plain"][name], answers["mailsim"][name]
        apart = abs(other - one) / abs(one) if one else abs(other)
        table.append({"quantity": name, "plain": one, "mailsim": other, "apart": apart, "tolerance": tolerance, "same": apart <= tolerance})
    return table


def child(*arguments: object) -> dict[str, Any]:
    """Run one side in a fresh process."""
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rounds(messages: int, count: int) -> dict[str, Any]:
    """Interleaved rounds of fresh processes."""
    per: dict[str, list[float]] = {side: [] for side in SIDES}
    for k in range(count):
        for side in list(SIDES) if k % 2 == 0 else reversed(list(SIDES)):
            found = child("--one", side, "--messages", messages, "--seed", k + 1)
            per[side].append(found["seconds"] / found["messages"] * 1e6)
    ratios = [a / b for a, b in zip(per["plain"], per["mailsim"], strict=True)]
    return {
        "rounds": count,
        "us_per_message": {side: statistics.median(values) for side, values in per.items()},
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "seconds_for_this_many": {side: statistics.median(values) * messages / 1e6 for side, values in per.items()},
    }


def memory(messages: int) -> dict[str, Any]:
    """Growth of the peak resident set from two to ten times the messages, at the same rate, and what a row of the log takes."""
    few, many = (child("--rss", "--messages", messages, "--hours", times * TRAFFIC_UNTIL_H) for times in (2, 10))
    more = many["messages"] - few["messages"]
    grown = (many["peak_bytes"] - few["peak_bytes"]) / more
    return {"messages": [few["messages"], many["messages"]], "bytes_per_message": grown, "of_them_log_rows": many["row_bytes"]}


def peak_bytes() -> int:
    """Largest resident set of this process so far; ``ru_maxrss`` would count the parent's at the fork, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def one(options: argparse.Namespace) -> dict[str, Any]:
    """What a child process does."""
    if options.rss:
        import numpy  # noqa: F401

        scenario = scaled(options.messages, options.hours)
        log = scenario.run(seed=1, level="messages").log
        row = sum(column.itemsize for column in log.messages.values())
        return {"messages": len(log.messages["message"]), "peak_bytes": peak_bytes(), "row_bytes": row}
    took, rows = SIDES[options.one](options.seed, options.messages)
    return {"seconds": took, "messages": len(rows)}


def show(found: dict[str, Any]) -> None:
    """Print the findings as tables."""
    print(f"{'quantity':50} {'plain':>11} {'mailsim':>11} {'apart':>7} {'allowed':>7}")
    for row in found["answers"]:
        note = "" if row["same"] else "  DIFFERENT"
        print(f"{row['quantity']:50} {row['plain']:11.4f} {row['mailsim']:11.4f} {row['apart']:7.2%} {row['tolerance']:7.2%}{note}")
    timed, grown = found["timing"], found["memory"]
    each = timed["us_per_message"]
    print("\n| benchmark | mailsim | plain SimPy script | ratio |\n|---|---|---|---|")
    print(f"| library, {found['messages']} messages | {each['mailsim']:.1f} us | {each['plain']:.1f} us | {timed['ratio']:.2f} |")
    print(f"\n{found['messages']} messages take {timed['seconds_for_this_many']['mailsim']:.2f} s of CPU time")
    each, row = grown["bytes_per_message"], grown["of_them_log_rows"]
    print(f"memory grows by {each:.0f} bytes a message, {row} of them the log's row: {each - row:.0f} besides")


def main() -> int:
    """Compare, time, measure; exit 1 where the answers differ."""
    parser = argparse.ArgumentParser(description="mailsim against a plain SimPy script of the same scenario")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=12, help="runs pooled for the comparison of the answers")
    parser.add_argument("--json", action="store_true")
    for inner in ("--one", "--seed", "--hours"):
        parser.add_argument(inner, type=str if inner == "--one" else int, help=argparse.SUPPRESS)
    parser.add_argument("--rss", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one or options.rss:
        print(json.dumps(one(options)))
        return 0
    answers = compare(options.messages, options.seeds)
    found = {
        "messages": options.messages,
        "python": sys.version.split()[0],
        "answers": answers,
        "timing": rounds(options.messages, options.rounds),
        "memory": memory(options.messages),
    }
    print(json.dumps(found, indent=2)) if options.json else show(found)
    return 0 if all(row["same"] for row in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
