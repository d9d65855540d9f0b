"""The peers of benchmarks and demo: toolchains that build the same C source, and outside sources.

A peer that cannot build something is not an error: `compile` then gives an `Absent` with the reason, which is reported.
"""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci import build, crates, setup
from ci.paths import TARGET, host
from ci.shell import ROOT, Failed, line, say

OUT = TARGET / "bench"
PROGRAMS = OUT / "programs"
SOURCES = ROOT / "benches/c"
FLAGS = ("-O2", "-pthread")
DACAPO, MIMALLOC = "dacapo", "musl+mimalloc"


@dataclass(frozen=True)
class Absent:
    """In the place of a program or a figure: why it is not there."""

    reason: str

    def __bool__(self):
        return False


@dataclass(frozen=True)
class Toolchain:
    """One way to make a program from C; `compiler` is a command, or an `Absent` if there is none."""

    name: str
    compiler: object
    flags: tuple = ()
    extra: tuple = ()  # objects that every program gets

    def compile(self, name, sources, flags=(), strip=True, optimise=FLAGS):
        """Builds a program; its path, or `Absent` with the compiler's first complaint.  Built again only when it must be."""
        if isinstance(self.compiler, Absent):
            return self.compiler
        program = PROGRAMS / self.name.replace(" ", "-") / name
        command = [*self.compiler, *optimise, *self.flags, *flags, *(["-s"] if strip else []), *sources, *self.extra, "-o", program]
        command = [str(word) for word in command] + (["-lm"] if "-lm" not in flags else [])
        stamp = program.with_name(program.name + ".stamp")
        key = hashlib.sha256("\n".join([*command, *(_state(path) for path in self._inputs(sources))]).encode()).hexdigest()
        if program.is_file() and stamp.is_file() and stamp.read_text() == key:
            return program
        program.parent.mkdir(parents=True, exist_ok=True)
        program.unlink(missing_ok=True)
        say("+ " + _shorter(line(command), sources))
        try:
            done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=300)
        except FileNotFoundError as error:
            return Absent(f"cannot run {command[0]}: {error.strerror}")
        except subprocess.TimeoutExpired:
            return Absent("the compiler did not end")
        if done.returncode:
            return Absent(complaint(done.stdout.decode(errors="replace")))
        stamp.write_text(key)
        return program

    def _inputs(self, sources):
        """Files whose change means building again: the sources, what they include beside them, the compiler's own library."""
        beside = {header for source in sources for header in Path(source).parent.glob("*.h")}
        own = []
        if self.name == DACAPO:
            home = Path(self.compiler[0]).parent.parent
            own = [home / "lib/libc.a", home / "lib/crt1.o", home / "lib/dacapo.specs", *sorted((home / "include").rglob("*.h"))]
        return [*sources, *sorted(beside), *self.extra, *own]


def _shorter(text, sources):
    """The command as a person would type it at the root: relative paths, and a pattern for a whole folder of sources."""
    for folder in {Path(source).parent for source in sources}:
        inside = sorted(folder.glob("*.c"))
        if len(inside) > 4 and all(path in sources for path in inside):
            text = text.replace(" ".join(map(str, inside)), f"{folder}/*.c")
    return text.replace(f"{ROOT}/", "")


def _state(path):
    status = Path(path).stat()
    return f"{path} {status.st_mtime_ns} {status.st_size}"


def complaint(output, most=8):
    """What the compiler minds, on one line: the missing symbols, at most so many by name, or headers if it is that."""
    missing = []
    for text in output.splitlines():
        if "undefined reference to" in text:
            symbol = text.rsplit("undefined reference to", 1)[1].strip(" `'")
            missing += [] if symbol in missing else [symbol]
    if missing:
        return "does not link, missing: " + ", ".join(missing[:most]) + (f" and {len(missing) - most} more" if len(missing) > most else "")
    errors = [text.strip() for text in output.splitlines() if "error" in text]
    return "does not compile: " + (errors or output.strip().splitlines() or ["the compiler gave no reason"])[0]


def dacapo(cpu=None):
    """dacapo's own toolchain, built first; with the reason if that fails."""
    try:
        return Toolchain(DACAPO, (str(build.libc(cpu or host())),))
    except Failed as failure:
        return Toolchain(DACAPO, Absent("the library does not build: " + str(failure).splitlines()[0]))


