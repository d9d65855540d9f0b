"""The init example: booted as PID 1 with a real kernel and nothing else, and asserted line by line."""

from ci import qemu, rusttests

GUEST_CPUS = 4


def expected(cpu, version):
    """What init must say in such a guest, before it runs a program."""
    index = "CPU number" if version == "6.1" else "concurrency id"
    return [f"Linux {version}" if version[0] != "7" else "Linux 7.", f" on {cpu.name}, PID 1", f"CPUs: {GUEST_CPUS},",
            f"rseq: registered by us, index is the {index}", "clock: up for", f"threads: {2 * GUEST_CPUS} counted to {40_000 * GUEST_CPUS}",
            "reaped: 2"]


def run_all(tally, cpu, version):
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
