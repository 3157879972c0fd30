"""Warm up, repeat, print the median: what bench/harness.ts does, for the peers in Python."""

import json
import math
import statistics
import sys
import time

threads = next((int(a.split("=")[1]) for a in sys.argv if a.startswith("--threads=")), 1)
wanted = [a for a in sys.argv[1:] if not a.startswith("--")]


def time_of(work, calls):
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) * 1000


def measure(work, runs, least=50):
    calls, spent = 1, 0
    while spent < least:
        spent = time_of(work, calls)
        if spent < least:
            calls = math.ceil(calls * min(10, 1.2 * least / max(spent, 0.01)))
    return statistics.median(time_of(work, calls) / calls for _ in range(runs))


def run(cases):
    """Prints a line of JSON for each case that was asked for, or for all."""
    for name, prepare in cases.items():
        if wanted and name not in wanted:
            continue
        try:
            value = measure(prepare(), runs=3 if "epoch" in name else 7)
            print(json.dumps({"case": name, "value": value, "unit": "ms"}), flush=True)
        except Exception as error:  # a case that a peer cannot do is no reason to miss the others
            print(json.dumps({"case": name, "error": str(error)}), flush=True)
