#!/usr/bin/env python3
"""dacapo's one tool: `./x.py demo` shows what it does, `./x.py test` proves it.

Each command sets up what it needs, echoes every command that it runs so that it can be pasted, and can be run from anywhere.
The work is in ci/, one module per concern; here are only the commands and their options.
"""

import argparse
import importlib.util
import inspect
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
if sys.version_info < (3, 9):
    sys.exit("x.py needs Python 3.9 or newer")

from ci import build as _build  # noqa: E402
from ci import setup as _setup  # noqa: E402
from ci.paths import CPUS, selected  # noqa: E402
from ci.shell import Failed, say  # noqa: E402

COMMANDS = {}


def command(*options):
    """Makes a function a command; its docstring is the help, `options` are argparse's."""

    def register(function):
        COMMANDS[function.__name__.rstrip("_")] = (function, options)
        return function

    return register


def option(*names, **settings):
    return names, settings


PASSED_ON = option("arguments", nargs="*", help="what comes after is handed on as it is")
CPU = option("--cpu", choices=[*CPUS, "all"], help="for which CPU (default: this machine's)")


@command(option("parts", nargs="*", help="only these parts"), option("--list", action="store_true", help="show the parts"))
def setup(args):
    """Install what the other commands need (they ask for it themselves); a second run installs nothing."""
    _setup.show() if args.list else _setup.setup(args.parts)


@command(CPU, option("--face", choices=[*_build.FACES, "all"], default="libc", help="which face (default: libc)"))
def build(args):
    """Build the library: by default the libc face, into target/dacapo/CPU/{lib,include,bin}."""
    _build.build(selected(args.cpu), _build.FACES if args.face == "all" else [args.face])


@command(CPU)
def check(args):
    """Check formatting, clippy for every face and CPU, and the house's own rules (tidy); under a minute."""
    from ci import check

    check.check(selected(args.cpu) if args.cpu else None)


@command(CPU, PASSED_ON)
def cc(args):
    """Compile or link C with dacapo-gcc, after building it: ./x.py cc hello.c -o hello."""
    (cpu,) = selected(args.cpu)
    os.execv(_build.libc(cpu), ["dacapo-gcc", *args.arguments])


@command(
    option("--suite", action="append", default=[], metavar="NAME", help="only this suite (repeatable)"),
    option("--list", action="store_true", help="list the suites and what each proves"),
    option("--minutes", type=float, help="how long each suite that searches at random (fuzz, stress) may take"),
    option("--seed", type=int, help="what such a suite starts from: a failure names it"),
)
def test(args):
    """Build and pass everything, on x86_64 and aarch64; the last line is `N passed, N failed, N skipped`."""
    from ci import suites

    return suites.show() if args.list else suites.test(args.suite, args.minutes, args.seed)


@command(PASSED_ON)
def demo(args):
    """Link real programs without glibc, run them on real input beside glibc and musl, and print what a user wants to see."""
    if importlib.util.find_spec("ci.demo") is None:
        raise Failed("ci/demo.py does not exist yet")
    from ci import demo

    return demo.main(args.arguments)


@command(
    option("--cpu", choices=[*CPUS], default="aarch64", help="the guest's CPU (default: aarch64)"),
    option("--kernel", default="6.12", help="the guest's kernel: 6.12 (default), 6.1 or 7.3, or the path of another one, with a slash"),
    option("--cpus", type=int, default=4, help="how many CPUs (default: 4)"),
    option("--timeout", type=int, default=120, help="seconds until the guest has failed (default: 120)"),
    option("--argument", action="append", default=[], help="an argument for the program (repeatable)"),
    option("--env", action="append", default=[], metavar="NAME=VALUE", help="the program's environment (repeatable)"),
    option("--deterministic", action="store_true", help="the same run each time, to the byte: one CPU after the other, the clock counts instructions"),
    option("--seed", type=int, default=1, help="which of these runs: where things lie, how fast the clock is; DACAPO_SEED of the program (default: 1)"),
    option("programs", nargs="+", metavar="PROGRAM", help="static programs; each is booted by itself as /init"),
)
def qemu(args):
    """Boot static programs as PID 1 under qemu-system with a real kernel; exit code 0 if each of them ended with 0."""
    from ci import qemu

    seed = args.seed if args.deterministic else None
    return qemu.command(args.cpu, args.kernel, args.programs, args.cpus, args.timeout, args.argument, args.env, seed)


@command(option("name", nargs="?", help="which benchmark; without a name they are listed"), PASSED_ON)
def bench(args):
    """Run a benchmark of benches/, all its peers in the same run."""
    from ci import bench

    return bench.main(args.name, args.arguments)


@command(CPU, option("programs", nargs="*", metavar="PROGRAM", help="programs to measure instead of the usual ones"))
def size(args):
    """Show how many bytes a program takes, section by section: hello, printf, and the like, beside glibc and musl."""
    from ci import size

    return size.main(selected(args.cpu), args.programs)


@command(CPU, option("symbol", help="a function's name, or a part of it"))
def asm(args):
    """Disassemble a function of libc.a, sources and relocations shown."""
    from ci import asm

    return asm.main(selected(args.cpu), args.symbol)


@command(
    option("file", metavar="FILE", help="what malloc_info or DACAPO_MALLOC=json=FILE wrote; other text around it does not matter"),
    option("--output", metavar="PAGE", help="where the page goes (default: FILE with .html)"),
)
def heap(args):
    """Draw a report of dacapo's malloc as one HTML page, with a heat map for each CPU and class."""
    from ci import heap

    return heap.main(args.file, args.output)


@command(option("--all", action="store_true", help="also what setup downloaded and unpacked"))
def clean(args):
    """Remove the build products (target/)."""
    _build.clean(args.all)


def parse(parser, words):
    """Parses the command line; from a `PASSED_ON` argument's place on, words are taken as they are, options too."""
    name = words[0] if words else ""
    if PASSED_ON not in COMMANDS.get(name, (None, ()))[1]:
        return parser.parse_args(words)
    own = 1
    while own < len(words) and words[own] in ("-h", "--help", "--cpu"):
        own += 2 if words[own] == "--cpu" else 1
    if name == "bench" and own < len(words):
        own += 1
    args = parser.parse_args(words[:own])
    args.arguments = words[own:]
    return args


def main():
    parser = argparse.ArgumentParser(prog="x.py", description=inspect.getdoc(sys.modules[__name__]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (function, options) in COMMANDS.items():
        doc = inspect.getdoc(function)
        sub = commands.add_parser(name, help=doc.splitlines()[0], description=doc,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
        for names, settings in options:
            sub.add_argument(*names, **settings)
    args = parse(parser, sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell's background jobs ignore it, their children too, and Python's own tests want to be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    start = time.monotonic()
    try:
        code = COMMANDS[args.command][0](args) or 0
    except Failed as failure:
        say(f"x.py {args.command}: {failure}")
        code = 1
    except KeyboardInterrupt:
        code = 130
    if time.monotonic() - start > 3 and args.command != "test":  # a test run closes with its own line
        say(f"x.py {args.command}: {'ended with ' + str(code) if code else 'done'} after {time.monotonic() - start:.0f} s")
    sys.stdout.flush()
    os._exit(code) if code == 130 else sys.exit(code)


if __name__ == "__main__":
    main()
