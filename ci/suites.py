"""The registry of test suites, and `x.py test`, which runs them.

A suite is a row of the matrix in docs/architecture.md: a name, what it proves, and a function that puts outcomes into the
tally.  A suite that cannot run on this machine raises `Skip` with its reason and is reported by name; one that breaks (a
build that fails, a guest that does not boot) counts as failed.
"""

import ctypes
import errno
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ci import (abi, build, check, controls, cpus, ctests, faults, fuzz, init, ported, preload, programs, promela, qemu, rusttests, sanitizers, scale, security,
                seeds, selftest, setup, size, snippets, stress)
from ci.paths import CPUS, host
from ci.results import Skip, Tally
from ci.shell import NO_GLIBC_RSEQ, ROOT, Failed, capture, say

EMULATED = "DACAPO_EMULATED"  # tells tests that rounds are dear here: support::rounds
NOT_UNDER_QEMU_USER = {
    "without_membarrier": "qemu-user has no seccomp to refuse a system call with",
    **dict.fromkeys(("without_any_way", "without_sched_getaffinity", "makes_no_system_call", "does_make_a_system_call",
                     "no_system_call_is_made", "event_count::a_time_limit"), "qemu-user has no seccomp to refuse a system call with"),
    **dict.fromkeys(("malloc::faults::a_", "malloc::limits", "malloc::returns", "malloc::growth", "malloc::verify::a_",
                     "_heap_agrees_with_the_model"),
                    "starts itself again, and the host's kernel does not run aarch64 programs; the guests do run it"),
    **dict.fromkeys(("use_bounded_memory", "leave_nothing_behind"), "it would measure the emulator's own memory; the guests do run it"),
    "rseq::edges": "qemu-user cannot start aarch64 programs on this kernel, and 7.2 loops in children of threads; the guests do run it",
    "a_child_that_shares_our_memory": "qemu-user gives no child that shares its parent's memory: it forks; the guests do run it",
    "programs_started_while_all_threads_allocate": "qemu-user cannot start aarch64 programs on this kernel; the guests do run it",
    "a_child_of_a_busy_process": "qemu-user 7.2 loops for ever in a child forked while other threads run; the guests do run it",
}
_NEEDS_EXECVE = "starts itself again, and the host's kernel does not run aarch64 programs; the guests do run it"
PROGRAMS_NOT_UNDER_QEMU_USER = {
    **dict.fromkeys(("arguments", "canary", "closed_descriptors", "exit_code", "hello", "panic", "pid1_empty_system"), _NEEDS_EXECVE),
    "fork": "qemu-user 7.2 aborts in a forked child that starts a thread; the guests do run it",
    "thread_limit": "qemu-user does not limit the memory of the program; the guests do run it",
}
RSEQ_CALL = {"x86_64": 334, "aarch64": 293}
# The programs of tests/freestanding that are booted by themselves as /init: their names begin so.
PID_1 = "pid1_"


@dataclass(frozen=True)
class Suite:
    """A row of the matrix."""

    name: str
    proves: str
    run: object
    default: bool = True  # runs without being named


SUITES = []


# What `x.py test --minutes N --seed N` asks of the suites that search at random.
WISH = {"minutes": None, "seed": None}


def suite(name, proves, default=True):
    """Registers a function as a suite."""

    def register(function):
        SUITES.append(Suite(name, proves, function, default))
        return function

    return register


# What this machine can do ----------------------------------------------------------------------------------------------------

def native():
    cpu = host()
    if cpu is None:
        raise Skip(f"dacapo has no arch/ folder for this machine ({os.uname().machine})")
    return cpu


def require_rseq():
    """Skips where the kernel (or the sandbox, or the emulator) has no rseq."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(RSEQ_CALL[native().name], None, 0, 0, 0)
    if ctypes.get_errno() == errno.ENOSYS:
        raise Skip("the kernel here has no rseq (ENOSYS)")


def members():
    """The workspace's packages: {name: folder, relative to the root}."""
    text = capture(["cargo", "metadata", "--format-version", "1", "--no-deps"])
    return {p["name"]: os.path.relpath(os.path.dirname(p["manifest_path"]), ROOT) for p in json.loads(text)["packages"]}


def require_package(name):
    if name not in members():
        raise Skip(f"the workspace has no package {name} yet")


# Rows ---------------------------------------------------------------------------------------------------------------------------

@suite("tools", "every tidy rule and every reader of results catches its own bad example")
def _tools(tally):
    selftest.run_all(tally)


