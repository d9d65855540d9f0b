"""The ABI test: sizes, offsets and constants of include/ against glibc's headers, on every CPU.

For each header of ours that glibc has too, the names are taken from our own text: macros with a value, struct tags and typedef
names with their fields. A generated C file puts each number into an array; it is compiled (never run, so any CPU works) with our
headers and with the host's, and the arrays' contents are compared. Names that glibc does not have are skipped by name.

    python3 -m ci.abi [x86_64] [aarch64]

The negative control: the test changes one constant, one field's type and one field's place in a copy of our headers and
fails unless all three are found.
"""

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GCC = {"x86_64": "gcc", "aarch64": "aarch64-linux-gnu-gcc"}
OBJCOPY = {"x86_64": "objcopy", "aarch64": "aarch64-linux-gnu-objcopy"}
# Written for headers' own use, or different on purpose; each with its reason.
DIFFERENT = {
    "FE_DFL_ENV": "an address",
    "PTHREAD_STACK_MIN": "a call in glibc",
    "MINSIGSTKSZ": "a call in glibc since 2.34",
    "SIGSTKSZ": "a call in glibc since 2.34",
    "SIGRTMIN": "a call",
    "SIGRTMAX": "a call",
    "MB_CUR_MAX": "a call",
    "_POSIX_THREAD_ATTR_STACKSIZE": "options are ours to claim",
    "O_LARGEFILE": "0 on 64-bit CPUs; glibc's aarch64 header says the kernel's bit only without LP64",
    "HZ": "the kernel's",
    "NGROUPS": "limits.h's of the kernel",
    "NOFILE": "limits.h's of the kernel",
}
MACRO = re.compile(r"^\s*#\s*define\s+([A-Za-z]\w*)[ \t]+(\S.*)$", re.M)
STRUCT = re.compile(r"^(?:typedef )?(struct|union)( \w+)? \{\n((?:[ \t].*\n|#.*\n)*?)\}[ \w]*?(\w+)?;", re.M)
FIELD = re.compile(r"^ {4}[\w ]+?[ *](\w+)(?:\[[^\]]*\])*(?: : \d+)?;", re.M)


def layout(cpu, folder):
    """A flat include folder for one CPU: bits/<cpu>/ in the place of bits/."""
    target = Path(folder) / cpu
    shutil.copytree(ROOT / "include", target)
    for name in GCC:
        if name == cpu:
            for header in (target / "bits" / name).iterdir():
                header.rename(target / "bits" / header.name)
        shutil.rmtree(target / "bits" / name)
    return target


def names(text):
    """(macros, {type: fields}) that a header's text defines."""
    macros = [name for name, value in MACRO.findall(text) if not value.startswith(("__builtin", "\"", "{", "struct"))]
    types = {}
    for kind, tag, body, alias in STRUCT.findall(text):
        name = f"{kind}{tag}" if tag else alias
        fields = [f for f in FIELD.findall(body) if not f.startswith("_")]
        if name:
            types[name] = fields
    for alias in re.findall(r"^typedef [\w ]+?[ *](\w+);", text, re.M):
        types.setdefault(alias, [])
    return macros, types


def expressions(text):
    """[(label, C expression)]: a number for each thing that can differ."""
    macros, types = names(text)
    out = []
    for macro in dict.fromkeys(macros):
        if macro not in DIFFERENT and not macro.startswith("_DACAPO"):
            out.append((macro, f"(long long)({macro})", f"defined({macro})"))
    for name, fields in types.items():
        out.append((f"sizeof {name}", f"sizeof({name})", None))
        out.append((f"alignof {name}", f"_Alignof({name})", None))
        for field in fields:
            out.append((f"offset {name}.{field}", f"__builtin_offsetof({name}, {field})", None))
            out.append((f"size {name}.{field}", f"sizeof((({name} *)0)->{field})", None))
    return out


