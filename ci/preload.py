"""The preload suite: programs of the host under LD_PRELOAD=libdacapo_malloc.so, with every option of DACAPO_MALLOC.

Programs are tests/preload/ (what a bad program is told, C++'s operators) and the C tests of malloc, which must say under each mode what they
say with the host's own malloc.  Each row has its counterpart without the fault or without the option: a check that cannot fail
proves nothing.
"""

import os
import signal
import subprocess
from pathlib import Path

from ci import build, heap
from ci.paths import TARGET
from ci.shell import ROOT, line, run

SOURCES = ROOT / "tests/preload"
C_TESTS = ROOT / "tests/c/malloc"
OUT = TARGET / "preload"
ABORT, FAULT = -signal.SIGABRT, -signal.SIGSEGV
TWICE, NO_BLOCK = "was freed before: double free", "is not the start of a live block"

# (what victim.c does, options, exit code, what it says on either stream; a word after ! must not be there)
VICTIM = (
    ("nothing", "", 0, ("survived", "!dacapo")),
    ("nothing", "check", 0, ("survived", "live blocks", "!free():", "!overrun")),
    # Without options: what is noticed at no price.
    ("large twice", "", ABORT, (TWICE,)),
    ("misaligned", "", ABORT, (NO_BLOCK,)),
    ("twice in a row", "", ABORT, (TWICE,)),
    ("twice in a row", "check", ABORT, (TWICE,)),
    ("foreign", "", ABORT, (NO_BLOCK,)),
    ("mapped by others", "", ABORT, (NO_BLOCK,)),
    ("behind", "", 0, ("survived",)),
    ("wrong size", "", None, ()),
    ("moves", "", 0, ("stayed", "survived")),
    # The checked heap.
    ("twice", "check", ABORT, (TWICE, "a block of 100 bytes")),
    ("large twice", "check", ABORT, (TWICE, "a block of 400000 bytes")),
    ("inside", "check", ABORT, (NO_BLOCK, "16 bytes inside a block of 100 bytes")),
    ("misaligned", "check", ABORT, (NO_BLOCK, "3 bytes inside")),
    ("foreign", "check", ABORT, (NO_BLOCK,)),
    ("mapped by others", "check", ABORT, (NO_BLOCK,)),
    ("behind", "check", ABORT, ("overrun", "0 bytes behind the end of a block of 100 bytes")),
    ("before", "check", ABORT, ("overrun", "1 bytes before a block of 100 bytes")),
    ("behind, large", "check", FAULT, ()),
    ("after free", "check", ABORT, ("use after free", "5 bytes from the start of a block of 100 bytes")),
    ("after free, large", "check", FAULT, ()),
    ("wrong size", "check", ABORT, ("given back as 99 bytes", "a block of 100 bytes")),
    ("right size", "check", 0, ("survived",)),
    ("realloc freed", "check", ABORT, (TWICE,)),
    ("moves", "check", 0, ("moved", "survived")),
    ("leak", "check", 0, ("2 live blocks, 200 bytes", "leak: 0x", "100 bytes, allocation", "begins with 01 01")),
    ("leak", "check,leaks=0", 0, ("2 live blocks, 200 bytes", "!leak: 0x")),
    ("nothing", "check,trap=3", -signal.SIGTRAP, ()),
    ("twice", "check,quarantine=0", ABORT, (NO_BLOCK,)),  # used again at once, or free: no longer known as freed before
    ("behind", "check,redzone=64", ABORT, ("overrun",)),
    ("fork", "check,leaks=0", 0, ("survived",)),
    ("threads", "check,leaks=0", 0, ("survived", "!overrun")),
    # Limits and memory.
    ("limit", "", 0, ("1024 MiB", "but a mapping")),
    ("limit", "limit=64m", 0, ("MiB, then ENOMEM", "no mapping either", "!1024 MiB")),
    ("limit", "check,limit=64m,leaks=0", 0, ("MiB, then ENOMEM", "no mapping either", "!1024 MiB")),
    ("resident", "decay=0,keep=0", 0, ("survived",)),
    ("resident", "decay=never", 0, ("survived",)),
    ("resident", "huge=yes", 0, ("survived",)),
    ("resident", "huge=no,mmap=256k", 0, ("survived",)),
    ("threads", "poison", 0, ("survived",)),
    ("threads", "poison=0xab,count", 0, ("survived",)),
    # Statistics.
    ("threads", "stats", 0, ("had from the kernel", "misses", "survived")),
    ("stats", "", 0, ("had from the kernel", "survived")),
    # What is wrong is named, the rest is obeyed.
    ("nothing", "chekc", 0, ("DACAPO_MALLOC: 'chekc' is not an option", "survived")),
    ("nothing", "limit=12x", 0, ("'limit=12x'", "survived")),
    ("nothing", "redzone=1", 0, ("'redzone=1'", "survived")),
    ("nothing", "decay=,stats", 0, ("'decay='", "had from the kernel", "survived")),
    ("nothing", "check=1,,poison", 0, ("'check=1'", "!live blocks", "survived")),
)

