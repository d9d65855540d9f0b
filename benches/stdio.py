"""printf and scanf families, and streams character by character and line by line."""

from ci.bench import figures_of_lines


def run(options):
    return figures_of_lines("stdio", "stdio: one call", options=options)