@suite("check", "formatting, tidy, clippy for every face, package and CPU")
def _check(tally):
    cpus = [cpu for cpu in CPUS.values() if cpu.native or shutil.which("apt-get") or not setup.missing(build.needs(cpu))]
    check.check(cpus, tally)


def _hosted(tally, row, env=None, wrapper=()):
    """Every test harness of the workspace, in one row of the registration matrix."""
    for package, folder in sorted(members().items()):
        if not folder.startswith("tests/") or package in ("freestanding", "support"):
            continue
        if package in ("step", "stress") or package != "hosted" and row != "adopted":
            continue  # these have suites of their own; others choose their own rows
        for name, program in rusttests.harness(native(), package).items():
            rusttests.run_harness(tally, f"{package}-{row}/{name}" if name != package else f"{package}-{row}",
                                  [*wrapper, program], {"DACAPO_EXPECT_RSEQ": row, **(env or {})})


@suite("hosted-adopted", "a guest of std: glibc has registered rseq, we use its area")
def _adopted(tally):
    require_rseq()
    if tuple(int(part) for part in os.confstr("CS_GNU_LIBC_VERSION").split()[-1].split(".")[:2]) < (2, 35):
        raise Skip("glibc here is older than 2.35: it registers no rseq area to adopt")
    require_package("hosted")
    _hosted(tally, "adopted")


@suite("hosted-owned", "a guest of std: glibc leaves rseq alone, we register our own area")
def _owned(tally):
    require_rseq()
    require_package("hosted")
    _hosted(tally, "owned", NO_GLIBC_RSEQ)


@suite("hosted-unavailable", "a guest of std under seccomp: rseq answers ENOSYS, the fallback works")
def _unavailable(tally):
    require_package("hosted")
    without = rusttests.build(native(), ["build", "-p", "support", "--bin", "without"])["without"]
    _hosted(tally, "unavailable", wrapper=(without, "rseq"))


@suite("hosted-aarch64", "a guest of std under qemu-user: aarch64 without rseq")
def _hosted_aarch64(tally):
    cpu = CPUS["aarch64"]
    if cpu.native:
        raise Skip("this machine is aarch64 itself")
    require_package("hosted")
    setup.ensure_or_skip("qemu-user", *build.needs(cpu))
    for name, program in rusttests.harness(cpu, "hosted", static=True).items():
        rusttests.run_harness(tally, f"hosted-aarch64/{name}", ["qemu-aarch64", program],
                              {"DACAPO_EXPECT_RSEQ": "unavailable", EMULATED: "1"}, without=NOT_UNDER_QEMU_USER)


STEP = "DACAPO_STEP"  # how the step test stops a thread


@suite("step", "every section of the table interrupted at every instruction, by breakpoints and by ptrace, with each kind of registration")
def _step(tally):
    require_rseq()
    require_package("step")
    for row, means, env in (("adopted", "breakpoint", {}), ("owned", "ptrace", NO_GLIBC_RSEQ)):
        for program in rusttests.harness(native(), "step").values():
            rusttests.run_harness(tally, f"step/{row}-{means}", [program], {STEP: means, **env})


def _freestanding(tally, cpu, model, emulator=()):
    require_package("freestanding")
    setup.ensure_or_skip(*build.needs(cpu))
    for name, program in sorted(rusttests.freestanding(cpu, model).items()):
        if emulator and name in PROGRAMS_NOT_UNDER_QEMU_USER:
            tally.skipped(f"freestanding-{cpu.name}/{model}/{name}", PROGRAMS_NOT_UNDER_QEMU_USER[name])
            continue
        rusttests.run_program(tally, f"freestanding-{cpu.name}/{model}/{name}", [*emulator, program],
                              {EMULATED: "1"} if emulator else None, timeout=240 if emulator else 60)


@suite("freestanding", "start, TLS, threads: programs without a libc, static and static-pie, on this machine")
def _freestanding_native(tally):
    for model in rusttests.FREESTANDING:
        _freestanding(tally, native(), model)


@suite("freestanding-aarch64", "the same for aarch64 under qemu-user: relocation, TLS variant I, the fallback")
def _freestanding_aarch64(tally):
    if CPUS["aarch64"].native:
        raise Skip("this machine is aarch64 itself")
    setup.ensure_or_skip("qemu-user")
    for model in rusttests.FREESTANDING:
        _freestanding(tally, CPUS["aarch64"], model, ("qemu-aarch64",))


def _c(tally, cpu):
    if not any(ctests.TESTS.rglob("*.c")):
        raise Skip("tests/c has no test yet")
    gcc = build.libc(cpu)
    size.check(tally, cpu, gcc)
    # Where a program lies is the linker's and the start's matter: both models for this CPU, the harder one under the emulator.
    ctests.run_all(tally, cpu, gcc, ctests.MODELS if cpu.native else ("static-pie",))


