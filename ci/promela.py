"""The Promela models (tests/promela): spin visits every state of the drain of per-CPU lists and of the grace period, on a machine with store buffers.

Each model runs as x86-64's memory is and, with WEAK, as AArch64's.  Then each is broken on purpose by a `-D`: the search must find what is wrong, and
it must be the property that the row names.
"""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from ci.paths import TARGET
from ci.shell import ROOT, line, run

MODELS = ROOT / "tests/promela"
FOLDER = TARGET / "promela"

# (model, what is defined): all of these are visited to the end. A list that is moved costs more than one that is stopped twice, and the other way round.
RIGHT = (
    ("grace_period", ()),
    ("grace_period", ("WEAK", "WITH_RSEQ", "UPDATES=1")),
    ("grace_period", ("FENCE_OF_ITS_OWN", "WITHOUT_RSEQ")),
    ("drain", ("WEAK", "STOPS=1")),
    ("drain", ("MOVES=0",)),
)
LONG = RIGHT[:2] + RIGHT[3:4]  # worth two seconds of the compiler's
# The same without a saving, and twice as large.
WHOLE = (
    ("grace_period", ("WEAK",)),
    ("grace_period", ("WEAK", "FENCE_OF_ITS_OWN", "WITHOUT_RSEQ")),
    ("grace_period", ("UPDATES=3",)),
    ("drain", ("WEAK",)),
    ("drain", ("MOVES=2",)),
)
# (model, what is defined, the properties that must be found violated)
WRONG = (
    ("grace_period", ("NO_MEMBARRIER",), {"poisoned"}),
    ("grace_period", ("FENCE_OF_ITS_OWN",), {"poisoned"}),
    ("grace_period", ("PLAIN_MEMBARRIER",), {"poisoned"}),
    ("grace_period", ("COLOUR_NOT_READ_AGAIN",), {"poisoned"}),
    ("grace_period", ("HASTY_READER", "WITHOUT_RSEQ"), {"poisoned"}),
    ("grace_period", ("ENTERED_SUMMED_FIRST", "WITHOUT_RSEQ"), {"poisoned"}),
    ("grace_period", ("WEAK", "NO_FIRST_FENCE", "UPDATES=1"), {"poisoned"}),
    ("grace_period", ("WEAK", "NO_LAST_FENCE"), {"poisoned"}),
    ("drain", ("NO_MEMBARRIER",), {"held_twice"}),
    ("drain", ("FENCE_OF_ITS_OWN",), {"held_twice"}),
    ("drain", ("PLAIN_MEMBARRIER",), {"held_twice"}),
    ("drain", ("INDEX_BEFORE_START",), {"lost"}),
    ("drain", ("BACK_BEFORE_EMPTY",), {"held_twice"}),
    ("drain", ("WEAK", "BACK_WITHOUT_RELEASE"), {"held_twice"}),
    ("drain", ("WEAK", "STORES_STAY_BEHIND", "STOPS=1", "MOVES=0"), {"held_twice", "unwritten"}),
)


def found(text):
    """What a search came to: the properties that it found violated, or None if it did not come to its end."""
    violated = set(re.findall(r"assertion violated +!\((\w+)\)", text))
    if violated:
        return violated
    whole = re.search(r"errors: 0$", text, re.M) and "Search not completed" not in text and "too small" not in text
    return set() if whole else None


def _search(model, defined, every=False, optimise="-O1"):
    """Builds one search and runs it: (what it said, the commands that repeat it)."""
    folder = FOLDER / "-".join((model, *defined)).replace("=", "")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = ["spin", "-a", *(f"-D{name}" for name in defined), f"{model}.pml"]
    built = ["gcc", "-w", optimise, "-DSAFETY", "-DVECTORSZ=512", "-o", "pan", "pan.c"]
    searched = ["./pan", "-m1000000", "-w22", *(("-c40",) if every else ())]
    for source in MODELS.glob("*.pml"):
        shutil.copy2(source, folder)
    log = folder / "log"
    for command in (made, built):
        if run(command, cwd=folder, echo=False, check=False, timeout=100, output=log) != 0:
            return log.read_text(), line(command, cwd=folder)
    run(searched, cwd=folder, echo=False, check=False, timeout=600, output=log)
    return log.read_text(errors="replace"), f"(cd {folder} && {' '.join(made)} && {' '.join(built)} && {' '.join(searched)} && spin -t -p {model}.pml)"


def _right(tally, model, defined):
    text, repeat = _search(model, defined, optimise="-O1" if (model, defined) in LONG + WHOLE else "-O0")
    name = f"promela/{' '.join((model, *defined))}"
    violated = found(text)
    if violated == set():
        tally.passed(name)
    else:
        tally.failed(name, f"{text[-2000:]}\n{'the search did not come to its end' if violated is None else 'violated: ' + ', '.join(sorted(violated))}", repeat)


def _wrong(tally, model, defined, expected):
    text, repeat = _search(model, defined, every=len(expected) > 1, optimise="-O0")
    name = f"promela/{' '.join((model, *defined))} is found: {', '.join(sorted(expected))}"
    violated = found(text)
    if violated and expected <= violated:
        tally.passed(name)
    else:
        tally.failed(name, f"{text[-2000:]}\nit found {violated}", repeat)


def run_all(tally, whole=False):
    """Two at a time: the long ones first."""
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_right, tally, *row) for row in (WHOLE if whole else RIGHT)]
        jobs += [pool.submit(_wrong, tally, *row) for row in (() if whole else WRONG)]
    for job in jobs:
        job.result()