def toolchains(mimalloc=False):
    """Every toolchain, in the order of the tables."""
    setup.ensure("musl")
    found = [
        Toolchain("glibc", ("gcc",)),
        Toolchain("glibc static", ("gcc",), ("-static",)),
        Toolchain("musl static", ("musl-gcc",), ("-static",)),
    ]
    if mimalloc:
        found.append(musl_with_mimalloc())
    return [*found, dacapo()]


# Sources that crates carry ------------------------------------------------------------------------------------------------------

def lua():
    """(sources, flags) of Lua: the interpreter's library from the crate lua-src and our own main."""
    (folder,) = crates.folder("lua-src").glob("lua-5.4.*")
    return [ROOT / "examples/lua/lua.c", *sorted(folder.glob("*.c"))], ("-I", folder, "-std=gnu99")


def musl_with_mimalloc():
    """musl's users' usual answer to its malloc: link mimalloc (here from the crate libmimalloc-sys)."""
    object_ = PROGRAMS / "mimalloc.o"
    if not object_.exists():
        PROGRAMS.mkdir(parents=True, exist_ok=True)
        folder = crates.folder("libmimalloc-sys") / "c_src/mimalloc/v2"
        command = ["musl-gcc", "-O2", "-DNDEBUG", "-DMI_LIBC_MUSL=1", "-DMI_MALLOC_OVERRIDE=1", "-I", str(folder / "include"), "-c",
                   str(folder / "src/static.c"), "-o", str(object_)]
        say("+ " + line(command))
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            return Toolchain(MIMALLOC, Absent(complaint(done.stdout.decode(errors="replace"))))
    return Toolchain(MIMALLOC, ("musl-gcc",), ("-static",), (object_,))


# Measuring ------------------------------------------------------------------------------------------------------------------------

def measure_tool():
    """Builds benches/c/measure.c; static, so that its own start disturbs least."""
    program = Toolchain("tools", ("gcc",), ("-static",)).compile("measure", [SOURCES / "measure.c"], ("-Wall",))
    if not program:
        raise Failed(f"benches/c/measure.c: {program.reason}")
    return program


@dataclass
class Outcome:
    """One run of a program: see benches/c/measure.c."""

    output: bytes
    ns: int
    user_us: int
    system_us: int
    peak_kib: int
    rseq_bytes: int
    code: int

    @property
    def cpu_seconds(self):
        return (self.user_us + self.system_us) / 1e6


def run_once(program, arguments=(), env=None, timeout=120, stderr=subprocess.PIPE):
    """Runs a program under `measure run`; an `Absent` if it failed or did not end in time."""
    report = OUT / f"measure-{os.getpid()}.json"
    command = [measure_tool_cached(), "run", report, program, *arguments]
    # LD_PRELOAD also goes through the measuring program, which is static and does not care.
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, env={**os.environ, **(env or {})},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True)
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        # PTRACE_O_EXITKILL: the program dies with the one that traces it.
        process.kill()
        process.communicate()
        return Absent(f"did not end within {timeout} s")
    if process.returncode:
        return Absent(f"measure: exit code {process.returncode}: {(errors or b'').decode(errors='replace').strip()[-200:]}")
    outcome = Outcome(output, **json.loads(report.read_text()))
    report.unlink()
    if outcome.code:
        text = (errors or b"").decode(errors="replace").strip().splitlines()
        how = f"exit code {outcome.code}" if outcome.code > 0 else f"killed by signal {-outcome.code}"
        return Absent(how + (f": {text[-1][:200]}" if text else ""))
    return outcome


_tool = []


def measure_tool_cached():
    if not _tool:
        _tool.append(measure_tool())
    return _tool[0]


def steps(program, arguments=()):
    """System calls and CPUID instructions from execve to exit, by stepping; None where the CPU's stepping is not supported."""
    report = OUT / f"steps-{os.getpid()}.json"
    done = subprocess.run([str(word) for word in (measure_tool_cached(), "steps", report, program, *arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if done.returncode:
        return Absent(done.stderr.decode(errors="replace").strip()[-200:] or f"exit code {done.returncode}")
    result = json.loads(report.read_text())
    report.unlink()
    if result["code"] != 0:
        return Absent(f"ended with {result['code']} when stepped")
    return result


def spawn(rounds, programs):
    """Nanoseconds from vfork to wait: one list of `rounds` figures per program, the programs interleaved."""
    report = OUT / f"spawn-{os.getpid()}.json"
    done = subprocess.run([str(word) for word in (measure_tool_cached(), "spawn", report, rounds, *programs)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300)
    if done.returncode:
        raise Failed(f"measure spawn: {done.stderr.decode(errors='replace').strip()}")
    result = json.loads(report.read_text())
    report.unlink()
    return result
