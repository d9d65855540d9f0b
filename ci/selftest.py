"""The tools' own tests: every tidy rule catches a bad example and leaves a good one alone; every reader of results reads
failures as failures.  A check that cannot fail proves nothing."""

import json
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from ci import ctests, heap, promela, qemu, rusttests, setup, snippets, tidy
from ci.paths import host
from ci.results import Tally
from ci.shell import Failed, run

# rule: ([bad trees], [good trees])
EXAMPLES = {
    "layers": (
        [
            {"src/sys/memory.rs": "use crate::malloc::page_heap;\n"},
            {"src/sync/mutex.rs": "use crate::{sys::futex, thread::{self, spawn}};\n"},
            {"src/thread/spawn.rs": "fn stack() { crate::malloc::allocate(8); }\n"},
            {"src/percpu.rs": "use crate::libc::errno;\n"},
            {"src/attic/mod.rs": "\n"},
            {"src/malloc/os.rs": "use crate::attic::thing;\n"},
            {"arch/x86_64/rseq.rs": "use crate::rseq::Area;\n"},
        ],
        [
            {"src/malloc/os.rs": "use crate::sys::memory;\nuse crate::{percpu::cell, rseq};\n// not crate::libc::errno\n"},
            {"src/libc/malloc.rs": "use crate::malloc;\n", "src/lib.rs": "pub use crate::libc::x;\n"},
            {"src/sys/time.rs": "crate::syscall!(1);\n", "tests/hosted/src/lib.rs": "use crate::anything;\n"},
        ],
    ),
    "target_arch": (
        [
            {"src/sys/mod.rs": '#[cfg(target_arch = "x86_64")]\nmod x;\n'},
            {"tests/step/Cargo.toml": "[target.'cfg(target_arch = \"x86_64\")'.dependencies]\n"},
            {"tests/hosted/src/a.rs": 'if cfg!(target_arch = "aarch64") {}\n'},
        ],
        [{"arch/mod.rs": '#[cfg(target_arch = "x86_64")]\nmod x;\n', "src/lib.rs": "// target_arch only under arch/\n"}],
    ),
    "mirrored": (
        [{"arch/x86_64/start.S": "", "arch/aarch64/mod.rs": "", "arch/x86_64/mod.rs": ""},
         {"include/bits/x86_64/setjmp.h": ""}],
        [{"arch/x86_64/mod.rs": "", "arch/aarch64/mod.rs": "", "arch/mod.rs": "", "include/bits/all.h": ""}],
    ),
    "safety": (
        [
            {"src/a.rs": "fn f() {\n    let x = 1;\n    unsafe { g() }\n}\n"},
            {"src/a.rs": "// SAFETY: long gone, of another statement\nlet y = 1;\nunsafe { g() }\n"},
            {"src/a.rs": "unsafe impl Send for A {}\n"},
            {"src/a.rs": "// SAFETY: the caller promises.\nunsafe { g() }\n"},
            {"src/a.rs": "// SAFETY:\nunsafe { g() }\n"},
        ],
        [
            {"src/a.rs": "// SAFETY: the area is ours and 64 bytes long.\nlet x = f(\n    1,\n    unsafe { g() },\n);\n"},
            {"src/a.rs": "// SAFETY: only the owner sends it.\n#[cfg(test)]\nunsafe impl Send for A {}\nunsafe fn f();\n"},
            {"src/a.rs": 'let text = "unsafe {";\n// unsafe { }\n'},
        ],
    ),
    "named_paths": (
        [
            {"README.md": "See `docs/gone.md`.\n", "docs/here.md": "\n"},
            {"docs/a.md": "[text](docs/gone.md)\n"},
            {"docs/a.md": "`arch/<cpu>/start.S`\n", "arch/x86_64/start.S": ""},
            {"docs/a.md": "`docs/*.svg`\n"},
        ],
        [
            {"README.md": "`docs/a.md`, `arch/<cpu>/a.S:_start`, `docs/`, `cargo add x/y`, `a / b`, `docs/*.md`\n", "docs/a.md": "\n",
             "arch/x86_64/a.S": "", "arch/aarch64/a.S": ""},
        ],
    ),
    "unfinished": (
        [{"src/a.rs": "// TODO: later\n"}, {"include/a.h": "/* FIXME */\n"}, {"src/b.rs": "todo!()\n"}],
        [{"src/a.rs": "// what to do: nothing; methods\n"}],
    ),
    "machine_paths": (
        [{"ci/x.py": 'P = "/root/x"\n'}, {"docs/a.md": "in /home/anna/dacapo\n"}, {"ci/run.sh": "http://ftp.debian.org/x\n"}],
        [{"ci/x.py": 'P = Path.home() / "x"\n', "docs/a.md": "the home/ folder; /tmp/x; Debian's packages\n"}],
    ),
    "shape": (
        [{"src/a.rs": "fn a() {} \n"}, {"src/a.rs": "\tfn a() {}\n"}, {"src/a.rs": "fn a() {}"}, {"ci/a.py": "x" * 241 + "\n"},
         {"src/lib.rs": "\n" + "//\n" * 101}],
        [{"src/a.rs": "fn a() {}\n", "src/lib.rs": "//\n" * 99}],
    ),
}  # fmt: skip

