"""The work behind x.py: one small module per concern, Python's standard library only."""
