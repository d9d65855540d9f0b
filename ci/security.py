"""What hardens a program: read from the built binary and from the live process (tests/security/live.c).

Each check that looks for the absence of something is also given something to find: a program linked on purpose without the protection, or a value
planted where the search must see it.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from ci import build
from ci.paths import CPUS, TARGET
from ci.shell import ROOT, capture, line

SOURCE = ROOT / "tests/security/live.c"
OUT = TARGET / "security"
CFLAGS = ("-O1", "-g", "-std=gnu11", "-Wall", "-Werror", "-fstack-protector-all", "-pthread")


def _headers(cpu, program):
    """(type, [(kind, address, size, flags)], {dynamic key: value}) of a program, by readelf."""
    readelf = cpu.tool("readelf")
    text = capture([readelf, "-hlW", program])
    kind = re.search(r"Type:\s+(\w+)", text)[1]
    segments = [(m[1], int(m[2], 16), int(m[3], 16), m[4].replace(" ", ""))
                for m in re.finditer(r"^  (\w+) +0x\w+ (0x\w+) 0x\w+ 0x\w+ (0x\w+) ([RWE ]{3}) ", text, re.M)]
    dynamic = dict(re.findall(r"\((\w+)\)\s+(.*)", capture([readelf, "-dW", program])))
    return kind, segments, dynamic


def _sections(cpu, program):
    """{name: (address, size)}."""
    text = capture([cpu.tool("readelf"), "-SW", program])
    found = re.findall(r"\] (\S+) +\w+ +([0-9a-f]{16}) [0-9a-f]{6} ([0-9a-f]{6,})", text)
    return {name: (int(address, 16), int(size, 16)) for name, address, size in found}


def weaknesses(cpu, program, pie):
    """What a built program lacks, as a list of complaints."""
    kind, segments, dynamic = _headers(cpu, program)
    sections = _sections(cpu, program)
    complaints = []
    if (kind == "DYN") != pie:
        complaints.append(f"its type is {kind}")
    complaints += [f"{name} at {address:#x} is writable and executable" for name, address, _, flags in segments
                   if "W" in flags and "E" in flags]
    stack = [flags for name, _, _, flags in segments if name == "GNU_STACK"]
    if not stack or "E" in stack[0]:
        complaints.append("its stack is executable")
    if any(name == "INTERP" for name, *_ in segments):
        complaints.append("it wants an interpreter")
    if not pie:
        return complaints
    if "TEXTREL" in dynamic:
        complaints.append("it has text relocations")
    if "NOW" not in dynamic.get("FLAGS_1", ""):
        complaints.append("it is not bound at start (no DF_1_NOW)")
    relro = [(address, address + size) for name, address, size, _ in segments if name == "GNU_RELRO"]
    if not relro:
        return [*complaints, "it has no RELRO segment"]
    low, high = relro[0]
    if high % 4096:
        complaints.append(f"RELRO ends inside a page: {high:#x}")
    for name in (".data.rel.ro", ".init_array", ".fini_array", ".got", ".dynamic", "__rseq_cs", "__rseq_cs_ptr_array"):
        if name in sections and not low <= sections[name][0] <= sections[name][0] + sections[name][1] <= high:
            complaints.append(f"{name} is not RELRO")
    return complaints


def _run(program, *words, env=None, emulator=()):
    done = subprocess.run([*emulator, str(program), *words], env={"PATH": "/usr/bin:/bin", **(env or {})}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout.decode(errors="replace")


def _places(text):
    return {name: int(value, 16) for name, value in re.findall(r"^(\w+) (?:0x)?([0-9a-f]+)$", text, re.M)}


def _rights(text, address):
    for low, high, rights in re.findall(r"^map ([0-9a-f]+)-([0-9a-f]+) (\S+)", text, re.M):
        if int(low, 16) <= address < int(high, 16):
            return rights
    return "none"


def _check(tally, name, complaint, repeat):
    tally.failed(name, complaint, repeat) if complaint else tally.passed(name)


def _live(tally, program, pie):
    """The process itself."""
    model = "static-pie" if pie else "static"
    repeat = line([program, "places"])
    texts = [_run(program, "places")[1] for _ in range(3)]
    places = [_places(text) for text in texts]
    _check(tally, f"security/{model}: no page is writable and executable",
           "\n".join(re.findall(r"^map .*wx.*", texts[0], re.M)) or ("" if "map " in texts[0] else texts[0]), repeat)
    moving = ("stack", "heap", "large", "thread", *(("text", "data") if pie else ()))
    fixed = [name for name in moving if len({place.get(name) for place in places}) < 2]
    randomised = Path("/proc/sys/kernel/randomize_va_space").read_text().strip() == "2"
    if randomised:
        _check(tally, f"security/{model}: {', '.join(moving)} lie elsewhere in each run", f"not {fixed}: {places}" if fixed else "", repeat)
    else:
        tally.skipped(f"security/{model}: ASLR", "this kernel randomises nothing")
    if pie:
        wrong = [f"{name}: {_rights(texts[0], places[0][name])}" for name in ("relro", "sections")
                 if places[0].get(name) and not _rights(texts[0], places[0][name]).startswith("r--")]
        wrong += [] if _rights(texts[0], places[0]["data"]).startswith("rw-") else ["the search does not find what is writable"]
        _check(tally, f"security/{model}: what relocation wrote is read-only", ", ".join(wrong), repeat)
    _check(tally, f"security/{model}: below a thread's stack lies a guard",
           "" if _rights(texts[0], places[0]["below"]).startswith("---") else _rights(texts[0], places[0]["below"]), repeat)
    code, text = _run(program, "below")
    _check(tally, f"security/{model}: touching it kills", "" if code == -signal.SIGSEGV else f"{code}: {text}", line([program, "below"]))
    code, text = _run(program, "smash")
    fine, _ = _run(program, "smash", "little")
    _check(tally, f"security/{model}: a smashed stack kills", "" if code == -signal.SIGABRT and fine == 0 else f"{code}, {fine}: {text}",
           line([program, "smash"]))
    code, text = _run(program, "jump")
    _check(tally, f"security/{model}: a jmp_buf shows no address", "" if text == "in the clear 0\nreturned\n" else text, line([program, "jump"]))
    code, text = _run(program, "exit")
    _check(tally, f"security/{model}: atexit's list shows no function, and the search finds a planted one",
           "" if re.fullmatch(r"planted [1-9]\d*\nregistered 0\nran\n", text) else text, line([program, "exit"]))


def _secure(tally, program):
    """The program with another owner's rights: AT_SECURE."""
    name = "security: a program with more rights than its caller ignores its environment"
    env = {"DACAPO_TEST": "seen", "DACAPO_MALLOC": "stats", "TZ": "/usr/share/zoneinfo/Asia/Tokyo"}
    has_zones = Path(env["TZ"]).exists()
    with tempfile.TemporaryDirectory(prefix="dacapo-secure.") as folder:
        zone = Path(folder) / "zone"
        if has_zones:
            shutil.copy(env["TZ"], zone)
        env["TZ"] = str(zone) if has_zones else "UTC"
        ours = Path(folder) / "plain"
        shutil.copy(program, ours)
        owned = Path(folder) / "secure"
        shutil.copy(program, owned)
        os.chmod(folder, 0o755)
        try:
            if os.geteuid() == 0:
                os.chown(owned, 65534, 65534)
                os.chmod(owned, 0o4755)
            else:
                other = next(group for group in os.getgroups() if group != os.getegid())
                os.chown(owned, -1, other)
                os.chmod(owned, 0o2755)
        except (OSError, StopIteration) as error:
            tally.skipped(name, f"cannot make a program of another owner: {error}")
            return
        _, plain = _run(ours, "secure", env=env)
        _, secure = _run(owned, "secure", env=env)
    if "secure 0" in secure:
        tally.skipped(name, "the kernel gives no rights to this file system's programs (nosuid, or no_new_privs)")
        return
    hour = "7" if has_zones else "22"
    wanted = ("secure 0\ngetenv seen\nsecure_getenv seen\nhour " + hour + "\n", "secure 1\ngetenv seen\nsecure_getenv nothing\nhour 22\n")
    # What DACAPO_MALLOC asks for comes from the plain one only.
    good = wanted[0] in plain and "dacapo malloc" in plain and secure == wanted[1]
    _check(tally, name, "" if good else f"plain:\n{plain}\nwith rights:\n{secure}", line([program, "secure"]))