HARNESS = """
running 3 tests
test a::one ... ok
test a::two ... talks
ok
test a::three ... FAILED

failures:

---- a::three stdout ----
assertion failed

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
"""


def _tidy(tally):
    for rule in tidy.RULES:
        name = rule.__name__
        bad, good = EXAMPLES.get(name, ([], []))
        if not bad or not good:
            tally.failed(f"tools/tidy/{name}", "the rule has no bad or no good example in ci/selftest.py")
        for number, tree in enumerate(bad, 1):
            if list(rule(tree)):
                tally.passed(f"tools/tidy/{name}/bad-{number}")
            else:
                tally.failed(f"tools/tidy/{name}/bad-{number}", f"not caught: {tree}")
        for number, tree in enumerate(good, 1):
            said = list(rule(tree))
            if said:
                tally.failed(f"tools/tidy/{name}/good-{number}", f"{tree}\nbut it said: {said}")
            else:
                tally.passed(f"tools/tidy/{name}/good-{number}")


def _expect(tally, name, found, wanted):
    if found == wanted:
        tally.passed(f"tools/{name}")
    else:
        tally.failed(f"tools/{name}", f"{found!r}, not {wanted!r}")


def _counts(judge):
    """What a judge of results puts into a fresh tally, without saying it."""
    tally = _Silent()
    judge(tally)
    return tally.line()


class _Silent(Tally):
    """A tally that says nothing: its failures are what the test wants to see."""

    def add(self, name, outcome, detail="", repeat=""):
        self.counts[outcome] += 1


def _readers(tally):
    """The readers of harnesses, guests and exit codes."""

    def harness(text, code=0):
        return _counts(lambda t: rusttests.judge_harness(t, "h", text, code))

    _expect(tally, "harness/unreadable-verdict", harness(HARNESS), "1 passed, 2 failed, 0 skipped")
    whole = HARNESS.replace("talks\nok", "talks ok")
    _expect(tally, "harness/failure", harness(whole), "2 passed, 1 failed, 0 skipped")
    said = "test a::one ... ok\n\nsuccesses:\n\n---- a::one stdout ----\nskipped: one CPU\n\ntest result: ok. 1 passed; 0 failed; 0 ignored"
    _expect(tally, "harness/skipped", harness(said), "0 passed, 0 failed, 1 skipped")
    _expect(tally, "harness/died", harness("running 1 test\n", -11), "0 passed, 1 failed, 0 skipped")
    for code, wanted in ((0, "1 passed, 0 failed, 0 skipped"), (77, "0 passed, 0 failed, 1 skipped"), (1, "0 passed, 1 failed, 0 skipped"),
                         (-6, "0 passed, 1 failed, 0 skipped")):
        _expect(tally, f"exit-code/{code}", _counts(lambda t, c=code: t.by_exit_code("p", c, "why")), wanted)
    _expect(tally, "tally/no-test-at-all", Tally().ok, False)

    def ending(console, code):
        return qemu.ending_of(console, code, None).code

    _expect(tally, "guest/exit-code", ending("x\n[ 1.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300\n", 0), 3)
    _expect(tally, "guest/signal", ending("[ 1.0] Attempted to kill init! exitcode=0x0000000b\n", 0), None)
    _expect(tally, "guest/panic", ending("Kernel panic - not syncing: VFS\n", 0), None)
    _expect(tally, "guest/silent-reboot", ending("", 0), None)
    _expect(tally, "guest/time-limit", ending("hello\n", -9), None)
    _expect(tally, "guest/semihosting", ending("RESULT ok\n", 0), 0)


