"""string.h by size, strtod, strtol and qsort."""

from ci.bench import figures_of_lines


def run(options):
    return figures_of_lines("string", "string: one call", options=options, rounds=4, ms=5)