@suite("abi", "sizes, offsets and constants of include/ equal those of glibc's headers, on both CPUs")
def _abi(tally):
    for cpu in CPUS.values():
        setup.ensure_or_skip(*build.needs(cpu))
        tally.by_exit_code(f"abi/{cpu.name}", abi.main([cpu.name]), "see above", f"python3 -m ci.abi {cpu.name}")


@suite("c", "C programs made by dacapo-gcc do what they do with glibc, static and static-pie; small ones stay small")
def _c_native(tally):
    _c(tally, native())


@suite("c-aarch64", "the same for aarch64 under qemu-user, static-pie")
def _c_aarch64(tally):
    if CPUS["aarch64"].native:
        raise Skip("this machine is aarch64 itself")
    setup.ensure_or_skip("qemu-user", *build.needs(CPUS["aarch64"]))
    _c(tally, CPUS["aarch64"])


ABOUT_RSEQ = ("rseq::", "percpu::", "malloc::signals", "malloc::threads")


def _guest(tally, name, version, cpu, rows, means):
    """One guest for all programs, then one boot for each program that wants to be PID 1.

    `rows` are the hosted rows with the words one of which a test's name must contain, all tests without any; `means` is how the step test stops."""
    setup.ensure_or_skip(*qemu.needs(cpu.name, version), *build.needs(cpu))
    jobs = []

    def job(test, program, judge, **more):
        jobs.append(qemu.Job(test, program, lambda out, code: judge(out, code), **more))

    present = members()
    if "hosted" in present:
        for harness, program in rusttests.harness(cpu, "hosted", static=True).items():
            for row, env in (("adopted", {}), ("owned", NO_GLIBC_RSEQ)):
                test, only = f"{name}/{harness}-{row}", rows[row]
                job(test, program, lambda out, code, t=test: rusttests.judge_harness(tally, t, out, code),
                    env=(f"DACAPO_EXPECT_RSEQ={row}", f"{EMULATED}=1", *(f"{key}={value}" for key, value in env.items())),
                    arguments=(*rusttests.HARNESS_OPTIONS, *only), seconds=1200)
    if "step" in present:
        for program in rusttests.harness(cpu, "step", static=True).values():
            test = f"{name}/step-{means}"
            job(test, program, lambda out, code, t=test: rusttests.judge_harness(tally, t, out, code),
                env=(f"{STEP}={means}", f"{EMULATED}=1"), seconds=1200)
    alone = {}
    if "freestanding" in present:
        programs = rusttests.freestanding(cpu, "static")
        alone = {test: program for test, program in programs.items() if test.startswith(PID_1)}
        for test, program in sorted(programs.items()):
            if test not in alone:
                full = f"{name}/{test}"
                job(full, program,
                    lambda out, code, t=full: tally.failed(t, out) if code is None else tally.by_exit_code(t, code, out),
                    env=(f"{EMULATED}=1",), seconds=600)
    if not jobs:
        raise Skip("the workspace has neither hosted nor freestanding tests yet")
    # The limits are for what stands still: an emulated CPU on a busy machine is twenty times slower than on an idle one.
    qemu.run_jobs(cpu.name, version, jobs, name, timeout=3000, silence=300)
    for test, program in sorted(alone.items()):
        ending = qemu.boot(cpu.name, version, program, name=f"{name}-{test}", env={EMULATED: "1"})
        full = f"{name}/{test}"
        if ending.code is None:
            tally.failed(full, f"{ending.console[-3000:]}\n{ending.problem}", f"./x.py qemu --kernel {version} {program}")
        else:
            tally.by_exit_code(full, ending.code, ending.console)


# What differs from kernel to kernel, and from row to row, is how rseq is kept: all of the harness runs once, these modules everywhere.
for _version, _what, _adopted_only, _means in (("6.12", "mm_cid", (), "breakpoint"),
                                               ("6.1", "rseq without mm_cid", ABOUT_RSEQ, "ptrace"),
                                               ("7.3", "the optimised mode of rseq", ABOUT_RSEQ, "breakpoint")):
    for _cpu in CPUS.values():
        # On x86_64 the kernel of this machine runs the same tests without emulation: there the guests are for the other kernels.
        suite(f"qemu-{_cpu.name}-{_version}", f"real {_cpu.name} kernel, 4 CPUs, sections really aborted; PID 1; {_what}", default=not _cpu.native)(
            lambda tally, cpu=_cpu, version=_version, rows={"adopted": _adopted_only, "owned": ABOUT_RSEQ}, means=_means:
            _guest(tally, f"qemu-{cpu.name}-{version}", version, cpu, rows, means))


