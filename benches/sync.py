"""pthread locks and keys, semaphore hand-overs between two threads, time() and clock_gettime()."""

from ci.bench import figures_of_lines


def run(options):
    return figures_of_lines("sync", "sync: one operation", options=options)
