"""The allocators that `x.py bench malloc` compares, all through the interface that a user has: LD_PRELOAD under the same program.

Debian's packages are taken as they are.  Crates carry the sources of the others: benches/peers names them (a workspace of its own,
which nothing else builds), cargo fetches them, and each is compiled here as its own build files would.  A peer that cannot be
built is an `Absent` with the reason.
"""

import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ci import build, crates, peers, setup
from ci.paths import TARGET, host
from ci.peers import DACAPO, Absent, complaint
from ci.shell import NO_GLIBC_RSEQ, ROOT, Failed, line, run, say

CRATES = ROOT / "benches/peers"
BUILT = TARGET / "peers"
PRELOAD = "dacapo preload"
# Static programs have no LD_PRELOAD: these two are the libc's own malloc.
STATIC = ("musl", DACAPO)
OURS = (PRELOAD, DACAPO)
_OVERRIDE = ("-O3", "-DNDEBUG", "-fPIC", "-shared", "-ftls-model=initial-exec", "-fno-builtin-malloc", "-pthread")


@dataclass(frozen=True)
class Allocator:
    """One peer: the program is the benchmark's dynamic build, unless it is one of `STATIC`."""

    name: str
    what: str
    library: Path = None
    env: dict = field(default_factory=dict)

    @property
    def environment(self):
        return {**({"LD_PRELOAD": str(self.library)} if self.library else {}), **self.env}


def _link(name, command, inputs):
    """Makes BUILT/libNAME.so by `command` if the command or its inputs changed."""
    BUILT.mkdir(parents=True, exist_ok=True)
    library, stamp = BUILT / f"lib{name}.so", BUILT / f"{name}.stamp"
    command = [str(word) for word in (*command, "-o", library)]
    key = hashlib.sha256("\n".join([*command, *(f"{path} {path.stat().st_mtime_ns}" for path in inputs)]).encode()).hexdigest()
    if not (library.is_file() and stamp.is_file() and stamp.read_text() == key):
        say("+ " + line(command))
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise Failed(complaint(done.stdout.decode(errors="replace")))
        stamp.write_text(key)
    return library


def _mimalloc(version):
    folder = crates.folder("libmimalloc-sys", CRATES) / f"c_src/mimalloc/{version}"
    source = folder / "src/static.c"
    flags = ("-std=gnu11", "-fvisibility=hidden", "-DMI_MALLOC_OVERRIDE=1", "-DMI_SHARED_LIB=1", "-DMI_SHARED_LIB_EXPORT=1")
    return _link(f"mimalloc-{version}", ["gcc", *_OVERRIDE, *flags, "-I", folder / "include", source], [source])


def _rpmalloc():
    source = crates.folder("rpmalloc-sys", CRATES) / "rpmalloc/rpmalloc/rpmalloc.c"
    return _link("rpmalloc", ["gcc", *_OVERRIDE, "-w", "-D_GNU_SOURCE", "-DENABLE_PRELOAD=1", "-DENABLE_OVERRIDE=1", source], [source])


def _snmalloc():
    folder = crates.folder("snmalloc-sys", CRATES) / "upstream/src"
    sources = [folder / "snmalloc/override/malloc.cc", folder / "snmalloc/override/new.cc"]
    flags = ("-std=c++20", "-mcx16", "-fomit-frame-pointer", "-fvisibility=hidden",
             "-DSNMALLOC_USE_WAIT_ON_ADDRESS=1", "-DSNMALLOC_PLATFORM_HAS_GETENTROPY", "-DSNMALLOC_HAS_LINUX_RANDOM_H",
             "-DSNMALLOC_HAS_LINUX_FUTEX_H", "-DSNMALLOC_NO_REALLOCARR", "-DSNMALLOC_NO_REALLOCARRAY",
             "-DSNMALLOC_USE_CXX11_THREAD_ATEXIT_DIRECT", '-DSNMALLOC_EXPORT=__attribute__((visibility("default")))')
    return _link("snmalloc", ["g++", *_OVERRIDE, *flags, "-I", folder, *sources], sources)


# What TCMalloc calls itself inside, because the crate's build leaves C's names alone.
_TCMALLOC = {
    "malloc": "Malloc", "free": "Free", "calloc": "Calloc", "realloc": "Realloc", "memalign": "Memalign", "aligned_alloc": "AlignedAlloc",
    "posix_memalign": "PosixMemalign", "valloc": "Valloc", "pvalloc": "Pvalloc", "malloc_usable_size": "MallocSize",
}  # fmt: skip


