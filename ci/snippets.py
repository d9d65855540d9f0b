"""Small Rust programs that are compiled against the guest face by rustc itself, a fraction of a second each.

- tests/refused: wrong uses of `section!`.  The first line of each file says which error it must meet: `//! error: TEXT`, or `//! ok: ...`.
- docs/*.md: the Rust blocks of a page.  The blocks up to one with `fn main` are one program, in the order of the page, so that a
  tutorial can build its program piece by piece; each program is compiled and run, and must end with 0.
"""

import json
import os
import re
import subprocess

from ci.build import cargo_env
from ci.paths import TARGET
from ci.shell import ROOT, Failed, line, run, say

REFUSED = ROOT / "tests/refused"
WORK = TARGET / "snippets"


def library(cpu):
    """Builds the guest face; what rustc needs to find it, and the environment for it."""
    env = cargo_env(cpu)
    command = ["cargo", "build", "--lib", "--target", cpu.triple]
    run(command, env=env)
    # The same command again says where the products are, without compiling anything.
    command.append("--message-format=json-render-diagnostics")
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    files = [file for text in done.stdout.decode().splitlines() if text.startswith("{")
             for message in [json.loads(text)] if message.get("target", {}).get("name") == "dacapo"
             for file in message.get("filenames", ())]
    found = [file for file in files if file.endswith(".rlib")]
    if not found:
        raise Failed(f"no rlib came of: {line(command, env)}")
    folder = found[0].rsplit("/", 1)[0]
    return ("--extern", f"dacapo={found[0]}", "-L", f"dependency={folder}/deps", "--edition", "2024", "--target", cpu.triple), env


def compile_(source, options, env):
    """(exit code, what rustc said, the command)."""
    command = [env.get("RUSTC", "rustc"), *options, str(source)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return done.returncode, done.stderr.decode(errors="replace"), line(command)


def verdict(wanted, code, said):
    """Why a program's compilation is not as its first line says; None if it is."""
    kind, _, text = wanted.partition(": ")
    if kind == "ok":
        return None if code == 0 else "it was refused"
    if code == 0:
        return "it was accepted"
    # rustc breaks long messages into lines.
    return None if " ".join(text.split()) in " ".join(said.split()) else f"it was refused for another reason than {text!r}"


def refused(tally, cpu):
    """Every wrong use of `section!` is refused, with its message."""
    options, env = library(cpu)
    WORK.mkdir(parents=True, exist_ok=True)
    for source in sorted(REFUSED.glob("*.rs")):
        wanted = source.read_text().splitlines()[0].removeprefix("//! ")
        # Objects, not only metadata: some of what may be wrong is found when functions are compiled.
        code, said, command = compile_(source, ["--crate-type=lib", "--emit=obj", "--out-dir", str(WORK), "-Awarnings", *options], env)
        name, problem = f"refused/{source.stem}", verdict(wanted, code, said)
        if problem:
            tally.failed(name, f"{problem}\n{said}", command)
        else:
            tally.passed(name)


def programs(text):
    """The programs of a page: [(line of its first block, its text)]."""
    found, parts, first = [], [], 0
    for match in re.finditer(r"^```rust\n(.*?)^```$", text, re.M | re.S):
        if not parts:
            first = text.count("\n", 0, match.start()) + 1
        parts.append(match[1])
        if re.search(r"^fn main\(", match[1], re.M):
            found.append((first, "\n".join(parts)))
            parts = []
    if parts:
        raise Failed(f"the Rust blocks from line {first} on belong to no program: none of them has `fn main`")
    return found


def _try(name, text, options, env):
    """Compiles and runs a program; (whether it ended with 0, what was said, the command)."""
    WORK.mkdir(parents=True, exist_ok=True)
    source, program = WORK / f"{name}.rs", WORK / name
    source.write_text(text)
    code, said, command = compile_(source, ["-O", "-Cpanic=abort", "-o", str(program), "-Dwarnings", *options], env)
    if code:
        return False, said, command
    done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.returncode == 0, f"{(done.stdout + done.stderr).decode(errors='replace')}\nended with {done.returncode}", str(program)


# Each spoils the program of a tutorial; the suite must see it fail.
_WRONG = ("an assertion is wrong", lambda text: re.sub(r"assert_eq!\((.*?), ", r"assert_eq!(\1 + 1, ", text, count=1))
PAGES = {
    "docs/rseq.md": (("a commit is missing", lambda text: re.sub(r"^\s*commit .*\n", "", text, count=1, flags=re.M)), _WRONG),
    "docs/rcu.md": (("what was found outlives its section", lambda text: text.replace("drop(section);\n", "drop(section);\n    dbg!(gate);\n")), _WRONG),
}


def pages(tally, cpu):
    """The programs of the pages do what the pages say, and would fail if they did not."""
    options, env = library(cpu)
    for page, spoils in PAGES.items():
        stem = page.rsplit("/", 1)[-1].removesuffix(".md")
        for number, (first, text) in enumerate(programs((ROOT / page).read_text()), 1):
            good, said, command = _try(f"{stem}_{number}", text, options, env)
            name = f"{page}: the program from line {first} on"
            tally.passed(name) if good else tally.failed(name, said, command)
            if number > 1:
                continue
            for what, spoil in spoils:
                spoilt = spoil(text)
                failed = spoilt != text and not _try(f"{stem}_spoilt", spoilt, options, env)[0]
                name = f"{page}: it fails if {what}"
                tally.passed(name) if failed else tally.failed(name, "the spoilt program still passes, or could not be spoilt")
    say(f"the programs are in {WORK}")
