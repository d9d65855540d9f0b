"""`x.py asm`: the disassembly of a function of libc.a, with its relocations, so that a claim about a fast path can be looked at."""

import re

from ci import build
from ci.shell import Failed, capture


def main(cpus, symbol):
    for cpu in cpus:
        build.libc(cpu)
        library = cpu.products / "lib/libc.a"
        names = {}
        for text in capture([cpu.tool("nm"), "--defined-only", "--demangle", library], check=False).splitlines():
            words = text.split(maxsplit=2)
            if len(words) == 3 and words[1] in "tTwW" and symbol in words[2]:
                names.setdefault(words[2], None)
        if not names:
            raise Failed(f"no function of {library} has {symbol!r} in its name")
        chosen = [symbol] if symbol in names else sorted(names)
        if len(chosen) > 20:
            raise Failed(f"{len(chosen)} functions have {symbol!r} in their names: {', '.join(chosen[:20])}, ...")
        syntax = ["-M", "intel"] if cpu.name == "x86_64" else []
        text = capture([cpu.tool("objdump"), "-dr", "--demangle", "--no-show-raw-insn", *syntax, library], echo=True)
        for name in chosen:
            for body in re.findall(rf"^[0-9a-f]+ <{re.escape(name)}>:\n(?:.+\n)*", text, re.M):
                instructions = len(re.findall(r"^ +[0-9a-f]+:\t(?!R_)", body, re.M))
                print(f"{body}; {cpu.name}: {name}: {instructions} instructions\n")
