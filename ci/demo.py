"""`x.py demo`: real programs, linked without glibc, doing real work beside the same source on glibc and musl.

1. Sets up the tools, builds dacapo for this machine's CPU and for aarch64.
2. Builds hello, wordfreq and Lua 5.4 from the same C source with glibc (dynamic, static), musl-gcc and dacapo-gcc, and the Rust
   examples on the `start` face.
3. Runs them interleaved on real input (wordfreq: the cargo registry's sources, or the FILES given) and compares the outputs.
4. Prints one table: size, system calls at start, time, peak memory, malloc throughput, rseq.
5. Runs the aarch64 builds under QEMU: under qemu-user, and in a guest with kernel 6.12 whose PID 1 is examples/init; the same outputs again.

The exit code is 0 only if every program was built, ran, and said the same everywhere.
"""

import argparse
import hashlib
import inspect
import json
import sys
import time
from pathlib import Path

from ci import build, peers, qemu, setup
from ci.bench import Progress, interleaved
from ci.paths import CPUS, host
from ci.peers import DACAPO, PROGRAMS, Absent, Toolchain
from ci.shell import ROOT, Failed, capture, run, say, step
from ci.tables import Table, bold, grid

RUST = "dacapo, Rust"
THREADS = (1, 2, 8, 64)
KERNEL = "6.12"
LUA_WORK = ("examples/lua/work.lua", "examples/wordfreq/wordfreq.c")
GUEST_TEXT = "src"  # what wordfreq reads on aarch64: emulated, so not the whole registry; it goes into the guest's initramfs
STEPS = 6


class Problems:
    """What went wrong; said at once, and again at the end."""

    def __init__(self):
        self.found = []

    def add(self, what):
        say(f"    FAILED: {what}")
        self.found.append(what)


def c_sources():
    """{program: (sources, flags)}"""
    return {
        "hello": ([ROOT / "examples/hello/hello.c"], ()),
        "wordfreq": ([ROOT / "examples/wordfreq/wordfreq.c"], ()),
        "lua": peers.lua(),
    }


def rust_examples(freestanding=False):
    """{program: package} of the workspace's Rust programs under examples/; `freestanding`: only those on the start face."""
    found = {}
    for package in json.loads(capture(["cargo", "metadata", "--format-version", "1", "--no-deps"]))["packages"]:
        folder = Path(package["manifest_path"]).parent
        faces = [face for needed in package["dependencies"] if needed["name"] == "dacapo" for face in needed["features"]]
        if folder.parent == ROOT / "examples" and (not freestanding or "start" in faces):
            for target in package["targets"]:
                if "bin" in target["kind"]:
                    found[target["name"]] = package["name"]
    return found


def build_rust(cpu, package, program):
    """Builds one Rust example; its path, stripped."""
    run(["cargo", "build", "--release", "-p", package, "--bin", program, "--target", cpu.triple], env=build.cargo_env(cpu))
    stripped = PROGRAMS / f"rust-{cpu.name}" / program
    stripped.parent.mkdir(parents=True, exist_ok=True)
    run([cpu.tool("strip"), "-o", stripped, build.release(cpu) / program], echo=False)
    return stripped


