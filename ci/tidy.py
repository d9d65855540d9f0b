"""The house's own rules, checked by reading the files.  Each rule is a function: tree in, complaints out.

A tree is {path: text} of the files that git knows or would know.  Each rule has a bad and a good example in ci/selftest.py, so
that a rule which stopped seeing anything is noticed.
"""

import fnmatch
import re
import subprocess
from pathlib import Path

from ci.paths import CPUS
from ci.shell import ROOT

# docs/architecture.md, as numbers: `use crate::X` may point to the same layer or a lower one.
LAYERS = {
    "arch": 0,
    "sys": 1, "inject": 1,
    "per_thread": 2, "rseq": 2, "fence": 2, "sync": 2,
    "percpu": 3,
    "rcu": 4, "queue": 4, "counter": 4,
    "malloc": 5, "hash": 5,
    "tls": 6, "thread": 6, "start": 6,
    "libc": 7, "preload": 7,
}  # fmt: skip
# Arrows that point up, or that must not point down, each with its reason.
ALLOWED = {
    ("arch", "per_thread"): "the place of the per-thread struct is a fact of the CPU, its size is not",
    ("arch", "sys"): "setting the thread pointer is an instruction on one CPU and a system call on the other",
}
FORBIDDEN = {(owner, "malloc"): "threads exist before the heap" for owner in ("tls", "thread", "start")}
WIDTH = 240  # for the files that rustfmt does not look after

RULES = []


def rule(function):
    RULES.append(function)
    return function


def _rust(tree, *folders):
    return {path: text for path, text in tree.items() if path.endswith(".rs") and path.startswith(folders)}


def without_comments(text):
    """Rust with comments blanked, lines kept; string literals are not looked into."""
    text = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.S)
    return re.sub(r"(?<![:\"])//[^\n]*", "", text)


def _number(text, position):
    return text.count("\n", 0, position) + 1


def module_of(path):
    """The top-level module that a file of the library belongs to; None for src/lib.rs and files elsewhere."""
    if path.startswith("arch/"):
        return None if path == "arch/build.rs" else "arch"
    match = re.match(r"src/(\w+)(?:\.rs|/)", path)
    return None if match is None or match[1] == "lib" else match[1]


def uses(text):
    """[(line, module)] of every `crate::module` in code, groups included; macros at the crate's root are no modules."""
    code, found = without_comments(text), []
    for match in re.finditer(r"\bcrate::(?:(\w+)(?!\w*!)|\{)", code):
        if match[1]:
            found.append((_number(code, match.start()), match[1]))
            continue
        depth, position, start = 1, match.end(), match.end()
        while depth and position < len(code):
            depth += {"{": 1, "}": -1}.get(code[position], 0)
            position += 1
        group = re.sub(r"\{[^{}]*\}", "", code[start:position - 1])
        while "{" in group:
            group = re.sub(r"\{[^{}]*\}", "", group)
        for item in group.split(","):
            name = re.match(r"\s*(\w+)", item)
            if name and name[1] != "self":
                found.append((_number(code, match.start()), name[1]))
    return found


@rule
def layers(tree):
    """An arrow only ever points down."""
    for path, text in _rust(tree, "src/", "arch/").items():
        source = module_of(path)
        if source is None:
            continue
        if source not in LAYERS:
            yield f"{path}: module {source} is in no layer: give it one in ci/tidy.py and in docs/architecture.md"
            continue
        for number, target in uses(text):
            if target not in LAYERS:
                # A type or constant at the crate's root would be an arrow up to everything.
                yield f"{path}:{number}: crate::{target} is in no layer of ci/tidy.py"
            elif (source, target) in FORBIDDEN:
                yield f"{path}:{number}: {source} must not use {target}: {FORBIDDEN[source, target]}"
            elif LAYERS[target] > LAYERS[source] and (source, target) not in ALLOWED:
                yield f"{path}:{number}: {source} (layer {LAYERS[source]}) uses {target} (layer {LAYERS[target]}): arrows point down"


@rule
def target_arch(tree):
    """Only arch/ names a CPU."""
    for path, text in tree.items():
        if path.startswith("arch/") or not path.endswith((".rs", ".toml")):
            continue
        code = without_comments(text) if path.endswith(".rs") else text
        for match in re.finditer(r"\btarget_arch\b|\bCARGO_CFG_TARGET_ARCH\b", code):
            yield f"{path}:{_number(code, match.start())}: {match[0]} outside arch/"


@rule
def mirrored(tree):
    """The CPU folders hold the same file names."""
    folders = {}
    for path in tree:
        match = re.match(r"(arch|include/bits)/(\w+)/(.+)", path)
        if match and match[2] in CPUS:
            folders.setdefault(match[1], {name: set() for name in CPUS})[match[2]].add(match[3])
    for parent, cpus in folders.items():
        every = set().union(*cpus.values())
        for cpu, names in cpus.items():
            for name in sorted(every - names):
                yield f"{parent}/{cpu}/{name} is missing: the other CPU has it"


