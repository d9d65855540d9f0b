"""`x.py size`: bytes of small programs, section by section, beside the same source with musl and glibc (all static, stripped)."""

import re
import tempfile
from pathlib import Path

from ci import build, setup
from ci.shell import capture, run, say

# The smallest program that shows each part of the library; `x.py size` of a source or a program shows that one.
USUAL = {
    "empty": "int main(void) { return 0; }",
    "hello": '#include <stdio.h>\nint main(void) { puts("hello, world"); return 0; }',
    "printf": '#include <stdio.h>\nint main(int c, char **v) { printf("%d %s %f\\n", c, v[0], c / 3.0); return 0; }',
    "malloc": "#include <stdlib.h>\nint main(int c, char **v) { (void)v; char *volatile p = malloc(c); free(p); return 0; }",
    "thread": "#include <pthread.h>\nstatic void *f(void *x) { return x; }\n"
              "int main(void) { pthread_t t; void *r; return pthread_create(&t, 0, f, 0) || pthread_join(t, &r); }",
}
# The most bytes that they may have, static and stripped, by CPU: what they have, and a twentieth for other compilers.
LIMITS = {
    "x86_64": {"empty": 3150, "hello": 6144, "malloc": 79_000},
    "aarch64": {"empty": 7000, "hello": 9800, "malloc": 76_000},
}
_SHOWN = (".text", ".rodata", ".eh_frame", ".data.rel.ro", ".data", ".bss")


def sections(cpu, program):
    """{section: bytes} of a program."""
    found = {}
    for text in capture([cpu.tool("size"), "-A", program]).splitlines():
        match = re.match(r"(\.?\w[\w.]*)\s+(\d+)", text)
        if match:
            found[match[1]] = int(match[2])
    return found


def _row(cpu, what, program):
    found = sections(cpu, program)
    others = sum(size for name, size in found.items() if name not in _SHOWN and name not in ("total", ".comment", ".tbss"))
    cells = [f"{found.get(name, 0):>9,}" for name in _SHOWN]
    print(f"{what:<26}{Path(program).stat().st_size:>9,}{''.join(cells)}{others:>9,}")


def check(tally, cpu, gcc):
    """Whether the programs of LIMITS keep to them; and, since a limit that nobody can break is none, that the one with malloc breaks hello's."""
    measured = {}
    with tempfile.TemporaryDirectory(prefix="dacapo-size.") as folder:
        for name, limit in LIMITS[cpu.name].items():
            source, out = Path(folder) / f"{name}.c", Path(folder) / name
            source.write_text(USUAL[name] + "\n")
            capture([gcc, "-static", "-Os", "-s", source, "-o", out])
            measured[name] = out.stat().st_size
            what = f"size/{cpu.name}/{name}: {measured[name]:,} of {limit:,} bytes"
            tally.passed(what) if measured[name] <= limit else tally.failed(what, "larger than it may be", f"./x.py size --cpu {cpu.name}")
    what = f"size/{cpu.name}/a program that is too large is found"
    found = measured["malloc"] > LIMITS[cpu.name]["hello"]
    tally.passed(what) if found else tally.failed(what, f"{measured}: the measure says nothing")


def main(cpus, programs):
    setup.ensure("musl")
    for cpu in cpus:
        gcc = build.libc(cpu) if not programs or any(program.endswith(".c") for program in programs) else None
        compilers = [("dacapo", [gcc, "-static"]), ("dacapo static-pie", [gcc, "-static-pie"])]
        if cpu.native:
            compilers.append(("musl", ["musl-gcc", "-static"]))
        compilers.append(("glibc", [cpu.tool("gcc"), "-static"]))
        print(f"{cpu.name + ', bytes':<26}{'file':>9}" + "".join(f"{name:>13}"[-9:].rjust(9) for name in _SHOWN) + f"{'others':>9}")
        with tempfile.TemporaryDirectory(prefix="dacapo-size.") as folder:
            sources = {}
            for name, text in (() if programs else USUAL.items()):
                sources[name] = Path(folder) / f"{name}.c"
                sources[name].write_text(text + "\n")
            for program in programs:
                if program.endswith(".c"):
                    sources[Path(program).stem] = Path(program).resolve()
                else:
                    _row(cpu, Path(program).name, program)
            for name, source in sources.items():
                for kind, compiler in compilers:
                    out = Path(folder) / f"{name}-{kind.replace(' ', '-')}"
                    if run([*compiler, "-Os", "-s", "-pthread", source, "-o", out], check=False, echo=False) == 0:
                        _row(cpu, f"{name}, {kind}", out)
                    else:
                        say(f"{name}, {kind}: does not build")