class Demo:
    """One run of the demo: what was built, measured and found wrong."""

    def __init__(self, options):
        self.options = options
        self.problems = Problems()
        self.programs = {}  # {(peer, program): path}
        self.outputs = {}  # {what ran: {output: {peers}}}
        self.foreign = []
        self.rseq = {}

    def build(self):
        """Builds every program with every toolchain."""
        toolchains = peers.toolchains()
        self.peers = [toolchain.name for toolchain in toolchains]
        for program, (sources, flags) in {**c_sources(), "malloc": ([peers.SOURCES / "malloc.c"], ())}.items():
            for toolchain in toolchains:
                path = toolchain.compile(program, sources, flags)
                if path:
                    self.programs[toolchain.name, program] = path
                else:
                    self.problems.add(f"{program} with {toolchain.name}: {path.reason}")
        for program, package in rust_examples().items():
            try:
                self.programs[RUST, program] = build_rust(host(), package, program)
            except Failed as failure:
                self.problems.add(f"{program} in Rust: {str(failure).splitlines()[0]}")
        if any(peer == RUST for peer, _ in self.programs):
            self.peers.append(RUST)
        self.table = Table("demo", "The same programs, on each libc", self.peers, ours=(DACAPO, RUST))

    def peers_of(self, program):
        return [peer for peer in self.peers if (peer, program) in self.programs]

    def once(self, what, peer, program, arguments=(), compare=True):
        """Runs a program; its outcome, or None after noting the problem.  Outputs of the same `what` must be equal."""
        outcome = peers.run_once(self.programs[peer, program], arguments, timeout=120)
        if isinstance(outcome, Absent):
            self.problems.add(f"{what} with {peer}: {outcome.reason}")
            self.programs.pop((peer, program))  # once is enough
            return None
        if compare:
            self.outputs.setdefault(what, {}).setdefault(outcome.output, set()).add(peer)
        self.rseq.setdefault(peer, outcome.rseq_bytes)
        return outcome

    def compare(self):
        """Outputs that should be the same and are not."""
        for what, found in self.outputs.items():
            if len(found) > 1:
                groups = " | ".join(f"{', '.join(sorted(who))} ({hashlib.sha256(text).hexdigest()[:8]})" for text, who in found.items())
                self.problems.add(f"{what}: the outputs differ: {groups}")
                self._show_difference(what, list(found))

    def _show_difference(self, what, texts):
        folder = PROGRAMS.parent / "different"
        folder.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(texts):
            (folder / f"{what.split()[0]}-{number}").write_bytes(text)
        first, second = (text.decode(errors="replace").splitlines() for text in texts[:2])
        for one, two in zip(first, second):
            if one != two:
                say(f"    {one!r}\n    {two!r}\n    (whole outputs in {folder})")
                break

    # What is measured ---------------------------------------------------------------------------------------------------------

    def hello(self):
        table = self.table
        for label, unit in (("hello: size", "bytes"), ("hello: system calls", "calls"), ("hello: CPUID executed", "times"),
                            ("hello: exec to exit", "us"), ("hello: peak memory", "KiB")):
            table.row(label, unit)
        for peer in self.peers_of("hello"):
            program = self.programs[peer, "hello"]
            outcome = self.once("hello", peer, "hello")
            if not outcome:
                continue
            table.add("hello: size", peer, program.stat().st_size)
            table.add("hello: peak memory", peer, outcome.peak_kib)
            stepped = peers.steps(program)
            if isinstance(stepped, Absent):
                self.problems.add(f"hello with {peer}, stepped: {stepped.reason}")
                continue
            table.add("hello: system calls", peer, stepped["calls"])
            table.add("hello: CPUID executed", peer, stepped["cpuid"])
        running = self.peers_of("hello")
        for peer, taken in zip(running, peers.spawn(60 if self.options.quick else 500, [self.programs[p, "hello"] for p in running])):
            for ns in taken:
                table.add("hello: exec to exit", peer, ns / 1000)

    def wordfreq(self):
        table, files = self.table, self.options.files
        table.row("wordfreq: size", "bytes")
        for peer in self.peers_of("wordfreq"):
            table.add("wordfreq: size", peer, self.programs[peer, "wordfreq"].stat().st_size)
        rounds = 1 if self.options.quick else 7
        progress = Progress("wordfreq", rounds * len(THREADS) * len(self.peers_of("wordfreq")))
        for count in THREADS:
            label = f"wordfreq: {count} threads" if count > 1 else "wordfreq: 1 thread"
            table.row(label, "ms")
            table.row(f"wordfreq: peak, {count}T", "MiB")
            for _, peer in interleaved(rounds, self.peers_of("wordfreq"), 12):
                progress.step()
                if (peer, "wordfreq") not in self.programs:
                    continue
                outcome = self.once("wordfreq", peer, "wordfreq", ["-t", count, "-n", 1000, *files])
                if outcome:
                    table.add(label, peer, outcome.ns / 1e6)
                    table.add(f"wordfreq: peak, {count}T", peer, outcome.peak_kib / 1024)

    def lua(self):
        table = self.table
        table.row("Lua 5.4: size", "bytes")
        table.row("Lua 5.4: work.lua", "ms")
        table.row("Lua 5.4: peak memory", "MiB")
        for peer in self.peers_of("lua"):
            table.add("Lua 5.4: size", peer, self.programs[peer, "lua"].stat().st_size)
        rounds = 1 if self.options.quick else 7
        progress = Progress("lua", rounds * len(self.peers_of("lua")))
        for _, peer in interleaved(rounds, self.peers_of("lua"), 15):
            progress.step()
            if (peer, "lua") not in self.programs:
                continue
            outcome = self.once("lua", peer, "lua", LUA_WORK)
            if outcome:
                table.add("Lua 5.4: work.lua", peer, outcome.ns / 1e6)
                table.add("Lua 5.4: peak memory", peer, outcome.peak_kib / 1024)

    def malloc(self):
        rounds, ms = (1, 20) if self.options.quick else (5, 100)
        for count in THREADS:
            label = f"malloc: {count} threads" if count > 1 else "malloc: 1 thread"
            self.table.row(label, "Mop/s", "more")
            for _, peer in interleaved(rounds, self.peers_of("malloc")):
                if (peer, "malloc") not in self.programs:
                    continue
                outcome = self.once(label, peer, "malloc", ["replace", count, ms], compare=False)
                if outcome:
                    self.table.add(label, peer, float(outcome.output.split()[0]) / 1e6)

    def rust(self):
        """The Rust examples that have no C twin: each must end with 0."""
        for peer, program in list(self.programs):
            if peer == RUST and program not in ("hello", "wordfreq"):
                outcome = self.once(f"{program} (Rust)", RUST, program, compare=False)
                if outcome:
                    last = (outcome.output.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
                    self.table.notes.append(f"{program}, in Rust: ran in {outcome.ns / 1e6:.1f} ms, its last line: {last!r}")

    # The other CPU ------------------------------------------------------------------------------------------------------------

    def build_foreign(self):
        """Builds the aarch64 programs: [(name, path, arguments)]."""
        cpu = CPUS["aarch64"]
        toolchain = Toolchain("dacapo aarch64", peers.dacapo(cpu).compiler)
        for program, (sources, flags) in c_sources().items():
            path = toolchain.compile(program, sources, flags)
            if path:
                self.foreign.append((program, path, self.foreign_arguments(program)))
            else:
                self.problems.add(f"{program} for aarch64: {path.reason}")
        for program, package in rust_examples(freestanding=True).items():
            try:
                self.foreign.append((f"{program} (Rust)", build_rust(cpu, package, program), self.foreign_arguments(program)))
            except Failed as failure:
                self.problems.add(f"{program} in Rust for aarch64: {str(failure).splitlines()[0]}")

    def foreign_arguments(self, program):
        return {"wordfreq": ("-t", "4", "-n", "20", GUEST_TEXT), "lua": LUA_WORK}.get(program, ())

    def expected(self, name):
        """What the program says natively with the same arguments, on glibc; None if there is no such program."""
        program = name.split()[0]
        for peer in ("glibc", RUST):
            if (peer, program) in self.programs and program != "init":
                outcome = peers.run_once(self.programs[peer, program], self.foreign_arguments(program))
                return None if isinstance(outcome, Absent) else outcome.output.decode(errors="replace")
        return None

    def run_foreign(self):
        """Runs every aarch64 program under qemu-user and as PID 1 of a guest; prints what came of it."""
        cpu, lines = CPUS["aarch64"], []
        files = {str(path.relative_to(ROOT)): path.read_bytes() for path in sorted((ROOT / GUEST_TEXT).rglob("*")) if path.is_file()}
        files.update({name: (ROOT / name).read_bytes() for name in LUA_WORK})
        init = next((path for name, path, _ in self.foreign if name == "init (Rust)"), None)
        if init is None:
            self.problems.add("no examples/init for aarch64: nothing can be PID 1")
            return
        qemu.LOGS.mkdir(parents=True, exist_ok=True)
        for name, path, arguments in self.foreign:
            expected = self.expected(name)
            begin = time.monotonic()
            log = qemu.LOGS / f"demo-user-{path.parent.name}-{path.name}.log"
            code = run(["qemu-aarch64", path, *arguments], check=False, timeout=120, output=log)
            verdicts = [self.verdict(f"{name}, qemu-user", code, log.read_text(errors="replace"), expected, begin)]
            begin = time.monotonic()
            program, words = f"bin/{path.name}", () if path == init else (f"/bin/{path.name}", *arguments)
            ending = qemu.boot(cpu.name, KERNEL, init, words, {**files, program: path.read_bytes()}, timeout=180,
                               name=f"demo-{path.parent.name}-{path.name}")
            verdicts.append(self.verdict(f"{name}, Linux {KERNEL}", ending.code, ending.console, expected, begin, ending.problem))
            lines.append([name, f"{path.stat().st_size:,}", *verdicts])
        print("\n" + bold("aarch64, emulated: dacapo's builds"))
        print(grid(["", "bytes", "qemu-user", f"guest with Linux {KERNEL}, PID 1 is init"], lines))
        sys.stdout.flush()

    def verdict(self, what, code, output, expected, begin, problem=""):
        """One cell: how a run ended; notes a problem if it is one."""
        took = f"{time.monotonic() - begin:.1f} s"
        if code != 0:
            tail = " / ".join(output.strip().splitlines()[-3:])
            self.problems.add(f"{what}: {problem or f'exit code {code}'}: {tail[-300:]}")
            return f"FAILED, {took}"
        if expected is None:
            return f"ran, {took}"
        # In a guest, init's own lines stand around the program's.
        if "\n".join(["", *_lines(expected), ""]) not in "\n".join(["", *_lines(output), ""]):
            missing = [line for line in _lines(expected) if line not in _lines(output)]
            self.problems.add(f"{what}: the output is not the native one; missing: {missing[:2] or 'nothing, but the order differs'}")
            return f"DIFFERENT OUTPUT, {took}"
        return f"same output, {took}"

    # The end ------------------------------------------------------------------------------------------------------------------

    def show(self):
        words = {0: "not registered", -1: "unknown"}
        self.table.texts["rseq, main thread"] = {
            peer: words.get(self.rseq[peer], f"{self.rseq[peer]} bytes") for peer in self.peers if peer in self.rseq}
        for what, found in self.outputs.items():
            if len(found) == 1:
                ((text, who),) = found.items()
                first = text.decode(errors="replace").splitlines()[0] if text.strip() else "nothing"
                self.table.notes.append(f"{what}: the same output from {len(who)} builds ({len(text):,} bytes: {first[:80]!r} ...)")
        self.table.notes += [
            "system calls, CPUID: from execve to exit, by single-stepping. malloc: a random block of 1,000 replaced by another size.",
            "rseq: what the kernel says of the first thread when it ends; glibc registers it and makes no use of it in malloc.",
        ]
        self.table.show()
        self.table.save()


def _lines(text):
    return [line.rstrip() for line in text.strip().splitlines()]


def main(arguments):
    parser = argparse.ArgumentParser(prog="x.py demo", description=inspect.getdoc(sys.modules[__name__]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round of everything: the figures mean little")
    parser.add_argument("--no-qemu", action="store_true", help="only this machine's CPU")
    parser.add_argument("files", nargs="*", metavar="FILE", help="text for wordfreq (default: the cargo registry's sources)")
    options = parser.parse_args(arguments)
    options.files = [str(Path(name).resolve()) for name in options.files]
    if host() is None:
        raise Failed("dacapo has no arch/ folder for this machine")
    aarch64 = not options.no_qemu
    total = STEPS if aarch64 else STEPS - 1
    setup.check_basics()
    setup.ensure("musl", *((*build.needs(CPUS["aarch64"]), "qemu-user", *qemu.needs("aarch64", KERNEL)) if aarch64 else ()))
    demo = Demo(options)
    with step(1, total, "build every program with every toolchain"):
        demo.build()
    for number, (what, job) in enumerate((("hello: size, system calls, time", demo.hello),
                                          ("wordfreq: real text, 1 to 64 threads", demo.wordfreq),
                                          ("Lua: a script of real work", demo.lua),
                                          ("malloc: throughput, 1 to 64 threads", demo.malloc)), 2):
        with step(number, total, what):
            job()
    demo.rust()
    demo.compare()
    demo.show()
    if aarch64:
        with step(total, total, "aarch64 under QEMU: user mode, and as PID 1 of a real kernel"):
            demo.build_foreign()
            demo.run_foreign()
    if demo.problems.found:
        print("\n" + bold(f"{len(demo.problems.found)} FAILED"))
        for problem in demo.problems.found:
            print(f"  {problem}")
        return 1
    print("\n" + bold("Everything was built, ran, and said the same everywhere."))
    return 0