def _c_driver(tally):
    """The C driver: same output passes, another output, code or a crash fails, directives are obeyed."""
    cpu = host()
    if cpu is None:
        return
    head = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
    # OURS is defined for one of the two builds only: the same driver code, two different programs.
    cases = {
        "same": ("int main(void) { puts(\"x\"); return 3; }", "1 passed, 0 failed, 0 skipped"),
        "other-output": ("int main(void) { puts(OURS ? \"x\" : \"y\"); return 0; }", "0 passed, 1 failed, 0 skipped"),
        "other-code": ("int main(void) { return OURS; }", "0 passed, 1 failed, 0 skipped"),
        "crash": ("int main(void) { if (OURS) abort(); return 0; }", "0 passed, 1 failed, 0 skipped"),
        "endless": ("// timeout: 1\nint main(void) { while (OURS) ; return 0; }", "0 passed, 1 failed, 0 skipped"),
        "both-crash": ("// exit: SIGABRT\nint main(void) { abort(); }", "1 passed, 0 failed, 0 skipped"),
        "wrong-exit": ("// exit: 4\nint main(void) { return 3; }", "0 passed, 1 failed, 0 skipped"),
        "does-not-compile": ("int main(void) { return OURS ? gone : 0; }", "0 passed, 1 failed, 0 skipped"),
        "skipped": ("// skip: not today\nint main(void) { return 1; }", "0 passed, 0 failed, 1 skipped"),
        "asks-to-skip": ("int main(void) { puts(\"no such device\"); return 77; }", "0 passed, 0 failed, 1 skipped"),
        "directives": ("// args: a 'b c'\n// stdin: in\\n\n// env: V=1\n// exit: 5\n// compare: none\n"
                       "int main(int c, char **v) { char l[9]; return c == 3 && !strcmp(v[2], \"b c\") && fgets(l, 9, stdin) && "
                       "!strcmp(l, \"in\\n\") && !strcmp(getenv(\"V\"), \"1\") ? 5 : 1; }", "1 passed, 0 failed, 0 skipped"),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="dacapo-selftest.") as folder:
        root = Path(folder)
        ours = root / "ours-gcc"
        ours.write_text(f'#!/bin/sh\nexec {cpu.tool("gcc")} -UOURS -DOURS=1 "$@"\n')
        ours.chmod(0o755)
        for name, (body, wanted) in cases.items():
            lines = body.splitlines(True)
            comment = "".join(line for line in lines if line.startswith("//"))
            source = root / f"{name}.c"
            source.write_text(comment + head + "#ifndef OURS\n#define OURS 0\n#endif\n" + body[len(comment):] + "\n")
            test = ctests.parse(source)
            found = _counts(lambda t, test=test: ctests.one(t, test, cpu, ours, ("static",), root, root / "built"))
            _expect(tally, f"c-driver/{name}", found, wanted)
        bad = root / "bad.c"
        bad.write_text("// compare: everything\nint main(void) { return 0; }\n")
        try:
            ctests.parse(bad)
            tally.failed("tools/c-driver/bad-directive", "not refused")
        except Failed:
            tally.passed("tools/c-driver/bad-directive")


def _shell(tally):
    """The runner of commands: codes, time limits."""
    _expect(tally, "shell/code", run(["sh", "-c", "exit 3"], check=False, echo=False), 3)
    _expect(tally, "shell/signal", run(["sh", "-c", "kill -9 $$"], check=False, echo=False), -9)
    try:
        run(["false"], echo=False)
        tally.failed("tools/shell/check", "not noticed")
    except Failed:
        tally.passed("tools/shell/check")
    _expect(tally, "setup/nothing-missing-is-quick", setup.ensure(), 0)


def _report(cpus=2, classes=3):
    """A report as malloc writes it: CPU n has n + 1 misses in class 1, and so on."""
    totals = dict.fromkeys(("from_kernel", "resident_runs", "live", "cached", "middle", "in_runs", "large_blocks", "large_bytes", "large_resident",
                            "mappings", "mapped_bytes", "kept_bytes", "free_clean", "free_dirty"), 4096)
    names = ("runs", "bytes", "resident", "carved", "live", "cached", "sharded", "middle", "in_runs")
    rows = [{"class": n, "size": 16 * n, **dict.fromkeys(names, 4096)} for n in range(1, classes + 1)]
    each = [{"index": cpu, "classes": [{"class": n, "cached": 10 * n, "misses": (cpu + 1) * n, "fetched": n, "flushed": 0, "hits": None,
                                        "frees": None} for n in range(1, classes + 1)]} for cpu in range(cpus)]
    return {"allocator": "dacapo", "format": 1, "pid": 7, "mode": "per-cpu", "counted": False, "cpus_seen": True, "aborts": None,
            "totals": {**totals, "limit": None}, "classes": rows, "cpus": each}


