"""string.h by size and alignment, strtod, strtol and qsort.

`1-64`: sizes up to that in an order that no branch predictor learns; `unaligned`: source and destination at odd places of a line."""

from ci.bench import figures_of_lines


def run(options):
    return figures_of_lines("string", "string: one call", options=options, rounds=4, ms=2)
