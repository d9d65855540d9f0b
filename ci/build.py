"""Builds the library for a CPU and a face, and lays out what a C program needs: target/dacapo/<cpu>/{lib,include,bin}.

The libc face, step by step:

1. cargo makes one static library of the crate with feature `libc`.
2. Its global symbols become weak (objcopy), so that a program's own `malloc` or `getopt` wins without a duplicate symbol.
3. crt1.o and rcrt1.o, the object that is linked first (static and static-pie), are `_start` from arch/<cpu>/start.S.
4. The headers are copied, with include/bits/<cpu>/ in the place of include/bits/; empty libm.a, libpthread.a, libdl.a, ...
   satisfy `-lm` and its like, since libc.a has everything.
5. dacapo-gcc and its specs are filled in from linker/.
"""

import os
import shutil
import tempfile
from pathlib import Path

from ci import setup
from ci.paths import CPUS, TARGET
from ci.shell import ROOT, Failed, capture, run, say, step

FACES = ("guest", "start", "libc", "preload")
EMPTY_LIBRARIES = ("m", "pthread", "dl", "rt", "util", "crypt", "resolv")
# What the linker must know about a CPU: the erratum that every Cortex-A53 has, which Debian's gcc works around too.
LINK_CPU = {"x86_64": "", "aarch64": "--fix-cortex-a53-843419"}


def needs(cpu):
    """The parts of the set-up that building for this CPU takes."""
    return () if cpu.native else (setup.CROSS_RUST_PART, "cross-gcc")


def target_dir(cpu):
    """cargo's target directory: another compiler gets one of its own, so that two builds do not evict each other."""
    return TARGET if cpu.native or setup.rustup_has(cpu) else TARGET / "cross"


def cargo_env(cpu, rustflags=()):
    """Environment for cargo to build for this CPU: compiler, linker, flags."""
    setup.ensure(*needs(cpu))
    name = cpu.triple.upper().replace("-", "_")
    env = {"CARGO_TARGET_DIR": str(target_dir(cpu)), **setup.rust_env(cpu)}
    if not cpu.native:
        env[f"CARGO_TARGET_{name}_LINKER"] = cpu.tool("gcc")
    flags = [*cpu.rustflags, *rustflags]
    if flags:
        env[f"CARGO_TARGET_{name}_RUSTFLAGS"] = " ".join(flags)
    return env


def release(cpu):
    """Where cargo puts a release build for this CPU."""
    return target_dir(cpu) / cpu.triple / "release"


def rlib(cpu, face):
    """Builds the Rust library of the guest or start face."""
    features = () if face == "guest" else ("--features", face)
    run(["cargo", "build", "--release", "--lib", *features, "--target", cpu.triple], env=cargo_env(cpu))


def preload(cpu):
    """Builds the malloc family as a shared library for LD_PRELOAD: lib/libdacapo_malloc.so."""
    run(["cargo", "rustc", "--release", "--lib", "--features", "preload", "--crate-type", "cdylib", "--target", cpu.triple],
        env=cargo_env(cpu))
    lib = cpu.products / "lib"
    lib.mkdir(parents=True, exist_ok=True)
    _copy(release(cpu) / "libdacapo.so", lib / "libdacapo_malloc.so")


def libc(cpu):
    """Builds the libc face; returns the path of its dacapo-gcc."""
    # The frames of C programs are described by gcc; our own functions never unwind (panics abort).
    run(["cargo", "rustc", "--release", "--lib", "--features", "libc", "--crate-type", "staticlib", "--target", cpu.triple],
        env=cargo_env(cpu, ["-Cforce-unwind-tables=no"]))
    lib, bin_ = cpu.products / "lib", cpu.products / "bin"
    for folder in (lib, bin_):
        folder.mkdir(parents=True, exist_ok=True)
    built, library = release(cpu) / "libdacapo.a", lib / "libc.a"
    if not library.exists() or library.stat().st_mtime < built.stat().st_mtime:
        fresh = library.with_suffix(".new")
        _weaken(cpu, built, fresh)
        fresh.rename(library)
    for name, flags in (("crt1.o", ("-DCRT1",)), ("rcrt1.o", ("-DCRT1", "-DRCRT1"))):
        _assemble(cpu, ROOT / "arch" / cpu.name / "start.S", lib / name, flags)
    for name in EMPTY_LIBRARIES:
        _write(lib / f"lib{name}.a", b"!<arch>\n")
    _copy(ROOT / "linker/sections.ld", lib / "sections.ld")
    _fill(ROOT / "linker/dacapo.specs.in", lib / "dacapo.specs", {"LINK_CPU": LINK_CPU[cpu.name]})
    gcc = bin_ / "dacapo-gcc"
    _fill(ROOT / "linker/dacapo-gcc.in", gcc, {"GCC": cpu.tool("gcc")})
    gcc.chmod(0o755)
    _headers(cpu)
    return gcc


