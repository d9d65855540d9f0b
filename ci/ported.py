"""The suite `ported`: programs of others, built by dacapo-gcc from their unchanged sources, do real work as they do it on glibc.

ci/sources.py says what each program is made of.  It is built twice, by the host's gcc with glibc and by dacapo-gcc (static, no glibc),
and its job is done by both: a function that is given `do`, which runs the programs in a folder of the job's own, and returns a
text.  The texts must be equal to the byte; what a program must refuse, both must refuse.

Compiled without optimisation: that is quickest, and leaves every call of a library function a call.  Objects are kept under target/ and
made again when their source, their command, a header of ours or the compiler has changed.
"""

import concurrent.futures
import hashlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ci import build, portedjobs, setup, sources
from ci.ctests import first_difference
from ci.paths import TARGET
from ci.peers import complaint
from ci.results import Skip
from ci.shell import ROOT, Failed, capture, line, say

OUT = TARGET / "ported"
FLAGS = ("-O0", "-w", "-pthread")
LIBRARIES = ("-lm",)
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C", "TZ": "UTC"}
CONTROLS = ("sqlite", "jq", "redis")  # jobs that must notice tests/ported/broken.c
AT_ONCE = len(os.sched_getaffinity(0))


# Building -----------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Toolchain:
    """A compiler with its libc; `watched` are files whose change means compiling anew."""

    name: str
    compiler: tuple
    cpu: object
    watched: tuple = ()

    @property
    def folder(self):
        return OUT / self.cpu.name / self.name

    def compile(self, source, flags):
        """An object of one source."""
        command = [*self.compiler, *FLAGS, *flags, "-c", str(source)]
        name = hashlib.sha256("\n".join(command).encode()).hexdigest()[:16]
        object_ = self.folder / "objects" / f"{source.stem}-{name}.o"
        stamp = object_.with_suffix(".stamp")
        # What packages carry never changes: their folders bear their version.
        changing = [folder for folder in (source.parent, *map(Path, flags)) if {sources.OUR_OWN, sources.GENERATED} & {folder, *folder.parents}]
        inputs = [source, *self.watched, *(header for folder in changing for header in sorted(folder.rglob("*.h")))]
        key = "\n".join(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in inputs)
        if not (object_.is_file() and stamp.is_file() and stamp.read_text() == key):
            object_.parent.mkdir(parents=True, exist_ok=True)
            stamp.unlink(missing_ok=True)
            _gcc([*command, "-o", str(object_)])
            stamp.write_text(key)
        return object_

    def link(self, program, extra=(), folder="programs"):
        """An executable of a `sources.Program`, and of further objects."""
        objects = [self.compile(source, program.flags) for source in program.sources]
        path = self.folder / folder / program.name
        path.parent.mkdir(parents=True, exist_ok=True)
        _gcc([*self.compiler, *FLAGS, *map(str, [*objects, *extra]), "-o", str(path), *LIBRARIES])
        return path


