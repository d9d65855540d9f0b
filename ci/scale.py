"""Counts what operations cost the memory system of a machine with many CPUs: a guest with a real kernel, under a plugin of QEMU's.

1. benches/scale/plugin.c becomes a plugin for qemu-system, which counts instructions, locked ones and transfers of cache lines.
2. A guest with one CPU more than threads boots under one host thread.  CPU 0 is left to the kernel; on the others the timer tick is off while
   one thread runs (nohz_full), and nothing is scheduled but what asks for that CPU (isolcpus).
3. Each job is a program that maps the bell (benches/scale/bell.h) and prints `@rseq STATE` and `@row NUMBER NAME THREADS OPERATIONS`; the
   plugin writes a line for every number.  Both must agree.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from ci import build, qemu, setup
from ci.paths import CPUS, TARGET
from ci.shell import ROOT, Failed, capture, run

SOURCES = ROOT / "benches/scale"
OUT = TARGET / "bench/scale"
CPU, KERNEL = CPUS["x86_64"], "6.12"
BOOT_WORDS = {"x86_64": ("no_timer_check", "tsc=reliable", "lpj=4000000"), "aarch64": ("lpj=4000000",)}
TURN = 32  # instructions until another virtual CPU has its turn, on average
NUMBERS = 1000  # of reports, for each job
# tsc=reliable and lpj save the guest two loops for each CPU that measure time, which is of no use under an emulator; without no_timer_check a kernel that
# gets too little time panics, because its timer does not seem to tick.
KERNEL_WORDS = ("mitigations=off", "nohz_full=1-{last}", "isolcpus=1-{last}", "rcu_nocbs=1-{last}")


@dataclass
class Job:
    """A program for the guest; its first argument will be the number of its first report."""

    name: str
    program: Path
    arguments: tuple
    env: dict = field(default_factory=dict)
    seconds: int = 600


@dataclass
class Counts:
    """What one row came to, over all threads."""

    operations: int
    instructions: int
    locked: int
    system_calls: int
    fetched: int  # loads that found the line modified elsewhere
    taken: int  # stores that found the line held elsewhere
    worst: str  # the line with most transfers
    worst_transfers: int

    def each(self, quantity):
        """Per operation."""
        value = self.fetched + self.taken if quantity == "transfers" else getattr(self, quantity)
        return value / self.operations


@dataclass
class Counted:
    """A job's outcome: what it said of rseq, {(name, threads): Counts}, and why it failed if it did."""

    rseq: str
    rows: dict
    problem: str = ""


def needs(cpu=CPU):
    """The parts of the set-up that this takes."""
    return (*qemu.needs(cpu.name, KERNEL), *build.needs(cpu))


def compiled(name, *words, compiler=None, cpu=CPU):
    """Builds one C file of benches/scale, if it must be; returns the program."""
    OUT.mkdir(parents=True, exist_ok=True)
    compiler = compiler or (cpu.tool("gcc"),)
    kind = Path(str(compiler[0])).name
    if not cpu.native and cpu.name not in kind:
        kind += f"-{cpu.name}"
    program = OUT / (f"{name}-{kind}" + ("-static" if "-static" in words else ""))
    newest = max(path.stat().st_mtime for path in [*SOURCES.iterdir(), *(Path(word) for word in compiler if str(word).startswith("/"))])
    if not program.exists() or program.stat().st_mtime < newest or kind == "dacapo-gcc":
        run([*compiler, "-O2", "-Wall", "-Wextra", *words, SOURCES / f"{name}.c", "-o", program])
    return program


def plugin():
    """Builds the plugin, which knows the instructions of both CPUs: QEMU itself has what it leaves undefined."""
    return compiled("plugin", "-shared", "-fPIC", "-fvisibility=hidden")


def _libraries(files):
    """The shared libraries that these programs and libraries load, at the paths where they are here."""
    found = set()
    for path in files:
        for text in capture(["ldd", path], check=False).splitlines():
            match = re.search(r"(/\S+) \(0x", text)
            if match:
                found.add(match[1])
    return found


def _files(jobs, cpu):
    """What the guest's memory disk holds, and the lines of its list.  Programs of another CPU are static."""
    files, lines = {}, []
    everything = [("mounts", compiled("mounts", "-static", cpu=cpu), (), {}, 20)]
    everything += [(job.name, job.program, (str(number * NUMBERS), *map(str, job.arguments)), job.env, job.seconds) for number, job in enumerate(jobs)]
    stripped = {}
    for number, (name, program, arguments, env, seconds) in enumerate(everything):
        if program not in stripped:
            stripped[program] = f"bin/{len(stripped)}-{Path(program).name}"
            files[stripped[program]] = qemu.stripped(cpu.name, program)
        loaded = [path for word in env.values() for path in word.split(":") if path.startswith("/")]
        for path in {*_libraries([program, *loaded]), *loaded} if cpu.native else ():
            files[path.lstrip("/")] = qemu.stripped(cpu.name, path)
        words = [f"{key}={value}" for key, value in env.items()]
        lines.append(" ".join([str(number), str(seconds), *words, "/" + stripped[program], *arguments]))
    files["list"] = ("\n".join(lines) + "\n").encode()
    return files