class _Page(HTMLParser):
    """Counts what a page consists of, and what it would fetch from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.fetched, self.open, self.titles = 0, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)
        if "style" in values and tag == "td":
            self.cells += 1
            self.titles.append(values["title"])
        self.fetched += [values[name] for name in ("src", "href") if name in values]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.fetched.append(f"</{tag}> closes nothing")


def _heap(tally):
    """The page generator: every CPU and class has its cell, nothing comes from elsewhere, what is no report is refused."""
    report = _report()
    found = _Page(heap.page(report))
    _expect(tally, "heap/cells", found.cells, 4 * 2 * 3)  # four things were counted
    _expect(tally, "heap/one-file", (found.fetched, found.open), ([], []))
    _expect(tally, "heap/value", "CPU 1, 32 bytes: 4" in found.titles, True)
    report["cpus"][1]["classes"][1]["misses"] = 5
    _expect(tally, "heap/other-value", "CPU 1, 32 bytes: 4" in _Page(heap.page(report)).titles, False)
    for cpu in report["cpus"]:
        for row in cpu["classes"]:
            row["hits"] = row["frees"] = 1000
    _expect(tally, "heap/counted", _Page(heap.page(report)).cells, 6 * 2 * 3)
    _expect(tally, "heap/darker-where-more", len({heap.colour(value, 1000)[0] for value in (0, 1, 30, 1000)}), 4)
    checked = {"allocator": "dacapo", "format": 1, "pid": 7, "mode": "checked", "totals": {"live": 1}}
    _expect(tally, "heap/checked", "checked" in heap.page(checked), True)
    text = json.dumps(_report())
    _expect(tally, "heap/among-other-text", heap.read("hello\n" + text + "\nbye\n")["pid"], 7)
    for name, wrong in (("nothing", "hello\n"), ("cut-off", text[:-10]), ("other-format", text.replace('"format": 1', '"format": 2'))):
        try:
            heap.read(wrong)
            tally.failed(f"tools/heap/{name}", "not refused")
        except Failed:
            tally.passed(f"tools/heap/{name}")


def _snippets(tally):
    """A program that should be refused and is not, one that is refused for another reason, a page whose blocks are no program."""
    wanted = "error: two commits: a section has one"
    _expect(tally, "snippets/refused", snippets.verdict(wanted, 1, "error: two commits: a section\n    has one visible store"), None)
    _expect(tally, "snippets/accepted", snippets.verdict(wanted, 0, ""), "it was accepted")
    _expect(tally, "snippets/other-reason", bool(snippets.verdict(wanted, 1, "error: expected `;`")), True)
    _expect(tally, "snippets/wrongly-refused", snippets.verdict("ok: it is right", 1, "error"), "it was refused")
    page = "text\n```rust\nuse a;\n```\n```text\nno\n```\n```rust\nfn main() {}\n```\n"
    _expect(tally, "snippets/one-program", snippets.programs(page), [(2, "use a;\n\nfn main() {}\n")])
    try:
        snippets.programs("```rust\nuse a;\n```\n")
        _expect(tally, "snippets/no-main", "accepted", "refused")
    except Failed:
        tally.passed("snippets/no-main")


def _promela(tally):
    """A search that found something, one that found nothing, and one that did not come to its end."""
    whole = "State-vector 28 byte, depth reached 6, errors: 0\n   13 states, stored\n"
    _expect(tally, "promela/nothing", promela.found(whole), set())
    _expect(tally, "promela/violated", promela.found("pan:1: assertion violated  !(lost) (at depth 6)\n"), {"lost"})
    _expect(tally, "promela/another-error", promela.found(whole.replace("errors: 0", "errors: 1")), None)
    _expect(tally, "promela/too-deep", promela.found("error: max search depth too small\n" + whole), None)
    _expect(tally, "promela/cut-off", promela.found("Warning: Search not completed\n" + whole), None)
    _expect(tally, "promela/died", promela.found("pan: out of memory\n"), None)


def run_all(tally):
    for tests in (_tidy, _readers, _c_driver, _heap, _snippets, _promela, _shell):
        tests(tally)
