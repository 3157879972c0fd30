"""Measures the peers in Python as bench/harness.ts does: warms up, repeats, prints the median."""

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


def measure(work, least=50, runs=9, fewest=3, warm=1000, enough=10_000):
    calls, spent = 1, 0
    while True:
        taken = time_of(work, calls)
        spent += taken
        if taken >= least and spent >= warm:
            break
        if taken < least:
            calls = math.ceil(calls * min(10, 1.2 * least / max(taken, 0.01)))
    times = []
    spent = 0
    while len(times) < (runs if spent < enough else fewest):
        taken = time_of(work, calls)
        times.append(taken / calls)
        spent += taken
    return statistics.median(times), min(times)


def run(cases):
    """Prints a line of JSON for each requested case, or for all."""
    for name, prepare in cases.items():
        if wanted and name not in wanted:
            continue
        try:
            value, fastest = measure(prepare())
            result = {"case": name, "value": value, "fastest": fastest, "unit": "ms"}
            print(json.dumps(result), flush=True)
        except Exception as error:  # a case that a peer cannot do is no reason to miss the others
            print(json.dumps({"case": name, "error": str(error)}), flush=True)
