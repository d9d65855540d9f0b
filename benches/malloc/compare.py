#!/usr/bin/env python3
"""Runs workloads.c under several allocators, interleaved, and prints the median ns per operation and peak MiB of each.

usage: compare.py [--runs N] [--seconds S] [--only WORKLOAD:THREADS,...] NAME=LIBRARY...     (LIBRARY empty: the host's own malloc)
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile

ROWS = ("pair64:1 pairmix:1 lifo:1 fifo:1 replace:1 replace:2 replace:16 replace:64 replace4k:1 large:1 prodcons:2 prodcons:16 xmalloc:8 "
        "larson:2 larson:16 churn:2 reallocs:1 growth:1 callocs:1 aligned:1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", default="0.2")
    parser.add_argument("--only", default=ROWS.replace(" ", ","))
    parser.add_argument("allocators", nargs="+", metavar="NAME=LIBRARY")
    options = parser.parse_args()
    source = pathlib.Path(__file__).with_name("workloads.c")
    program = pathlib.Path(tempfile.mkdtemp()) / "workloads"
    subprocess.run(["gcc", "-O2", "-fno-builtin-malloc", "-o", program, source, "-pthread"], check=True)
    peers = dict(item.split("=", 1) for item in options.allocators)
    print(f"{'':14}" + "".join(f"{name:>18}" for name in peers))
    for row in options.only.split(","):
        workload, threads = row.split(":")
        results = {name: [] for name in peers}
        for _ in range(options.runs):
            for name, library in peers.items():
                environment = {**os.environ, **({"LD_PRELOAD": library} if library else {})}
                run = subprocess.run([program, workload, threads, options.seconds], env=environment, capture_output=True, text=True, timeout=60)
                if run.returncode == 0:
                    results[name].append(tuple(map(float, run.stdout.split()[2:])))
        cells = []
        for measured in results.values():
            if not measured:
                cells.append(f"{'failed':>18}")
                continue
            cells.append(f"{statistics.median(m[0] for m in measured):>10.1f} {statistics.median(m[1] for m in measured):>5.0f}Mi")
        print(f"{row:14}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