def count(jobs, threads, name, cpu=CPU, turn=TURN, broken="", timeout=3000):
    """Boots a guest for at most so many threads, runs the jobs in it one after the other; returns a `Counted` for each."""
    setup.ensure(*needs(cpu))
    OUT.mkdir(parents=True, exist_ok=True)
    report = OUT / f"{name}.counts"
    report.unlink(missing_ok=True)
    option = f"{plugin()},out={report},turn={turn}" + (f",broken={broken}" if broken else "")
    ending = qemu.boot(cpu.name, KERNEL, qemu.made_by_gcc(cpu.name, qemu.RUNNER), files=_files(jobs, cpu), cpus=threads + 1, memory=3072,
                       timeout=timeout, name=name, options=("-plugin", option), one_thread=True,
                       kernel_line=" ".join([*BOOT_WORDS[cpu.name], *KERNEL_WORDS]).format(last=threads))
    if not report.exists() or "@begin" not in ending.console:
        raise Failed(f"the guest did not come up ({ending.problem}): see {ending.log} and {qemu.LOGS / (name + '.qemu')}")
    counted = {int(text.split("\t")[0]): text.split("\t")[1:] for text in report.read_text().splitlines()}
    return [_outcome(ending, number, counted) for number in range(len(jobs))]


def _outcome(ending, number, counted):
    """Reads what one job said, and puts the plugin's lines to its rows."""
    at = number + 1  # the first job is the one that mounts
    said = re.search(rf"^@begin {at}$(.*?)(?:^@end {at} (.*?) after [\d.]+ s$|\Z)", ending.console, re.M | re.S)
    if not said:
        return Counted("", {}, f"the guest ended before it: {ending.problem or ending.log}")
    rows = {}
    for text in re.findall(r"^@row (.*)$", said[1], re.M):
        which, name, threads, operations = text.split()
        if int(which) not in counted:
            raise Failed(f"the plugin has no report {which}, of {name} in {threads} threads")
        *numbers, worst, transfers = counted[int(which)]
        rows[name, int(threads)] = Counts(int(operations), *map(int, numbers), worst, int(transfers))
    rseq = re.search(r"^@rseq (.*)$", said[1], re.M)
    problem = "" if said[2] == "exit 0" else f"{said[2] or 'no end'}: {' '.join(said[1].split()[-20:])}"
    return Counted(rseq[1] if rseq else "", rows, problem)


# The test -----------------------------------------------------------------------------------------------------------------------

# What benches/scale/known.c does, an operation: (quantity, least, most).
KNOWN = {
    "private": (("transfers", 0, 0), ("locked", 0, 0), ("instructions", 5, 8)),
    "ping-pong": (("fetched", 0.999, 1.001), ("taken", 0.999, 1.001), ("locked", 0, 0)),
    "false-sharing": (("fetched", 0.2, 1), ("taken", 0.2, 1)),
    "read-only": (("transfers", 0, 0),),
    "locked": (("transfers", 0, 0), ("locked", 2, 2)),
    "system-calls": (("system_calls", 1, 1), ("transfers", 0, 0)),
}
BROKEN = ("forgets-holders", "never-takes")


def differences(outcome):
    """What of the counts is not as known: texts."""
    found = [outcome.problem] if outcome.problem else []
    for name, limits in KNOWN.items():
        counts = outcome.rows.get((name, 2))
        if counts is None:
            found.append(f"{name}: not counted")
            continue
        for quantity, least, most in limits:
            value = counts.each(quantity)
            if not least <= value <= most:
                found.append(f"{name}: {value:g} {quantity} an operation, not {least:g} to {most:g}")
    return found


def run_all(tally, cpu):
    """The plugin counts what is known beforehand; and a plugin with a broken directory is noticed."""
    jobs = [Job("known", compiled("known", "-static", "-pthread", cpu=cpu), (1000,), seconds=120)]
    where = f"scale/{cpu.name}"
    (outcome,) = count(jobs, 2, f"scale-known-{cpu.name}", cpu)
    found = differences(outcome)
    if found:
        tally.failed(f"{where}/known", "\n".join(found))
    else:
        tally.passed(f"{where}/known")
    for broken in BROKEN:
        (outcome,) = count(jobs, 2, f"scale-{broken}-{cpu.name}", cpu, broken=broken)
        found = differences(outcome)
        if outcome.problem or not found:
            tally.failed(f"{where}/control-{broken}", outcome.problem or "the counts are as known, although the directory is broken")
        else:
            tally.passed(f"{where}/control-{broken}")
