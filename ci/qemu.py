"""Boots a static program as /init (PID 1) under qemu-system, with a real kernel, and reports how it ended.

1. The program and any extra files become an initramfs: a cpio archive ("newc"), written here.
2. qemu-system boots the kernel that `x.py setup` unpacked.  The console goes to a log file, which is kept.
3. The verdict is PID 1's exit code.  When PID 1 exits, the kernel panics and says so on the console
   ("Attempted to kill init! exitcode=0x00000300"): exit code in the second byte, signal in the lowest.  A program that ends
   the machine itself by semihosting (aarch64) or isa-debug-exit (x86_64) gives its code to qemu instead, and must print a line with
   `RESULT` for its 0 to count (qemu gives 0 for a plain reboot, too).
4. A guest that has not ended at the time limit has failed.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ci import setup
from ci.paths import CPUS, TARGET
from ci.setup import KERNELS
from ci.shell import ROOT, Failed, run, say

LOGS = TARGET / "qemu"
KERNEL_VERSIONS = {cpu: [part.version for part in setup.PARTS.values() if isinstance(part, setup.Kernel) and part.cpu == cpu]
                   for cpu in CPUS}

MACHINES = {
    # Semihosting must be allowed for user space: the program that asks for it is not the kernel.
    "aarch64": ["qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "neoverse-n1",
                "-semihosting-config", "enable=on,target=native,userspace=on"],
    # q35: microvm hangs now and then.
    "x86_64": ["qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
}
# The same run again: the clock counts instructions, one host thread runs all CPUs in turn, the machine's date is fixed. What is random in a machine
# comes from the seed: the device tree's seed on aarch64, rdrand on x86_64. They decide where the kernel and programs lie, and so when what happens.
FIXED = ("-rtc", "base=2026-01-01,clock=vm", "-seed")
# Nanoseconds that an instruction takes are 2 to this power. The slower the CPU, the fewer instructions lie between two ticks of the timer, and the
# more often a thread is interrupted; beyond these the kernel gets nothing else done.
SHIFTS = (4, 5, 6)
CONSOLES = {"aarch64": "ttyAMA0", "x86_64": "ttyS0"}
# panic=-1 reboots at once when PID 1 ends, and -no-reboot makes that the end of qemu.
KERNEL_LINE = "console={console} quiet loglevel=1 panic=-1 cryptomgr.notests rdinit=/init"


@dataclass
class Ending:
    """How a guest ended: exit code of PID 1 (None if it never said), the console's text, why it counts as failed."""

    code: object
    console: str
    log: Path
    problem: str = ""

    @property
    def result(self):
        """The last RESULT line, if there is one."""
        lines = re.findall(r"^.*RESULT[ =].*$", self.console, re.M)
        return lines[-1].strip() if lines else ""


def needs(cpu, version):
    """The parts of the set-up that such a guest takes. `version` is that of one of our kernels, or the path of another one."""
    return ("qemu-system",) if _is_path(version) else ("qemu-system", f"kernel-{cpu}-{version}")


def _is_path(version):
    return "/" in version


def _image(cpu, version):
    image = Path(version) if _is_path(version) else KERNELS / f"{cpu}-{version}"
    if not image.is_file():
        raise Failed(f"no such kernel: {image}")
    return image


def initramfs(files):
    """A cpio archive of {path: content or None for a folder}: every file is executable and belongs to root."""
    out = bytearray()

    def entry(name, mode, content, inode):
        data = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(data), 0)
        out.extend(b"070701" + b"".join(b"%08X" % value for value in fields) + data)
        out.extend(b"\0" * (-len(out) % 4))
        out.extend(content)
        out.extend(b"\0" * (-len(out) % 4))

    folders = {str(parent) for name in files for parent in Path(name).parents if str(parent) not in (".", "/")}
    every = {**{folder: None for folder in folders}, **files}
    for inode, name in enumerate(sorted(every), 1):
        content = every[name]
        entry(name.lstrip("/"), 0o040755 if content is None else 0o100755, content or b"", inode)
    entry("TRAILER!!!", 0, b"", 0)
    return bytes(out)