def _gcc(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    if done.returncode:
        shown = command if len(command) < 40 else [*command[:20], "...", *command[-4:]]
        raise Failed(f"{line(shown)}\n{complaint(done.stdout.decode(errors='replace'), most=1000)}")


def toolchains(cpu):
    """(glibc's, ours) for a CPU."""
    ours = build.libc(cpu)
    home = ours.parent.parent
    headers = tuple(sorted((home / "include").rglob("*.h")))
    judge = (cpu.tool("gcc"),) if cpu.native else (cpu.tool("gcc"), "-static")  # the emulator has no shared libraries of the other CPU
    version = capture([cpu.tool("gcc"), "--version"]).splitlines()[0]
    say(f"    {version}, without optimisation, {AT_ONCE} at a time")
    return Toolchain("glibc", judge, cpu), Toolchain("dacapo", (str(ours),), cpu, (ours, home / "lib/dacapo.specs", *headers))


# Running ------------------------------------------------------------------------------------------------------------------------

class Runner:
    """`do`: runs a job's programs in one folder, which holds them and the input files."""

    def __init__(self, folder, programs, emulator=()):
        self.folder, self.emulator = folder, emulator
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(inputs(), folder)
        for program in programs:
            (folder / program.name).symlink_to(program)

    def words(self, program, *arguments):
        return [*self.emulator, f"./{program}", *map(str, arguments)]

    def start(self, program, *arguments, **streams):
        """A program in the background; who starts it ends it."""
        return subprocess.Popen(self.words(program, *arguments), cwd=self.folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, **streams)

    def ends(self, program, *arguments, data=None, timeout=120):
        """How a program ends: (code, standard output, standard error)."""
        words = self.words(program, *arguments)
        try:
            done = subprocess.run(words, cwd=self.folder, env=ENVIRONMENT, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  **({"stdin": subprocess.DEVNULL} if data is None else {"input": data}))
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {timeout} s: {line(words, ENVIRONMENT, self.folder)}") from None
        return done.returncode, done.stdout, done.stderr

    def __call__(self, program, *arguments, data=None, timeout=120):
        """The standard output of a program that must end with 0."""
        code, out, err = self.ends(program, *arguments, data=data, timeout=timeout)
        if code:
            tail = (out[-1000:] + b"\n" + err[-2000:]).decode(errors="replace").strip()
            raise Failed(f"ended with {code}: {line(self.words(program, *arguments), ENVIRONMENT, self.folder)}\n{tail}")
        return out

    def refused(self, program, *arguments, data=None):
        """What a program says that must end with an error of its own."""
        code, _, err = self.ends(program, *arguments, data=data)
        if code <= 0:
            raise Failed(f"ended with {code}, an error was due: {line(self.words(program, *arguments), ENVIRONMENT, self.folder)}")
        return f"refused with {code}: {err.decode(errors='replace').strip()}"

    def read(self, name):
        return (self.folder / name).read_bytes()


def inputs():
    """A folder of files to work on: source text of this repository, noise, zeros, one byte, nothing."""
    folder = OUT / "inputs"
    text = b"".join(path.read_bytes() for path in sorted((ROOT / "src").rglob("*.rs")))[:500_000]
    noise = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(2500))
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("text", text), ("noise", noise), ("zeros", bytes(800_000)), ("one", b"x"), ("empty", b"")):
        if not (folder / name).is_file() or (folder / name).read_bytes() != data:
            (folder / name).write_bytes(data)
    return folder


# The suite ----------------------------------------------------------------------------------------------------------------------

def run_all(tally, cpu):
    """Every job, built and done on both; as many at a time as there are CPUs for us."""
    suite = "ported" if cpu.native else f"ported-{cpu.name}"
    emulator = () if cpu.native else (f"qemu-{cpu.name}",)
    inputs()
    theirs, ours = toolchains(cpu)
    said = {}

    def one(name):
        test, job = f"{suite}/{name}", portedjobs.JOBS[name]
        begin = time.monotonic()
        try:
            if job.needs:
                setup.ensure_or_skip(*job.needs)
            programs = getattr(sources, name)()
            texts = []
            for toolchain in (theirs, ours):
                built = [toolchain.link(program) for program in programs]
                texts.append(job.work(Runner(OUT / f"{cpu.name}/{name}-{toolchain.name}", built, emulator)))
        except Skip as absent:
            tally.skipped(test, str(absent))
            return
        except Failed as failure:
            tally.failed(test, str(failure), f"./x.py test --suite {suite}")
            return
        said[name] = texts[0]
        if texts[0] == texts[1]:
            tally.passed(test)
            say(f"    {test}: {len(texts[0].splitlines())} lines as on glibc, {time.monotonic() - begin:.1f} s")
        else:
            tally.failed(test, first_difference(texts[0].encode(), texts[1].encode()), f"./x.py test --suite {suite}")

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(one, name) for name in portedjobs.JOBS]
        try:
            for done in waiting:
                done.result()
        except BaseException:
            # Whatever ends us (Ctrl-C, SIGTERM as SystemExit) leaves no job to begin.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for name in CONTROLS if cpu.native else ():
        _control(tally, f"{suite}/control-{name}", name, ours, said)


def _control(tally, test, name, ours, said):
    """The same job on a libc three of whose functions are wrong: a suite that does not notice proves nothing."""
    if name not in said:
        return
    broken = ours.compile(sources.OUR_OWN / "broken.c", ("-fno-builtin",))
    programs = [ours.link(program, (broken,), "broken") for program in getattr(sources, name)()]
    try:
        noticed = portedjobs.JOBS[name].work(Runner(OUT / f"{ours.cpu.name}/{name}-broken", programs)) != said[name]
    except Failed:
        noticed = True
    if noticed:
        tally.passed(test)
    else:
        tally.failed(test, "the job says the same on a libc whose memmove, memcmp and qsort are wrong")
