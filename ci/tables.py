"""Tables for the terminal, and the JSON beside them."""

import json
import os
import platform
import statistics
import sys
from pathlib import Path

from ci.peers import DACAPO, OUT, Absent
from ci.shell import capture, say


def median(values):
    return statistics.median(values)


def figure(value):
    """A number with three significant digits, and thousands apart."""
    if isinstance(value, str):
        return value
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def bold(text):
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


class Table:
    """Figures by row and peer.  `add` collects one figure per round; the median of them is what is shown.

    A row knows its unit and whether less or more of it is better; its last column is dacapo's figure over the best of the
    others', so that below 1.00 (less is better) or above it (more is better) means that dacapo is ahead.
    """

    def __init__(self, name, title, peers, ours=(DACAPO,), transposed=False):
        self.name, self.title, self.peers, self.ours, self.transposed = name, title, list(peers), ours, transposed
        self.rows, self.absent, self.notes, self.targets = {}, {}, [], []
        self.texts = {}  # {label: {peer: text}}: facts that are not figures

    def row(self, label, unit, better="less"):
        return self.rows.setdefault(label, {"unit": unit, "better": better, "peers": {}})

    def add(self, label, peer, value):
        """One figure, or an `Absent`, whose reason is kept."""
        if isinstance(value, Absent):
            self.rows[label]["peers"].setdefault(peer, []) if label in self.rows else None
            if self.absent.get(peer, {}).get(label) is None:
                self.absent.setdefault(peer, {})[label] = value.reason
            return
        self.rows[label]["peers"].setdefault(peer, []).append(value)

    def value(self, label, peer):
        """The median, or None."""
        values = self.rows.get(label, {}).get("peers", {}).get(peer)
        return median(values) if values else None

    def ratio(self, label, ours=None):
        """Ours over the best of the others; None if one of them is missing."""
        row = self.rows[label]
        mine = self.value(label, ours or self.ours[0])
        others = [self.value(label, peer) for peer in self.peers if peer not in self.ours]
        others = [value for value in others if value is not None]
        if mine is None or not others:
            return None
        best = min(others) if row["better"] == "less" else max(others)
        return mine / best if best else None

    def target(self, what, value, reach, met):
        """A figure that the project has promised: printed and kept with the verdict; `met` is None if it was not measured."""
        self.targets.append({"what": what, "value": value, "reach": reach, "met": met})

    def kept(self, values):
        """What else a file says of a cell."""
        return {}

    def show(self):
        """Prints everything on stdout."""
        print("\n" + bold(self.title))
        print(self._transposed() if self.transposed else self._by_row())
        for note in self.notes:
            print(note)
        self._explain()

    def _transposed(self):
        """A line for each peer, a column for each row: for many peers and few rows of one unit."""
        lines = [[peer, *("-" if self.value(label, peer) is None else figure(self.value(label, peer)) for label in self.rows),
                  next(iter(self.rows.values()))["unit"]] for peer in self.peers]
        return grid(["", *self.rows, "unit"], lines)

    def _by_row(self):
        shown = [peer for peer in self.peers if any(self.value(label, peer) is not None for label in self.rows)]
        heads = ["", *shown, *([f"{ours} / best" for ours in self.ours if ours in shown]), "unit"]
        lines = []
        for label, row in self.rows.items():
            values = [self.value(label, peer) for peer in shown]
            numbers = [value for value in values if value is not None]
            best = (min(numbers) if row["better"] == "less" else max(numbers)) if numbers else None
            cells = ["-" if value is None else figure(value) + ("*" if value == best else " ") for value in values]
            for ours in self.ours:
                if ours in shown:
                    ratio = self.ratio(label, ours)
                    cells.append("-" if ratio is None else f"{ratio:.2f}")
            lines.append([label, *cells, row["unit"] + (", more is better" if row["better"] == "more" else "")])
        gaps = [""] * (len(heads) - len(shown) - 1)
        lines += [[label, *(words.get(peer, "-") for peer in shown), *gaps] for label, words in self.texts.items()]
        return grid(heads, lines) + "\nMedians; * is the best of its row; '/ best': over the best of the others."

    def _explain(self):
        """What is missing, and the figures to reach."""
        for peer, reasons in self.absent.items():
            for reason in dict.fromkeys(reasons.values()):
                labels = [label for label, other in reasons.items() if other == reason]
                which = f"{len(labels)} rows" if len(labels) > 3 else ", ".join(labels)
                print(f"{peer}: not built or not run ({which}): {reason}")
        if self.targets:
            print(bold("Figures to reach"))
            verdicts = {True: "met", False: "MISSED", None: "not measured"}
            print(grid(["", "reach", "here", ""], [
                [t["what"], t["reach"], "-" if t["value"] is None else figure(t["value"]), verdicts[t["met"]]] for t in self.targets]))
        sys.stdout.flush()

    def save(self, path=""):
        """Writes `path`, or target/bench/NAME.json."""
        path = Path(path) if path else OUT / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = {label: {**row, "peers": {peer: {"median": median(values), "min": min(values), "max": max(values), "runs": len(values), **self.kept(values)}
                                         for peer, values in row["peers"].items() if values}}
                for label, row in self.rows.items()}
        path.write_text(json.dumps({"bench": self.name, "title": self.title, "machine": machine(), "rows": rows, "absent": self.absent,
                                    "facts": self.texts, "notes": self.notes, "targets": self.targets}, indent=1) + "\n")
        say(f"kept in {os.path.relpath(path)}")


def grid(heads, lines):
    """Aligned columns: the first and the last to the left, the others to the right."""
    widths = [max(len(str(line[i])) for line in [heads, *lines]) for i in range(len(heads))]

    def text(line):
        cells = [str(cell).ljust(width) if i in (0, len(widths) - 1) else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        return "  " + "  ".join(cells).rstrip()

    return "\n".join([text(heads), "  " + "-" * (sum(widths) + 2 * len(widths) - 2), *map(text, lines)])


def machine():
    """What the figures were measured on."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith(("model name", "CPU part"))), platform.machine())
    return {"cpu": model, "cpus": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "gcc": capture(["gcc", "-dumpfullversion"], check=False).strip(), "load": os.getloadavg()[0]}