VARIABLES = {"DACAPO_MALLOC"}  # what `_secure` sets; whoever adds one adds it there


def _variables(tally, cpu):
    """The library reads no variable of ours that `_secure` does not know."""
    words = capture(["strings", "-a", cpu.products / "lib/libc.a"])
    found = sorted(set(re.findall(r"\bDACAPO_[A-Z_]+\b", words)) - VARIABLES)
    _check(tally, "security: every DACAPO_* variable of libc.a is one that the test above sets", ", ".join(found), "strings libc.a | grep DACAPO_")


def run_all(tally, cpus):
    OUT.mkdir(parents=True, exist_ok=True)
    for cpu in cpus:
        gcc = build.libc(cpu)
        for model, pie in (("static-pie", True), ("static", False)):
            program = OUT / f"{cpu.name}-{model}"
            command = [gcc, f"-{model}", *CFLAGS, SOURCE, "-o", program]
            capture(command)
            _check(tally, f"security/{cpu.name}: the {model} binary", "\n".join(weaknesses(cpu, program, pie)), line(command))
            if cpu.native:
                _live(tally, program, pie)
        # The reader of binaries must notice what is missing.
        weak = OUT / f"{cpu.name}-weak"
        capture([gcc, "-static-pie", *CFLAGS, "-Wl,-z,norelro,-z,lazy,-z,execstack", SOURCE, "-o", weak])
        found = weaknesses(cpu, weak, True)
        _check(tally, f"security/{cpu.name}: a binary without protection is reported",
               "" if {"its stack is executable", "it has no RELRO segment"} <= set(found) else f"only {found}", "")
        if cpu.native:
            _secure(tally, OUT / f"{cpu.name}-static-pie")
            _variables(tally, cpu)