def ending_of(console, code, log):
    """Reads the verdict from the console and from qemu's own exit code."""
    panic = re.search(r"Attempted to kill init! exitcode=0x([0-9a-f]{8})", console)
    if panic:
        status = int(panic[1], 16)
        signal = status & 0x7F
        # What the kernel says about the end of its PID 1 would only bury what the program said.
        console = "".join(line for line in console.splitlines(True) if not re.match(r"\[ *\d+\.\d+\]", line))
        if signal:
            return Ending(None, console, log, f"PID 1 was killed by signal {signal}")
        return Ending(status >> 8 & 0xFF, console, log)
    if "Kernel panic" in console:
        return Ending(None, console, log, "the kernel panicked")
    if code < 0:
        return Ending(None, console, log, "no end within the time limit")
    ending = Ending(code, console, log)
    if code == 0 and not ending.result:
        # qemu's 0 alone proves nothing: a guest that merely reboots gives it too.
        ending.code, ending.problem = None, "the guest ended without a verdict"
    return ending


def boot(cpu, version, program, arguments=(), files=None, env=None, cpus=4, memory=512, timeout=120, silence=None, name="",
         options=(), kernel_line="", seed=None, one_thread=False, echo=True):
    """Boots the program as PID 1 and returns its `Ending`.

    `version` is that of one of our kernels, or the path of another one: with a slash.
    `files` are extra files for the guest, {path: bytes}; `env` the program's environment; `options` more words for qemu.
    `kernel_line` are more words for the kernel. `one_thread` runs all CPUs in turn, which is faster than a thread each where they are many.
    With a `seed` the run is the same each time, to the byte: see `FIXED`; the program finds it as DACAPO_SEED.
    A guest that says nothing for `silence` seconds is ended before its time limit.
    The kernel hands on what follows `--` on its command line as PID 1's arguments, and what it does not know as environment.
    """
    setup.ensure(*needs(cpu, version))
    LOGS.mkdir(parents=True, exist_ok=True)
    kernel = _image(cpu, version)
    name = name or f"{cpu}-{Path(version).name}-{Path(program).name}"
    log = LOGS / f"{name}.log"
    log.unlink(missing_ok=True)
    env = dict(env or {})
    if seed is not None:
        env["DACAPO_SEED"] = str(seed)
        options = (*options, *FIXED, str(seed), "-icount", f"shift={SHIFTS[seed % len(SHIFTS)]},sleep=off,align=off")
    for word in [*arguments, *env.values()]:
        if '"' in word or "\n" in word:
            raise Failed(f"the kernel's command line cannot carry this argument: {word!r}")

    def quoted(word):
        return f'"{word}"' if re.search(r"\s", word) or not word else word

    append = KERNEL_LINE.format(console=CONSOLES[cpu])
    append = " ".join([append, *kernel_line.split(), *(quoted(f"{key}={value}") for key, value in env.items())])
    if arguments:
        append += " -- " + " ".join(quoted(word) for word in arguments)
    threads = "multi" if seed is None and not one_thread else "single"
    with tempfile.TemporaryDirectory(prefix="dacapo-qemu.") as folder:
        initrd = Path(folder) / "initramfs"
        initrd.write_bytes(initramfs({**(files or {}), "init": Path(program).read_bytes()}))
        command = [*MACHINES[cpu], "-smp", str(cpus), "-m", f"{memory}M", "-accel", f"tcg,thread={threads}", "-nographic",
                   "-nodefaults", "-no-reboot", "-serial", f"file:{log}", *options,
                   "-kernel", kernel, "-initrd", initrd, "-append", append]
        code = run(command, timeout=timeout, check=False, echo=echo, output=LOGS / f"{name}.qemu", talk=log, silence=silence or timeout)
    console = log.read_text(errors="replace").replace("\r\n", "\n") if log.exists() else ""
    if cpu == "x86_64" and code > 0:
        code >>= 1  # isa-debug-exit: qemu ends with code * 2 + 1
    ending = ending_of(console, code, log)
    if ending.code is None and not console:
        ending.problem += "; qemu said: " + (LOGS / f"{name}.qemu").read_text(errors="replace")[-500:].strip()
    return ending


