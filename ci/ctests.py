"""The C tests: tests/c/**/*.c, each built twice from the same source and compared.

The host's gcc with glibc is the judge: a test passes if the program that dacapo-gcc makes gives the same standard output and
the same exit code, both as a static program and as a static-pie.  Other CPUs run under qemu-user, judge and all.

The first comment of a test may say more, one directive a line:

    args: WORDS          arguments, in shell quoting           stdin: TEXT      standard input (with \\n and the like)
    env: NAME=VALUE ...  environment                           flags: WORDS     for both compilers, compiling and linking
    exit: N | SIGNAME    the code that both must end with      timeout: N       seconds, instead of 20
    compare: output | code | stderr | none
                         output (default): standard output and code; stderr: standard error too; code: the code alone;
                         none: only dacapo's program is built, and must end with 0 (or `exit:`)
    cpus: x86_64 ...     only there                            skip: REASON     not now, and why

Beside a test, NAME.expected is its output where glibc cannot be the judge.  Exit code 77 of both means: skipped, and the last
line of output is the reason.
"""

import codecs
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ci import setup
from ci.results import SKIP_CODE
from ci.shell import ROOT, Failed, line

TESTS = ROOT / "tests/c"
MODELS = ("static", "static-pie")
CFLAGS = ("-O1", "-g", "-std=gnu11", "-Wall", "-Wno-unused", "-fno-builtin")
JOBS = 2
_DIRECTIVE = re.compile(r"^\W*(args|stdin|env|flags|exit|timeout|compare|cpus|skip):[ \t]*(.*?)[ \t]*(?:\*/)?$", re.M)


@dataclass
class Test:
    """One C test and what its first comment says."""

    source: Path
    args: list = field(default_factory=list)
    stdin: bytes = b""
    env: dict = field(default_factory=dict)
    flags: list = field(default_factory=list)
    exit: object = None
    timeout: int = 20
    compare: str = "output"
    cpus: tuple = ()
    skip: str = ""
    expected: object = None

    def name(self, root=TESTS):
        return str(self.source.relative_to(root).with_suffix(""))


def parse(source):
    """Reads a test's directives; a directive that makes no sense is `Failed`."""
    text = source.read_text(errors="replace")
    first = re.match(r"\s*(/\*.*?\*/|(?://[^\n]*\n)+)", text, re.S)
    test = Test(source)
    for name, value in _DIRECTIVE.findall(first[1]) if first else ():
        if name == "args":
            test.args = shlex.split(value)
        elif name == "stdin":
            test.stdin = codecs.escape_decode(value.encode())[0]
        elif name == "env":
            test.env = dict(word.split("=", 1) for word in shlex.split(value))
        elif name == "flags":
            test.flags = shlex.split(value)
        elif name == "exit":
            test.exit = int(value) if value.isdigit() else -signal.Signals[value].value
        elif name == "timeout":
            test.timeout = int(value)
        elif name == "compare":
            if value not in ("output", "code", "stderr", "none"):
                raise Failed(f"{source}: compare: {value}?")
            test.compare = value
        elif name == "cpus":
            test.cpus = tuple(value.split())
        elif name == "skip":
            test.skip = value or "no reason given"
    expected = source.with_suffix(".expected")
    if expected.is_file():
        test.expected = expected.read_bytes()
        test.compare = "none" if test.compare == "output" else test.compare
    return test


@dataclass
class Run:
    """How one program ended."""

    code: int  # negative: killed by that signal
    out: bytes
    err: bytes
    repeat: str

    def text(self):
        out = self.out.decode(errors="replace")[-3000:]
        err = self.err.decode(errors="replace")[-1500:]
        return f"exit code {self.code}\n--- standard output\n{out}\n--- standard error\n{err}"