@suite("cpus-hotplug", "a storm of threads in a guest whose 16 CPUs go off and on: sums exact, nothing lost, drains work", default=False)
def _cpus_hotplug(tally):
    cpus.run_small(tally, CPUS["aarch64"], seed=WISH["seed"])


@suite("cpus", "guests with 16, 64 and 128 CPUs; CPUs that go and come, cpusets, numbers with gaps: sums exact, nothing lost (15 minutes)", default=False)
def _cpus(tally):
    cpus.run_all(tally, CPUS["aarch64"], seed=WISH["seed"])


@suite("seeds", "a storm in guests whose every run can be repeated from its seed; --minutes N, --seed N (5 minutes)", default=False)
def _seeds(tally):
    cpu, minutes = CPUS["aarch64"], WISH["minutes"]
    setup.ensure_or_skip(*qemu.needs(cpu.name, seeds.KERNEL), *build.needs(cpu))
    seeds.run_all(tally, cpu, seed=WISH["seed"], **({"seconds": 60 * minutes} if minutes else {}))


@suite("faults", "every system call refused at every call site, and bad input: each ends as documented, nothing lost")
def _faults(tally):
    faults.run_all(tally, native())


@suite("faults-whole", "every call that a program makes refused at every call site with every error it documents (3 minutes)", default=False)
def _faults_whole(tally):
    faults.run_whole(tally, native())


def _searched(run, tally):
    minutes, seed = WISH["minutes"], WISH["seed"]
    run(tally, native(), seed=seed, **({"seconds": 60 * minutes} if minutes else {}))


@suite("fuzz", "random calls of printf, scanf, strtod, qsort, strings and dates do what glibc's do; --minutes N, --seed N")
def _fuzz(tally):
    _searched(fuzz.run_all, tally)


@suite("stress", "threads by the dozen under timers, moves, forks, drains, churn and delays lose nothing; --minutes N, --seed N")
def _stress(tally):
    _searched(stress.run_all, tally)


@suite("scale", "the plugin that counts transfers of cache lines says of known patterns what is known, and not when its directory is broken", default=False)
def _scale(tally):
    for cpu in CPUS.values():
        setup.ensure_or_skip(*scale.needs(cpu))
        scale.run_all(tally, cpu)


@suite("security", "what hardens a program: ASLR, RELRO, no writable code, canary, mangled pointers, guards, AT_SECURE")
def _security(tally):
    cpus = [cpu for cpu in CPUS.values() if cpu.native or not setup.missing(build.needs(cpu))]
    security.run_all(tally, cpus)


@suite("sanitizers", "valgrind on programs without a libc, on C, and on the guest face: no rseq there, and no invalid access", default=False)
def _sanitizers(tally):
    require_package("hosted")
    sanitizers.run_all(tally, native())


@suite("preload", "programs of the host with our malloc: every option, what bad programs are told, C++'s operators, reports")
def _preload(tally):
    preload.run_all(tally, native())


@suite("controls", "sections broken on purpose: the step test and the storms catch each by name")
def _controls(tally):
    require_rseq()
    controls.run_all(tally, native(), models=False)


@suite("controls-models", "protocols broken on purpose: the models catch each by name (3 minutes)", default=False)
def _controls_models(tally):
    controls.run_all(tally, native(), models=True)


@suite("promela", "spin visits every state of the drain and of the grace period, x86-64's memory and a weaker one; broken on purpose it finds each by name")
def _promela(tally):
    setup.ensure_or_skip("spin")
    promela.run_all(tally)


@suite("promela-whole", "the same models larger, and all pairs of readers on the weaker memory (2 minutes)", default=False)
def _promela_whole(tally):
    setup.ensure_or_skip("spin")
    promela.run_all(tally, whole=True)


@suite("controls-aarch64", "the step test's controls on aarch64, in a guest: each is caught by the same names", default=False)
def _controls_aarch64(tally):
    cpu = CPUS["aarch64"]
    setup.ensure_or_skip(*qemu.needs(cpu.name, controls.GUEST), *build.needs(cpu))
    controls.run_step_in_guest(tally, cpu)
    stress.run_twice_in_guest(tally, cpu, controls.GUEST, "controls-aarch64")


@suite("programs", "python, gcc, redis, git, sort, node, cargo and Rust programs say on our malloc what they say on glibc's")
def _programs(tally):
    native()
    programs.run_all(tally)


