"""What a test came to, and the tally of a run."""

import threading
from dataclasses import dataclass, field

from ci.shell import say

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SKIP_CODE = 77  # a program that ends with this could not run here; its last line of output is the reason


class Skip(Exception):
    """This cannot run on this machine; the message is the reason."""


def why(detail):
    """The line of a failure's detail that says most: the one after Rust's "panicked at", else the last."""
    lines = [text.strip() for text in detail.splitlines() if text.strip() and not text.startswith("note: ")]
    after = [lines[i + 1] for i, text in enumerate(lines[:-1]) if "panicked at" in text]
    return (after or lines or ["no reason given"])[-1][:300]


@dataclass
class Tally:
    """Collects outcomes; safe to use from several threads.  Failures and skips are said at once, passes are counted."""

    counts: dict = field(default_factory=lambda: {PASSED: 0, FAILED: 0, SKIPPED: 0})
    failures: dict = field(default_factory=dict)  # name: why, in one line
    lock: object = field(default_factory=threading.Lock)

    def add(self, name, outcome, detail="", repeat=""):
        """`detail` is the reason or the end of the output; `repeat` the command that runs this test alone."""
        with self.lock:
            self.counts[outcome] += 1
            if outcome == FAILED:
                self.failures[name] = why(detail)
        if outcome == FAILED:
            say(f"FAILED {name}: {why(detail)}")
            for text in detail.rstrip().splitlines()[-40:]:
                say(f"    {text}")
            if repeat:
                say(f"    repeat: {repeat}")
        elif outcome == SKIPPED:
            say(f"skipped {name}: {detail}")

    def passed(self, name):
        self.add(name, PASSED)

    def failed(self, name, detail="", repeat=""):
        self.add(name, FAILED, detail, repeat)

    def skipped(self, name, reason):
        self.add(name, SKIPPED, reason)

    def by_exit_code(self, name, code, output, repeat=""):
        """Judges a program by its exit code alone: 0 passed, 77 skipped, anything else failed."""
        if code == 0:
            self.passed(name)
        elif code == SKIP_CODE:
            lines = output.strip().splitlines()
            self.skipped(name, lines[-1] if lines else "it gave no reason")
        else:
            self.failed(name, f"{output}\n{'exit code ' + str(code) if code >= 0 else 'killed by signal ' + str(-code)}", repeat)

    def take(self, other):
        """Adds what another tally came to."""
        with self.lock:
            for outcome, count in other.counts.items():
                self.counts[outcome] += count
            self.failures |= other.failures

    def line(self):
        return ", ".join(f"{self.counts[outcome]} {outcome}" for outcome in (PASSED, FAILED, SKIPPED))

    @property
    def ok(self):
        """No failure, and at least one test that ran."""
        return self.counts[FAILED] == 0 and self.counts[PASSED] > 0
