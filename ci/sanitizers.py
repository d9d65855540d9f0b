"""valgrind, where it runs: on programs without a libc, on a C program of ours, and on tests of the guest face.

valgrind answers rseq with ENOSYS, so what it sees is the fallback: the tests must say so and pass.  It knows nothing of our malloc, and watches
addresses and undefined values only.  Not ThreadSanitizer: docs/testing.md says why.
"""

import shutil

from ci import build, rusttests
from ci.paths import TARGET
from ci.results import Skip
from ci.shell import ROOT, run

VALGRIND = ("valgrind", "--quiet", "--error-exitcode=99", "--fair-sched=yes")
# Not those that count the process's mappings: valgrind's own come and go among them.
PROGRAMS = ("storm", "thread_locals", "keys", "names", "tls_odd", "tls_large", "at_exit_order", "relocation", "threads_reuse", "rseq_in_each_thread")
HOSTED = ("percpu::", "sync::", "malloc::consistency::random", "tls::")
WITHOUT = {
    "nobody_counted": "as below: the test refuses futexes, and valgrind's own threads use them",
    "no_system_call": "valgrind makes system calls of its own, which the test's filter refuses",
    "without_the_lock": "valgrind runs one thread at a time: no update is lost",
}
C_PROGRAM = "tests/faults/programs/threads.c"


def _control(tally, cpu):
    """A value that nobody set must be noticed in a program of ours."""
    source, program = TARGET / "valgrind-control.c", TARGET / "valgrind-control"
    source.write_text("#include <stdio.h>\nint main(void) { int set[2]; volatile int *p = set; if (p[1] == 42) puts(\"?\"); return 0; }\n")
    run([build.libc(cpu), "-O0", "-w", source, "-o", program])
    code = run([*VALGRIND, program], timeout=100, check=False, output=rusttests.log_of("valgrind-control"))
    name = "sanitizers/valgrind notices a value that nobody set"
    tally.passed(name) if code == 99 else tally.failed(name, f"ended with {code}, not 99")


def run_all(tally, cpu):
    if not shutil.which("valgrind"):
        raise Skip("no valgrind here")
    built = rusttests.freestanding(cpu)
    for name in PROGRAMS:
        rusttests.run_program(tally, f"sanitizers/valgrind {name}", [*VALGRIND, built[name]], {"DACAPO_ROUNDS": "500"}, timeout=200)
    _control(tally, cpu)
    ours = TARGET / "valgrind-threads"
    run([build.libc(cpu), "-O1", "-g", "-w", ROOT / C_PROGRAM, "-o", ours])
    rusttests.run_program(tally, f"sanitizers/valgrind {C_PROGRAM}", [*VALGRIND, ours], timeout=200)
    (program,) = rusttests.harness(cpu, "hosted").values()
    rusttests.run_harness(tally, "sanitizers/valgrind hosted", [*VALGRIND, program, "--test-threads=1", *HOSTED],
                          {"DACAPO_EXPECT_RSEQ": "unavailable", "DACAPO_EMULATED": "1"}, timeout=900, without=WITHOUT)