def command(cpu, version, programs, cpus, timeout, arguments, env=(), seed=None):
    """`x.py qemu`: boots each program, prints its console and how it ended; returns 1 if one did not end with 0."""
    env = dict(word.partition("=")[::2] for word in env)
    failed = 0
    for program in programs:
        if not Path(program).is_file():
            raise Failed(f"no such program: {program}")
        ending = boot(cpu, version, program, arguments, env=env, cpus=cpus, timeout=timeout, seed=seed)
        print(ending.console, end="" if ending.console.endswith("\n") else "\n")
        how = ending.problem or f"exit code {ending.code}"
        say(f"{program}: {how} (console kept in {os.path.relpath(ending.log)})")
        failed += ending.code != 0
    return 1 if failed else 0


# Many programs in one guest ---------------------------------------------------------------------------------------------------

RUNNER = ROOT / "tests/qemu/runner.c"


@dataclass
class Job:
    """One program for a guest: what runs, under which name, and how it is judged (`judge(output, code)`)."""

    name: str
    program: Path
    judge: object
    arguments: tuple = ()
    env: tuple = ()  # words "NAME=value"
    seconds: int = 60
    under: tuple = ()  # a program that runs this one, and its arguments


def made_by_gcc(cpu, source):
    """Builds a program for a guest, with gcc and glibc."""
    setup.ensure(*(() if CPUS[cpu].native else ("cross-gcc",)))
    binary = LOGS / f"{source.stem}-{cpu}"
    LOGS.mkdir(parents=True, exist_ok=True)
    if not binary.exists() or binary.stat().st_mtime < max(part.stat().st_mtime for part in (source, *source.parent.glob("*.h"))):
        fresh = binary.with_suffix(f".{os.getpid()}")
        run([CPUS[cpu].tool("gcc"), "-static", "-O1", "-Wall", source, "-o", fresh])
        fresh.rename(binary)
    return binary


def stripped(cpu, program):
    """The program's bytes without symbols: a test binary's debug information would fill the guest's memory."""
    with tempfile.TemporaryDirectory(prefix="dacapo-strip.") as folder:
        out = Path(folder) / "program"
        run([CPUS[cpu].tool("strip"), "-o", out, program], echo=False)
        return out.read_bytes()


def run_jobs(cpu, version, jobs, name, cpus=4, timeout=600, silence=None, **more):
    """Boots one guest that runs every job, and has each judged; says which took longest; returns the `Ending` of the guest.  `more` is for `boot`.

    A job whose end the console does not show is judged with the code None: the guest died under it, or before it.
    """
    files, lines = {}, []

    def inside(number, program):
        """Where the guest has that program."""
        same = next((path for path, content in files.items() if content == program), None)
        path = same or f"tests/{number}-{Path(program).name}"
        files[path] = program
        return "/" + path

    for number, job in enumerate(jobs):
        under = [inside(number, job.under[0]), *job.under[1:]] if job.under else []
        lines.append(" ".join([f"{number}", str(job.seconds), *job.env, *under, inside(number, job.program), *job.arguments]))
    files = {path: stripped(cpu, program) for path, program in files.items()}
    files["list"] = ("\n".join(lines) + "\n").encode()
    ending = boot(cpu, version, made_by_gcc(cpu, RUNNER), files=files, cpus=cpus, memory=2048, timeout=timeout, silence=silence, name=name, **more)
    times = {}
    for number, job in enumerate(jobs):
        begun = re.search(rf"^@begin {number}$(.*?)(?:^@end {number} (\w+) ?(\d*) after ([\d.]+) s$|\Z)", ending.console, re.M | re.S)
        if begun and begun[2]:
            times[job.name] = float(begun[4])
        if not begun:
            job.judge(f"the guest ended before this test: {ending.problem or 'see ' + str(ending.log)}", None)
        elif not begun[2]:
            job.judge(f"{begun[1]}\nthe guest ended during this test: {ending.problem or 'see ' + str(ending.log)}", None)
        elif begun[2] == "timeout":
            job.judge(f"{begun[1]}\nno end within {job.seconds} s", None)
        else:
            job.judge(begun[1], int(begun[3]) if begun[2] == "exit" else -int(begun[3]))
    slowest = sorted(times, key=times.get, reverse=True)[:5]
    say(f"{name}: {len(times)} programs took {sum(times.values()):.0f} s; " + ", ".join(f"{job} {times[job]:.0f} s" for job in slowest))
    return ending