def compile_values(cpu, include, header, items, folder):
    """The values of the expressions that compile: {label: value}. An expression that does not is left out and the rest is tried again."""
    flags = ["-nostdinc", "-isystem", str(include), "-isystem", gcc_include(cpu)] if include else []
    items = list(items)
    for _ in range(400):
        lines = ["#define _GNU_SOURCE", "#include <stddef.h>", f"#include <{header}>"]
        start = len(lines) + 1
        lines += [f"const long long v{i} __attribute__((section(\".abi\"))) = {expr};" for i, (_, expr, _) in enumerate(items)]
        source, object_ = Path(folder) / "abi.c", Path(folder) / "abi.o"
        source.write_text("\n".join(lines) + "\n")
        result = subprocess.run([GCC[cpu], "-std=gnu11", "-w", "-fno-zero-initialized-in-bss", "-fno-toplevel-reorder", "-fmax-errors=0",
                                 *flags, "-c", str(source), "-o", str(object_)], capture_output=True, text=True)
        if result.returncode == 0:
            raw = Path(folder) / "abi.bin"
            if not items:
                return {}
            subprocess.run([OBJCOPY[cpu], "-O", "binary", "--only-section=.abi", str(object_), str(raw)], check=True)
            values = struct.unpack(f"<{len(items)}q", raw.read_bytes())
            return {label: value for (label, _, _), value in zip(items, values)}
        bad = {int(n) - start for n in re.findall(r"abi\.c:(\d+):\d+: error", result.stderr)}
        bad = {n for n in bad if 0 <= n < len(items)}
        if not bad:
            raise SystemExit(f"{header} does not compile for {cpu}:\n{result.stderr[:2000]}")
        items = [item for n, item in enumerate(items) if n not in bad]
    raise SystemExit(f"{header}: too many expressions that do not compile")


def gcc_include(cpu):
    return subprocess.run([GCC[cpu], "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()


def has_header(cpu, header):
    probe = subprocess.run([GCC[cpu], "-E", "-x", "c", "-"], input=f"#include <{header}>\n", capture_output=True, text=True)
    return probe.returncode == 0


def compare(cpu, include, folder, only=None):
    """(compared, [difference], [skipped header])"""
    compared, different, skipped = 0, [], []
    for path in sorted(include.rglob("*.h")):
        header = str(path.relative_to(include))
        if header.startswith("bits/") or (only and header not in only):
            continue
        if not has_header(cpu, header):
            skipped.append(header)
            continue
        text = path.read_text()
        for bits in re.findall(r"#\s*include <(bits/[\w.]+)>", text):
            if (include / bits).exists() and bits != "bits/types.h":
                text += (include / bits).read_text()
        if header == "sys/types.h":
            text += (include / "bits/types.h").read_text()
        items = expressions(text)
        ours = compile_values(cpu, include, header, items, folder)
        theirs = compile_values(cpu, None, header, items, folder)
        for label, value in ours.items():
            if label in theirs:
                compared += 1
                if theirs[label] != value:
                    different.append(f"{header}: {label} is {value}, glibc's {theirs[label]}")
    return compared, different, skipped


def control(cpu, include, folder):
    """Breaks a constant, a type and an order; each must be seen. How many were."""
    seen = 0
    for header, old, new, label in (("fcntl.h", "#define O_APPEND 02000", "#define O_APPEND 02001", "O_APPEND"),
                                    ("sys/resource.h", "long ru_maxrss;", "int ru_maxrss;", "ru_maxrss"),
                                    ("time.h", "int tm_sec;\n    int tm_min;", "int tm_min;\n    int tm_sec;", "tm_min")):
        path = include / header
        text = path.read_text()
        assert old in text, f"{header} no longer says {old!r}: the control needs another victim"
        path.write_text(text.replace(old, new))
        _, different, _ = compare(cpu, include, folder, {header})
        path.write_text(text)
        seen += any(label in line for line in different)
    return seen


def main(cpus):
    failed = False
    for cpu in cpus or GCC:
        if not shutil.which(GCC[cpu]):
            print(f"{cpu}: skipped, there is no {GCC[cpu]}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            include = layout(cpu, folder)
            compared, different, skipped = compare(cpu, include, folder)
            controls = control(cpu, include, folder)
        for line in different:
            print(f"  {line}")
        print(f"{cpu}: {compared} numbers equal glibc's but {len(different)}; control {controls} of 3; not in glibc: {', '.join(skipped) or 'none'}")
        failed |= bool(different) or controls != 3 or compared < 1000
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
