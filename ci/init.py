"""Programs that are PID 1 of a machine without a single other file: the init example, and C programs as they are."""

from ci import build, qemu, rusttests
from ci.paths import TARGET, host
from ci.shell import ROOT, capture, run

GUEST_CPUS = 4
# A program that ends at once takes the machine with it, and what it wrote last with it where the kernel's serial driver had put off sending (it wakes its device
# in a worker): so a console that lacks the text is asked for again.
BOOTS = 5


def expected(cpu, version):
    """What init must say in such a guest, before it runs a program."""
    index = "CPU number" if version == "6.1" else "concurrency id"
    return [f"Linux {version}" if version[0] != "7" else "Linux 7.", f" on {cpu.name}, PID 1", f"CPUs: {GUEST_CPUS},",
            f"rseq: registered by us, index is the {index}", "clock: up for", f"threads: {2 * GUEST_CPUS} counted to {40_000 * GUEST_CPUS}",
            "reaped: 2"]


# C programs that know nothing of being PID 1: (source, arguments, the one file they read).
C_PROGRAMS = (("examples/hello/hello.c", (), None),
              ("examples/wordfreq/wordfreq.c", ("-t", "4", "-n", "20", "README.md"), "README.md"))


def c_programs(tally, cpu, version):
    """Boots each C program as /init; its output must be that of the same source on this machine with glibc."""
    gcc, folder = build.libc(cpu), TARGET / "init"
    folder.mkdir(parents=True, exist_ok=True)
    for source, arguments, read in C_PROGRAMS:
        name = source.rpartition("/")[2].removesuffix(".c")
        full = f"init-{cpu.name}-{version}: {name} in C as PID 1"
        ours, judge = folder / f"{name}-{cpu.name}", folder / f"{name}-host"
        for compiler, program in (([gcc, "-static"], ours), ([host().tool("gcc")], judge)):
            run([*compiler, "-O2", ROOT / source, "-o", program, "-pthread"])
        files = {read: (ROOT / read).read_bytes()} if read else {}
        expected = capture([judge, *arguments])
        for _ in range(BOOTS):
            ending = qemu.boot(cpu.name, version, ours, arguments, files=files, cpus=GUEST_CPUS, name=f"init-{cpu.name}-{version}-c-{name}")
            if ending.code != 0 or expected in ending.console:
                break
        if ending.code != 0 or expected not in ending.console:
            tally.failed(full, f"{ending.console[-3000:]}\n--- with glibc here\n{expected[-1000:]}\n{ending.problem} ended with {ending.code}",
                         f"./x.py qemu --cpu {cpu.name} --kernel {version} {ours}")
        else:
            tally.passed(full)


def run_all(tally, cpu, version):
    c_programs(tally, cpu, version)
    programs = rusttests.build(cpu, ["build", "--release", "-p", "init", "-p", "hello"])
    hello = {"bin/hello": qemu.stripped(cpu.name, programs["hello"])}
    # (name, arguments, exit code of PID 1, what it says about the program)
    rows = [("alone", (), 0, ["RESULT 0"]),
            ("runs a program", ("/bin/hello", "from", "init"), 0, ["hello, world", "from", "init", "/bin/hello: exit code 0", "RESULT 0"]),
            ("says what it cannot run", ("/bin/nothing",), 127, ["cannot run /bin/nothing: ENOENT", "RESULT 127"])]
    for name, arguments, code, lines in rows:
        full = f"init-{cpu.name}-{version}: {name}"
        ending = qemu.boot(cpu.name, version, programs["init"], arguments, files=hello, cpus=GUEST_CPUS, name=full.replace(" ", "-").replace(":", ""))
        missing = [text for text in [*expected(cpu, version), *lines] if text not in ending.console]
        if missing or ending.code != code:
            tally.failed(full, f"{ending.console[-3000:]}\n{ending.problem}\nended with {ending.code}, not {code}; missing: {missing}",
                         f"./x.py qemu --cpu {cpu.name} --kernel {version} {programs['init']}")
        else:
            tally.passed(full)