NEW = (
    ("", "", 0, ("what the handler throws arrives: yes", "!NO")),
    ("", "check,leaks=0", 0, ("what the handler throws arrives: yes", "!NO")),
    ("uncaught", "", ABORT, ("bad_alloc",)),
    ("wrong size", "", 0, ("survived",)),
    ("wrong size", "check", ABORT, ("given back as 200 bytes", "a block of 100 bytes")),
)

MODES = ("", "check,leaks=0", "count", "poison", "decay=0,keep=0", "quarantine=0,check,leaks=0")


def _compile(source, compiler="gcc", *flags):
    program = OUT / source.stem
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        run([compiler, "-O1", "-g", "-w", *flags, source, "-o", program, "-pthread"])
    return program


def _run(command, library, options, timeout=60, **more):
    """(exit code, standard output, both streams)."""
    env = {**os.environ, "LD_PRELOAD": str(library), "DACAPO_MALLOC": options, **more}
    try:
        done = subprocess.run([str(word) for word in command], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              check=False)
    except subprocess.TimeoutExpired:
        return None, "", f"no end after {timeout} s"
    out = done.stdout.decode(errors="replace")
    return done.returncode, out, out + done.stderr.decode(errors="replace")


def _row(tally, name, command, library, row):
    what, options, wanted, words = row
    code, _, said = _run([command, *([what] if what else [])], library, options)
    missing = [word for word in words if not word.startswith("!") and word not in said]
    surplus = [word for word in words if word.startswith("!") and word[1:] in said]
    full = f"preload/{name}: {what or 'all'}, {options or 'no options'}"
    if (wanted is None or code == wanted) and not missing and not surplus:
        tally.passed(full)
    else:
        repeat = line([command, what], {"LD_PRELOAD": str(library), "DACAPO_MALLOC": options})
        tally.failed(full, f"code {code}, not {wanted}; missing {missing}; too much {surplus}\n{said[-2000:]}", repeat)


def _same_as_host(tally, library):
    """The C tests of malloc say under each mode what they say without us; and the model notices a byte that was spoilt."""
    for source in sorted(C_TESTS.glob("*.c")):
        if "exit: SIGABRT" in source.read_text():
            continue  # the words differ
        program = _compile(source)
        plain = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=False)
        for options in MODES if source.stem == "model" else ("", "check,leaks=0"):
            if source.stem in ("seen", "family") and "check" in options:
                continue  # these ask about what the checked heap has none of, or count on sizes that it does not round
            code, out, said = _run([program], library, options, 120)
            name = f"preload/{source.stem}: {options or 'no options'}"
            if (code, out) == (plain.returncode, plain.stdout.decode()):
                tally.passed(name)
            else:
                tally.failed(name, f"code {code}, not {plain.returncode}\n{said[-2000:]}", line([program], {"LD_PRELOAD": str(library)}))
    code, _, said = _run([OUT / "model", "spoil"], library, "")
    tally.by_exit_code("preload/model: a spoilt byte is noticed", 0 if code == 1 and "contradicted" in said else 1, said)


