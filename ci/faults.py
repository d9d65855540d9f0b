"""The fault suite: every system call refused at every call site, and bad input, with the tables that tests/faults prints.

C programs are tests/faults/programs/*.c, made by dacapo-gcc; freestanding ones are those of tests/freestanding whose source
declares a sweep.  control.c is made by the host's gcc and does on purpose what no program may do: each of its ways must be reported.
"""

import re

from ci import build, rusttests
from ci.paths import TARGET
from ci.shell import ROOT, line, run, say

PROGRAMS = ROOT / "tests/faults/programs"
FREESTANDING = ROOT / "tests/freestanding/src/bin"
OUT = TARGET / "faults"
CFLAGS = ("-O1", "-g", "-std=gnu11", "-Wall")
# What control.c does with a refused mmap, and what the sweep must call it; the last one is the good way.
CONTROLS = {"crash": "CRASH 11", "hang": "HANG", "silent": "SILENT", "mute": "SILENT", "report": "error"}
# What oom.c's own wrong functions must be told.
OOM_CONTROLS = {"forgets": "blocks are left behind", "loses": "what was there before is lost", "says-else": "the error is not ENOMEM",
                "frees-twice": "freed what is no live block"}
_ROW = re.compile(r"^  (ok|FAILED|skipped) +(.*)$")


def declares_a_sweep(source):
    return re.search(r"^\W*sweep: ", source.read_text(), re.M) is not None


def _table(tally, name, command):
    """Runs one table and counts each row but those of calls that the program never makes."""
    log = rusttests.log_of(name)
    code = run(command, timeout=900, check=False, output=log)
    text = log.read_text(errors="replace")
    say(text.rstrip())
    failed = rows = 0
    lines = text.splitlines()
    for number, row in enumerate(lines):
        found = _ROW.match(row)
        if not found:
            continue
        words = " ".join(found[2].split())
        if found[1] == "ok":
            rows += 1
            if " absent" not in row:
                tally.passed(f"{name}: {words}")
        elif found[1] == "skipped":
            tally.skipped(f"{name}", words)
        else:
            rows += 1
            failed += 1
            following = lines[number + 1].strip() if number + 1 < len(lines) else ""
            tally.failed(f"{name}: {words}", following, line(command))
    if code not in (0, 1) or rows == 0 or (code == 0) != (failed == 0):
        tally.failed(name, f"{text[-2000:]}\nthe table ended with {code} after {rows} rows", line(command))


def _control(tally, tool):
    """The sweep itself must report each way of doing it wrong."""
    program = OUT / "control"
    run(["gcc", "-static", *CFLAGS, PROGRAMS / "control.c", "-o", program])
    for mode, outcome in CONTROLS.items():
        name = f"faults/control: {mode} is reported as {outcome}"
        log = rusttests.log_of(f"faults-control-{mode}")
        command = [tool, "sweep", PROGRAMS / "control.c", program, "--", mode]
        code = run(command, timeout=100, check=False, output=log)
        text = log.read_text(errors="replace")
        good = outcome in text and code == (0 if outcome == "error" else 1)
        tally.passed(name) if good else tally.failed(name, text, line(command))


def _oom(tally, program):
    """Each N-th malloc refused inside each function that allocates; functions that are wrong on purpose are reported."""
    _table(tally, "faults/oom", [program])
    log = rusttests.log_of("faults-oom-control")
    code = run([program, "control"], timeout=60, check=False, output=log)
    text = log.read_text(errors="replace")
    for function, what in OOM_CONTROLS.items():
        name = f"faults/oom: {function} is reported"
        good = code == 1 and re.search(rf"^  FAILED +oom {function} .*\n.*: {what}$", text, re.M)
        tally.passed(name) if good else tally.failed(name, text, line([program, "control"]))


def _programs(tally, cpu):
    """The C programs, made: {name: path}."""
    gcc = build.libc(cpu)
    made = {}
    for source in sorted(PROGRAMS.glob("*.c")):
        if source.stem == "control":
            continue
        program, log = OUT / source.stem, rusttests.log_of(f"faults-gcc-{source.stem}")
        if run([gcc, *CFLAGS, source, "-o", program], check=False, output=log):
            tally.failed(f"faults/{source.stem}: dacapo-gcc", log.read_text(errors="replace"))
            continue
        made[source.stem] = program
    return made


def run_whole(tally, cpu):
    """Every call that each program makes, at every call site, with every error that the call documents."""
    OUT.mkdir(parents=True, exist_ok=True)
    tool = rusttests.build(cpu, ["build", "-p", "faults"])["faults"]
    swept = [(PROGRAMS / f"{name}.c", program) for name, program in _programs(tally, cpu).items()]
    swept += [(FREESTANDING / f"{name}.rs", program) for name, program in sorted(rusttests.freestanding(cpu).items())]
    texts = []
    for source, program in swept:
        if source.exists() and declares_a_sweep(source):
            name = f"faults-whole/{source.stem}"
            _table(tally, name, [tool, "exhaust", source, program])
            texts.append(rusttests.log_of(name).read_text(errors="replace"))
    table = summary(texts)
    (TARGET / "test-logs/faults-whole.table").write_text(table)
    say(table)