@suite("programs-long", "the same with 1 GB to sort, sqlite3.c optimised, dacapo built by cargo, and every row", default=False)
def _programs_long(tally):
    native()
    programs.run_all(tally, long=True)


@suite("ported", "zlib, bzip2, lz4, zstd, xz, SQLite, jq and Redis, built by dacapo-gcc from unchanged sources, do real work as on glibc")
def _ported(tally):
    ported.run_all(tally, native())


@suite("ported-aarch64", "the same for aarch64 under qemu-user", default=False)
def _ported_aarch64(tally):
    if CPUS["aarch64"].native:
        raise Skip("this machine is aarch64 itself")
    setup.ensure_or_skip("qemu-user", *build.needs(CPUS["aarch64"]))
    ported.run_all(tally, CPUS["aarch64"])


@suite("refused", "wrong uses of section!, the steps without assembly, are errors of the compilation, each with its message")
def _refused(tally):
    snippets.refused(tally, native())


@suite("docs", "the tutorial's Rust blocks, put together, compile and do what the page says")
def _docs(tally):
    snippets.pages(tally, native())


def _init(tally, cpu, version):
    setup.ensure_or_skip(*qemu.needs(cpu.name, version), *build.needs(cpu))
    init.run_all(tally, cpu, version)


for _cpu, _version in (("aarch64", "6.12"), ("x86_64", "6.12")):
    suite(f"init-{_cpu}-{_version}", "the init example and C programs as PID 1 of a machine without a single other file")(
        lambda tally, cpu=_cpu, version=_version: _init(tally, CPUS[cpu], version))


# The command --------------------------------------------------------------------------------------------------------------------

def show():
    for row in SUITES:
        print(f"{row.name:24} {row.proves}{'' if row.default else ' (only when named)'}")


# Suites that get a second chance, said aloud: their guests and emulators run twenty times slower on a busy machine than on an idle one.
EMULATED_SUITES = ("qemu-", "init-", "hosted-aarch64", "freestanding-aarch64", "c-aarch64")
FIRST = ("tools", "check")  # alone: `check` has a lane for each CPU itself


def lanes(rows):
    """Whole runs in stages, each of lanes that run side by side: what is quickly seen to be wrong, then this CPU's suites beside the emulated other one's.

    Either waits half of the time for one compiler or one emulated CPU.  Each lane has a cargo directory of its own, that of its CPU.
    """
    other = [row for row in rows if row.name.startswith(EMULATED_SUITES) and host() and host().name not in row.name]
    first = [row for row in rows if row.name in FIRST]
    return [[first], [[row for row in rows if row not in first and row not in other], other]]


def _run(row):
    tally = Tally()
    try:
        row.run(tally)
    except Skip as reason:
        tally.skipped(row.name, str(reason))
    except Failed as failure:
        tally.failed(row.name, str(failure), f"./x.py test --suite {row.name}")
    return tally


def _judge(row, label, start):
    """Runs a suite, an emulated one once more if it failed, and says what it came to."""
    say(f"{label}: {row.proves}")
    begun = time.monotonic()
    came = _run(row)
    if came.failures and row.name.startswith(EMULATED_SUITES):
        say(f"{label}: {came.line()}; once more, since emulated time limits depend on this machine's load")
        first, came = came, _run(row)
        for name in sorted(set(first.failures) - set(came.failures)):
            say(f"UNSTEADY {name}: failed, then passed")
    say(f"{label}: {came.line()}, {time.monotonic() - begun:.0f} s (in all {time.monotonic() - start:.0f} s)")
    return came


def test(names, minutes=None, seed=None):
    """Runs the named suites, or all that run by default; prints the closing line and returns the exit code."""
    WISH.update(minutes=minutes, seed=seed)
    unknown = set(names) - {row.name for row in SUITES}
    if unknown:
        raise Failed(f"no such suite: {', '.join(sorted(unknown))} (x.py test --list)")
    setup.check_basics()
    chosen = [row for row in SUITES if (row.name in names if names else row.default)]
    tally = Tally()
    start = time.monotonic()

    def follow(lane):
        for row in lane:
            tally.take(_judge(row, f"[{1 + chosen.index(row)}/{len(chosen)}] {row.name}", start))

    for stage in [[chosen]] if names else lanes(chosen):
        with ThreadPoolExecutor(len(stage)) as pool:
            list(pool.map(follow, stage))
    if tally.failures:
        say("failed:")
        for name, reason in tally.failures.items():
            say(f"  {name}: {reason}")
    print(tally.line(), flush=True)
    return 0 if tally.ok else 1