@rule
def safety(tree):
    """Every unsafe block and unsafe impl has, just above or inside, the fact that makes it sound."""
    for path, text in _rust(tree, "src/", "arch/", "tests/", "benches/", "examples/").items():
        lines = text.splitlines()
        for index, line in enumerate(lines):
            code = re.sub(r'"(?:\\.|[^"\\])*"', '""', line.split("//")[0])
            if not re.search(r"\bunsafe\s*\{|\bunsafe impl\b", code):
                continue
            fact = _fact_above(lines, index)
            if fact is None:
                yield f"{path}:{index + 1}: unsafe without a SAFETY comment"
            elif len(fact.strip()) < 6 or re.fullmatch(r"(the )?caller('s)? (promise|guarantee|contract|uphold)\w*\.?", fact.strip(), re.I):
                yield f"{path}:{index + 1}: the SAFETY comment names no fact: {fact.strip()!r}"


def _fact_above(lines, index):
    """The text after SAFETY: on this line, on the next, or above within the same statement; None if there is none."""
    for position in (index, index + 1):
        if position < len(lines) and "SAFETY:" in lines[position]:
            return lines[position].split("SAFETY:", 1)[1]
    for above in range(index - 1, max(index - 40, -1), -1):
        line = lines[above].strip()
        if "SAFETY:" in line:
            return line.split("SAFETY:", 1)[1]
        # A blank line, or the end of another statement, is where this one's comments end.
        if not line or (not line.startswith(("//", "#[")) and line.split("//")[0].rstrip().endswith((";", "}", "{"))):
            return None
    return None


@rule
def named_paths(tree):
    """Every path that the documents name exists."""
    tops = {path.split("/")[0] for path in tree if "/" in path}
    for path, text in tree.items():
        if not path.endswith(".md"):
            continue
        named = [(match.start(), match[1]) for match in re.finditer(r"`([^`\n]+)`", text)]
        named += [(match.start(), match[1]) for match in re.finditer(r"\]\((?!https?:)([^)#\s]+)", text)]
        for position, name in named:
            name = name.removeprefix("./")
            # `arch/<cpu>/start.S:_start` names a place in a file; `src/` a folder; anything with other characters is no path.
            match = re.fullmatch(r"([\w.<>*-]+/[\w./<>*-]*)(?::[\w:]+)?", name)
            if not match or match[1].split("/")[0] not in tops:
                continue
            for cpu in CPUS if "<cpu>" in match[1] else [""]:
                wanted = match[1].replace("<cpu>", cpu).rstrip("/")
                if not any(known == wanted or known.startswith(wanted + "/") or fnmatch.fnmatchcase(known, wanted) for known in tree):
                    yield f"{path}:{_number(text, position)}: {wanted} does not exist"


@rule
def unfinished(tree):
    """Nothing is left to be done without an issue of its own."""
    for path, text in tree.items():
        if path.startswith("ci/"):
            continue
        for match in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b|\b(?:todo|unimplemented)!\(", text):
            yield f"{path}:{_number(text, match.start())}: {match[0]}"


@rule
def machine_paths(tree):
    """No file knows on whose machine it was written, or which mirror it used."""
    for path, text in tree.items():
        if path in ("ci/tidy.py", "ci/selftest.py") or path.startswith("LICENSE"):
            continue
        for match in re.finditer(r"/(?:root|work|home/\w+)/[\w.]|\b\w+\.debian\.org\b|\bstatic\.(?:crates|rust-lang)\.\w+", text):
            yield f"{path}:{_number(text, match.start())}: names a machine: {match[0]}"


@rule
def shape(tree):
    """No trailing blanks, no tabs in Rust and Python, no endless lines, one newline at the end; src/lib.rs stays a contents page."""
    for path, text in tree.items():
        if not path.endswith((".rs", ".py", ".md", ".toml", ".S", ".h", ".c", ".ld")):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end of the line"
            if "\t" in line and path.endswith((".rs", ".py")):
                yield f"{path}:{number}: a tab"
            if len(line) > WIDTH and not path.endswith((".md", ".rs")):
                yield f"{path}:{number}: {len(line)} columns, the limit is {WIDTH}"
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{path}: must end with one newline"
    if tree.get("src/lib.rs", "").count("\n") > 100:
        yield "src/lib.rs: more than 100 lines: it is a contents page"


def tree():
    """The files that git knows, or would add."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    files = {}
    for name in names.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            try:
                files[name] = Path(path).read_text()
            except UnicodeDecodeError:
                continue  # data, not text
    return files


def complaints(files=None):
    """Every complaint of every rule, as `path:line: what (rule)`."""
    files = tree() if files is None else files
    return [f"{complaint}  ({rule_.__name__})" for rule_ in RULES for complaint in rule_(files)]