def execute(test, program, emulator):
    """Runs a test's program in an empty folder of its own, as ./NAME."""
    with tempfile.TemporaryDirectory(prefix="dacapo-c.") as folder:
        command = [*emulator, str(program), *test.args]
        env = {"PATH": "/usr/bin:/bin", "HOME": "/", **test.env}
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        seconds = test.timeout * (4 if emulator else 1)
        try:
            out, err = process.communicate(test.stdin, seconds)
            code = process.returncode
            # qemu-user passes a deadly signal on to itself, so its code is the program's.
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            code, err = -signal.SIGKILL, err + f"\nno end within {seconds} s".encode()
        return Run(code, out, err, line(command, test.env))


def compile_(compiler, test, program, flags):
    """Builds a test; returns the compiler's complaint, "" if it made a program."""
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [str(word) for word in (*compiler, *CFLAGS, *flags, *test.flags, test.source, "-o", program, "-pthread", "-lm")]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return "" if done.returncode == 0 else f"{line(command)}\n{done.stdout.decode(errors='replace')[-4000:]}"


def difference(test, host, ours):
    """Why our program's end is not the right one; "" if it is."""
    code = test.exit if test.exit is not None else 0 if test.compare == "none" else host.code
    if ours.code != code:
        return f"ended with {ours.code}, not {code}"
    if test.expected is not None and ours.out != test.expected:
        return f"output is not {test.source.stem}.expected"
    if test.compare in ("output", "stderr") and ours.out != host.out:
        return first_difference(host.out, ours.out)
    if test.compare == "stderr" and ours.err != host.err:
        return "standard error: " + first_difference(host.err, ours.err)
    return ""


def first_difference(host, ours):
    """The first line that differs."""
    theirs, mine = host.split(b"\n"), ours.split(b"\n")
    for number, (a, b) in enumerate(zip(theirs, mine), 1):
        if a != b:
            return f"line {number}: glibc says {a.decode(errors='replace')!r}, dacapo {b.decode(errors='replace')!r}"
    return f"glibc says {len(theirs)} lines, dacapo {len(mine)}"


def one(tally, test, cpu, gcc, models, root=TESTS, built=None):
    """Builds and runs one test for one CPU with each model; `built` is where the programs go."""
    names = [f"c-{cpu.name}/{model}/{test.name(root)}" for model in models]
    reason = test.skip or (f"only for {' '.join(test.cpus)}" if test.cpus and cpu.name not in test.cpus else "")
    if reason:
        for name in names:
            tally.skipped(name, reason)
        return
    emulator = [] if cpu.native else [f"qemu-{cpu.name}"]
    folder = (built or cpu.products / "tests-c") / test.source.relative_to(root).parent
    host = None
    if test.compare != "none":
        program = folder / "host" / test.source.stem
        # Under the emulator a static judge needs no shared libraries of the other CPU.
        complaint = compile_([cpu.tool("gcc")], test, program, () if cpu.native else ("-static",))
        host = None if complaint else execute(test, program, emulator)
        if complaint or (test.exit is not None and host.code != test.exit):
            for name in names:
                tally.failed(name, complaint or f"the judge (gcc with glibc) ended unlike `exit:` says\n{host.text()}")
            return
    for model, name in zip(models, names):
        program = folder / model / test.source.stem
        complaint = compile_([gcc], test, program, (f"-{model}",))
        if complaint:
            tally.failed(name, complaint)
            continue
        ours = execute(test, program, emulator)
        if ours.code == SKIP_CODE and (host is None or host.code == SKIP_CODE):
            tally.skipped(name, (ours.out.decode(errors="replace").strip().splitlines() or ["it gave no reason"])[-1])
            continue
        wrong = difference(test, host, ours)
        if wrong:
            tally.failed(name, f"{ours.text()}\n{wrong}", ours.repeat)
        else:
            tally.passed(name)


def run_all(tally, cpu, gcc, models=MODELS, pattern=""):
    """Runs every C test (whose name contains `pattern`) for one CPU."""
    if not cpu.native:
        setup.ensure("qemu-user", "cross-gcc")
    tests = [parse(source) for source in sorted(TESTS.rglob("*.c"))]
    tests = [test for test in tests if pattern in test.name()]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for done in [pool.submit(one, tally, test, cpu, gcc, models) for test in tests]:
            done.result()
    return len(tests)