def _weaken(cpu, built, fresh):
    """Copies an archive with the symbols that each of its members defines made weak, and without frame tables.

    Not the symbols that it needs: a weak reference would not fetch the other member of the archive that has the symbol.
    Nothing here unwinds (panics abort), and Rust's prebuilt core brings the tables back whatever the flags say: an eighth of hello.
    """
    # Where binutils find LLVM's linker plugin, they complain about the bitcode of Rust's own objects, once a member: into a file.
    log = TARGET / "binutils.log"
    with tempfile.TemporaryDirectory(dir=fresh.parent) as folder:
        run([cpu.tool("ar"), "x", built], cwd=folder, output=log)
        members = sorted(Path(folder).iterdir())
        for member in members:
            if member.name.startswith("compiler_builtins"):
                continue  # weak already
            defined = capture([cpu.tool("nm"), "--extern-only", "--defined-only", "--format=just-symbols", member])
            if not defined.strip():
                continue
            names = member.with_suffix(".symbols")
            names.write_text(defined)
            run([cpu.tool("objcopy"), f"--weaken-symbols={names}", "--remove-section=.eh_frame", member], echo=False, output=log)
            names.unlink()
        fresh.unlink(missing_ok=True)
        run([cpu.tool("ar"), "rcs", fresh, *members], echo=False, output=log)


def _assemble(cpu, source, object_, flags):
    if object_.exists() and object_.stat().st_mtime >= source.stat().st_mtime:
        return
    run([cpu.tool("gcc"), "-c", *flags, source, "-o", object_])


def _headers(cpu):
    """Copies include/, with the CPU's own bits/ in their place, and drops headers that are gone."""
    source, target = ROOT / "include", cpu.products / "include"
    wanted = set()
    for header in sorted(source.rglob("*.h")):
        parts = header.relative_to(source).parts
        if parts[0] == "bits" and len(parts) > 2 and parts[1] in CPUS:
            if parts[1] != cpu.name:
                continue
            parts = ("bits", *parts[2:])
        destination = target.joinpath(*parts)
        wanted.add(destination)
        _copy(header, destination)
    if target.is_dir():
        for stale in set(target.rglob("*.h")) - wanted:
            stale.unlink()
    target.mkdir(parents=True, exist_ok=True)


def _copy(source, destination):
    if not source.is_file():
        raise Failed(f"{source} does not exist")
    _write(destination, source.read_bytes())


def _fill(source, destination, values):
    text = source.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    _write(destination, text.encode())


def _write(path, data):
    """Writes a file as a whole, and only if it would change: its time then tells users when to build again."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.rename(path)


def build(cpus, faces):
    """Builds every face for every CPU."""
    jobs = [(cpu, face) for cpu in cpus for face in faces]
    setup.ensure(*(part for cpu in cpus for part in needs(cpu)))
    for number, (cpu, face) in enumerate(jobs, 1):
        with step(number, len(jobs), f"face {face} for {cpu.name}"):
            {"libc": libc, "preload": preload}.get(face, lambda c, f=face: rlib(c, f))(cpu)
    if "libc" in faces:
        say("C programs: " + ", ".join(os.path.relpath(cpu.products / "bin/dacapo-gcc", os.getcwd()) for cpu in cpus))


def clean(everything):
    """Removes the build products; with `everything`, what was downloaded too."""
    from ci.paths import CACHE

    for folder in [TARGET, *([CACHE] if everything else [])]:
        say(f"+ rm -rf {folder}")
        shutil.rmtree(folder, ignore_errors=True)