def _tcmalloc():
    run(["cargo", "build", "--release", "--locked", "-p", "peer-sources"], env={"CARGO_TARGET_DIR": str(BUILT)}, cwd=CRATES)
    archives = sorted(BUILT.glob("release/build/libtcmalloc-sys-*/out/libtcmalloc.a"), key=lambda path: path.stat().st_mtime)
    if not archives:
        raise Failed("the crate's build left no libtcmalloc.a")
    names = [f"-Wl,--defsym,{name}=TCMallocInternal{inner}" for name, inner in _TCMALLOC.items()]
    return _link("tcmalloc", ["g++", "-shared", "-pthread", *names, "-Wl,--whole-archive", archives[-1], "-Wl,--no-whole-archive"],
                 [archives[-1]])


def _mspaces(kind):
    run(["cargo", "build", "--release", "--locked", "-p", "peer-mspaces", "--features", kind],
        env={"CARGO_TARGET_DIR": str(BUILT / kind)}, cwd=CRATES)
    return BUILT / kind / "release/libpeer_mspaces.so"


def _debian(part):
    setup.ensure(part)
    found = setup.PARTS[part]
    return found.path if isinstance(found, setup.Unpacked) else Path(found.programs[0])


def preload_library():
    """Our own shared object, built first."""
    build.preload(host())
    return host().products / "lib/libdacapo_malloc.so"


def _rows():
    """(name, what, how to get its library or None, environment) of every peer that is preloaded."""
    return (
        ("glibc", "the program's own libc", None, {}),
        ("jemalloc", "Debian's 5.3.0", lambda: _debian("jemalloc"), {}),
        ("mimalloc2", "the crate libmimalloc-sys, v2", lambda: _mimalloc("v2"), {}),
        ("mimalloc3", "the crate libmimalloc-sys, v3", lambda: _mimalloc("v3"), {}),
        ("tcmalloc-cpu", "Google's, per CPU: glibc's rseq is turned off for it", _tcmalloc, NO_GLIBC_RSEQ),
        ("tcmalloc", "Google's as users get it: glibc holds rseq, so it is per thread", _tcmalloc, {}),
        ("gperftools", "Debian's libtcmalloc_minimal 2.10, per thread", lambda: _debian("tcmalloc"), {}),
        ("snmalloc", "the crate snmalloc-sys", _snmalloc, {}),
        ("rpmalloc", "the crate rpmalloc-sys", _rpmalloc, {}),
        ("scudo", "Debian's from LLVM 14", lambda: _debian("scudo"), {}),
        ("dl-thread", "the crate dlmalloc: one heap a thread, under a lock", lambda: _mspaces("threads"), {}),
        ("dl-sharded", "the crate dlmalloc: heap sched_getcpu() % 32, under a lock", lambda: _mspaces("sharded"), {}),
        (PRELOAD, "this library, sharing glibc's rseq area", preload_library, {}),
    )


def names():
    """Every peer, in the order of the table."""
    return [row[0] for row in _rows()] + list(STATIC)


def preloads(wanted=lambda name: True):
    """{name: Allocator or Absent} of those wanted."""
    found = {}
    for name, what, library, env in _rows():
        if not wanted(name):
            continue
        try:
            found[name] = Allocator(name, what, library and library(), env)
        except (Failed, OSError, StopIteration) as failure:
            found[name] = Absent((str(failure) or "not built").splitlines()[0])
    return found


# What the benchmark calls; all of them must come from the same heap.
_CALLED = ("malloc", "free", "calloc", "realloc", "aligned_alloc")


def not_taken(program, library):
    """Which of malloc's functions the program does not take from the library that is preloaded: what the dynamic linker says."""
    done = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60,
                          env={**os.environ, "LD_PRELOAD": str(library), "LD_DEBUG": "bindings", "LD_BIND_NOW": "1"}, check=False)
    said = done.stderr.decode(errors="replace")
    return [name for name in _CALLED if f"{program} [0] to {library} [0]: normal symbol `{name}'" not in said]


def tcmalloc_mode(program, allocator):
    """What TCMalloc itself says: `cpu` or `thread` caches.  Its statistics say per CPU in both cases."""
    outcome = peers.run_once(program, ["--caches"], allocator.environment, timeout=20)
    return outcome.output.decode().strip() if outcome else outcome.reason