def summary(texts):
    """What all programs' tables came to, a line for each call: call sites, faults made there, and how many ended in which way."""
    rows = {}
    for number, text in enumerate(texts):
        for call, rest in re.findall(r"^  (?:ok|FAILED|skipped) +(\S+) +(.*)$", text, re.M):
            # A row that went well names its site and then `ERROR:outcome ...`; any other one an error, its site, xTIMES, the outcome.
            words = rest.split()
            ends = [word for word in words if re.fullmatch(r"\w+:\w+", word)]
            # A site is a function and an offset; the function may have a name of several words.
            site, ends = (" ".join(words[:-len(ends)]), ends) if ends else (words[1], [f"{words[0]}:{words[3]}"])
            row = rows.setdefault(call, (set(), {}))
            row[0].add((number, site))
            for end in ends:
                outcome = end.partition(":")[2]
                row[1][outcome] = row[1].get(outcome, 0) + 1
    kinds = sorted({outcome for _, ends in rows.values() for outcome in ends})
    lines = [("call", "sites", *kinds)]
    lines += [(call, str(len(sites)), *(str(ends.get(kind, "-")) for kind in kinds)) for call, (sites, ends) in sorted(rows.items())]
    return "\n".join("| " + " | ".join(words) + " |" for words in lines) + "\n"


# A filter refuses every call but these with an error that no call documents; then every function that is a kernel call and nothing else must say so.
PASSED_ON = """#include <sys/syscall.h>
struct sock_filter { unsigned short code; unsigned char yes, no; unsigned value; };
struct sock_fprog { unsigned short length; struct sock_filter *filter; };
#define ERROR 77
extern int *__errno_location(void);
extern int prctl(int, ...), printf(const char *, ...), fflush(void *);
%(declared)s
static const struct { const char *name; long (*call)(long, long, long, long, long, long); int narrow; } calls[] = { %(rows)s };
int main(void)
{
    struct sock_filter filter[] = {
        { 0x20, 0, 0, 0 }, /* load the number */
        { 0x15, 3, 0, __NR_write },
        { 0x15, 2, 0, __NR_writev },
        { 0x15, 1, 0, __NR_exit_group },
        { 0x06, 0, 0, 0x00050000 | ERROR },
        { 0x06, 0, 0, 0x7fff0000 }, /* allow */
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    printf("calls\\n"), fflush(0);
    if (prctl(38, 1, 0, 0, 0) || prctl(22, 2, &program))
        return 1;
    for (unsigned n = 0; n < sizeof calls / sizeof *calls; n++) {
        *__errno_location() = 0;
        long said = calls[n].call(0, 0, 0, 0, 0, 0);
        int right = (calls[n].narrow ? (int)said : said) == -1 && *__errno_location() == ERROR;
        printf("%%s %%s\\n", right ? "ok" : "WRONG", calls[n].name), fflush(0);
    }
    return 0;
}
"""


def kernel_calls():
    """The functions of the C library that are a kernel call and nothing else: [(name, whether its result is an int)]."""
    found = []
    for source in sorted((ROOT / "src/libc").rglob("*.rs")):
        for body in re.findall(r"^kernel_calls! \{\n(.*?)^\}", source.read_text(), re.M | re.S):
            found += [(name, result == "c_int") for result, name in re.findall(r"^    (\w+): (\w+)\(", body, re.M)]
    return found


def _passed_on(tally, cpu):
    calls = kernel_calls()
    source, program = OUT / "passed_on.c", OUT / "passed_on"
    names = dict(calls)
    for needed in ("prctl", "write", "writev"):  # they set up the filter, and say what came of it
        names.pop(needed, None)
    source.write_text(PASSED_ON % {"declared": "\n".join(f"extern long {name}();" for name in names),
                                   "rows": ", ".join(f'{{"{name}", (void *){name}, {int(narrow)}}}' for name, narrow in names.items())})
    run([build.libc(cpu), "-O1", "-w", "-fno-builtin", source, "-o", program])
    log = rusttests.log_of("faults-passed-on")
    code = run([program], timeout=20, check=False, output=log)
    said = dict(reversed(row.split()) for row in log.read_text(errors="replace").splitlines() if row.count(" ") == 1)
    name = f"faults/{len(names)} functions that are a kernel call and nothing else say what they were told"
    wrong = [call for call in names if said.get(call) != "ok"]
    if code == 0 and not wrong and len(names) > 100:
        tally.passed(name)
    else:
        tally.failed(name, f"{log.read_text(errors='replace')[-500:]}\nended with {code}; wrong or missing: {wrong}", line([program]))


def run_all(tally, cpu):
    OUT.mkdir(parents=True, exist_ok=True)
    tool = rusttests.build(cpu, ["build", "-p", "faults"])["faults"]
    _control(tally, tool)
    _passed_on(tally, cpu)
    made = _programs(tally, cpu)
    for name, program in made.items():
        source = PROGRAMS / f"{name}.c"
        if declares_a_sweep(source):
            _table(tally, f"faults/{name}", [tool, "sweep", source, program])
    if "oom" in made:
        _oom(tally, made["oom"])
    if {"input", "limits"} <= made.keys():
        _table(tally, "faults/bad-input", [tool, "bad-input", made["input"], made["limits"]])
    for name, program in sorted(rusttests.freestanding(cpu).items()):
        source = FREESTANDING / f"{name}.rs"
        if source.exists() and declares_a_sweep(source):
            _table(tally, f"faults/{name}", [tool, "sweep", source, program])