def _reports(tally, program, library):
    """malloc_info, json=FILE: they can be read and drawn; sums agree with the parts."""
    target = OUT / "report.json"
    for name, options in (("malloc_info", "count"), ("json", f"count,json={target}"), ("json-checked", f"check,leaks=0,json={target}")):
        target.unlink(missing_ok=True)
        code, out, said = _run([program, "info" if name == "malloc_info" else "threads"], library, options)
        try:
            report = heap.read(out if name == "malloc_info" else target.read_text())
            heap.page(report)
            wrong = _judge(report) if report["mode"] == "per-cpu" else ""
        except Exception as error:  # whatever it is, the report is no good
            wrong = f"{type(error).__name__}: {error}"
        tally.by_exit_code(f"preload/report: {name}", 1 if code or wrong else 0, f"{wrong}\n{said[-1000:]}")


def _judge(report):
    """What is wrong with a report of 80,000 allocations in four threads."""
    found, _, _, _ = heap.cells(report)
    hits, misses = sum(row["hits"] for row in found.values()), sum(row["misses"] for row in found.values())
    frees = sum(row["frees"] for row in found.values())
    cached = sum(row["cached"] for row in found.values())
    if not 80000 <= hits + misses <= 81000 or not 79000 <= frees <= hits + misses:
        return f"{hits} hits, {misses} misses, {frees} frees"
    if not 0 < misses < hits / 10:
        return f"{misses} misses, {hits} hits"
    if cached != sum(row["cached"] for row in report["classes"]):
        return "the CPUs' cached blocks are not the classes'"
    for row in report["classes"]:
        if row["live"] + row["cached"] + row["middle"] + row["in_runs"] + row["sharded"] != row["carved"] or row["resident"] > row["bytes"]:
            return f"class {row}"
    return ""


def _secure(tally, library):
    """A program that got rights from its file ignores DACAPO_MALLOC.  AT_SECURE needs a set-group-id file, and so root."""
    name = "preload/a set-group-id program ignores DACAPO_MALLOC"
    if os.geteuid() != 0 or library is None:
        tally.skipped(name, "only root can make one for another group")
        return
    # LD_PRELOAD is ignored there too, so the program is a static one of our own.
    program = OUT / "secure"
    run([build.libc(next(iter(cpu for cpu in build.CPUS.values() if cpu.native))), "-static", "-w", SOURCES / "victim.c", "-o", program])
    for mode, wanted in ((0o755, True), (0o2755, False)):
        os.chown(program, 0, 12345)
        program.chmod(mode)
        _, _, said = _run([program, "nothing"], "", "check,leaks=0")
        heard = "live blocks" in said
        if mode == 0o2755 and heard and not _has_secure(program):
            tally.skipped(name, "set-group-id has no effect on this file system")
        elif heard == wanted:
            tally.passed(f"{name}: mode {mode:o}")
        else:
            tally.failed(f"{name}: mode {mode:o}", said)


def _has_secure(program):
    """Whether set-group-id files of this file system have an effect at all."""
    flags = os.statvfs(program).f_flag
    return not flags & os.ST_NOSUID


def run_all(tally, cpu):
    OUT.mkdir(parents=True, exist_ok=True)
    build.preload(cpu)
    library = Path(cpu.products / "lib/libdacapo_malloc.so")
    victim, new = _compile(SOURCES / "victim.c"), _compile(SOURCES / "new.cpp", "g++", "-std=c++17")
    for row in VICTIM:
        _row(tally, "victim", victim, library, row)
    for row in NEW:
        _row(tally, "new", new, library, row)
    _reports(tally, victim, library)
    _secure(tally, library)
    _same_as_host(tally, library)
