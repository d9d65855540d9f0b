"""The suites of programs: real programs do real work with LD_PRELOAD=libdacapo_malloc.so, and what they say does not change.

A job is a function that is given `do`, which runs a command in a folder of the job's own, and returns a text; it is called once on
glibc's malloc and once on ours in each row, and the texts must be equal.  `programs` takes small inputs, `programs-long` large ones
(a file of 1 GB to sort, sqlite3.c optimised, dacapo built by cargo) and every row for every job.

Rows: `adopted` shares glibc's rseq area, `owned` registers its own (glibc leaves it alone), `unavailable` has no rseq at all.
"""

import concurrent.futures
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from ci import allocators, crates, rusttests, setup
from ci.paths import TARGET, host
from ci.results import Skip
from ci.shell import NO_GLIBC_RSEQ, ROOT, Failed, capture, line, run, say

OUT = TARGET / "programs"
SOURCES = ROOT / "tests/programs"
PYTHON = "/usr/bin/python3.11"
QUICK_PYTHON = ("test_array", "test_collections", "test_dict", "test_generators", "test_list", "test_memoryview",
                "test_ordered_dict", "test_sort", "test_struct", "test_thread")
LONG_PYTHON = (*QUICK_PYTHON, "test_bytes", "test_decimal", "test_deque", "test_fork1", "test_gc", "test_hashlib", "test_heapq", "test_io", "test_itertools",
               "test_json", "test_long", "test_lzma", "test_mmap", "test_pickle", "test_queue", "test_set", "test_subprocess", "test_unicode",
               "test_xml_etree_c", "test_zlib")
ROWS = {
    "adopted": ((), {}),
    "owned": ((), NO_GLIBC_RSEQ),
    "unavailable": (("without", "rseq"), {}),
}
# Rows of a job in the short suite, where it is not `adopted` alone.
QUICK_ROWS = {"sort": tuple(ROWS), "git": ("adopted", "unavailable"), "node": ("adopted", "owned")}


class Runner:
    """`do`: runs commands in one folder with one environment."""

    def __init__(self, folder, env=None, wrapper=(), long=False):
        self.folder, self.env, self.wrapper, self.long = folder, env or {}, wrapper, long

    @property
    def preloaded(self):
        return "LD_PRELOAD" in self.env

    def command(self, command, env=None):
        """(words, environment): a wrapper is started without our malloc, and puts it into its child's environment."""
        env = {**self.env, **(env or {})}
        if self.wrapper:
            words = ["env", *(f"{name}={value}" for name, value in env.items()), *command]
            return [str(word) for word in (*self.wrapper, *words)], {}
        return [str(word) for word in command], env

    def __call__(self, *command, env=None, data=None, timeout=600):
        """Runs a command to its end; its stdout.  Raises `Failed` if it ends otherwise than with 0."""
        words, env = self.command(command, env)
        process = self.start(words, env, stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = process.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {timeout} s: {line(words, env, self.folder)}") from None
        finally:
            end(process)
        if process.returncode:
            tail = (output[-1500:] + b"\n" + errors[-1500:]).decode(errors="replace").strip()
            raise Failed(f"exit code {process.returncode}: {line(words, env, self.folder)}\n{tail}")
        return output

    def start(self, words, env, **streams):
        """Starts words that `command` gave; `end` must follow."""
        process = subprocess.Popen(words, cwd=self.folder, env={**os.environ, **env}, start_new_session=True, **streams)
        _started.add(process)
        return process


_started = set()


def end(process):
    """Ends a process with everything that it started, if it has not ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    _started.discard(process)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def _needs(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not on this machine")


# Jobs ---------------------------------------------------------------------------------------------------------------------------

JOBS = {}


def job(*programs):
    """Registers a job; `programs` are those that must be found to use our malloc."""

    def register(function):
        JOBS[function.__name__.strip("_")] = (function, programs)
        return function

    return register


@job(PYTHON)
def _python(do):
    """CPython's regression tests, every object by malloc."""
    _needs(PYTHON)
    setup.ensure_or_skip("python-tests")
    if not do.preloaded:
        return "passed"
    # Debian splits the package: what the tests need of it is elsewhere.  Some of its other folders would hide the real library.
    tests = do.folder / "path/test"
    tests.mkdir(parents=True)
    for folder in (setup.PARTS["python-tests"].path.parent, Path("/usr/lib/python3.11/test")):
        for path in folder.iterdir():
            with contextlib.suppress(FileExistsError):
                (tests / path.name).symlink_to(path)
    do(PYTHON, "-m", "test", "-q", *(LONG_PYTHON if do.long else QUICK_PYTHON),
       env={"PYTHONMALLOC": "malloc", "PYTHONPATH": str(tests.parent), "PYTHONDONTWRITEBYTECODE": "1"}, timeout=900)
    return "passed"


@job("gcc", "as")
def _gcc(do):
    """gcc compiles SQLite: the object file is the same."""
    source = sqlite()
    do("gcc", "-O2" if do.long else "-O0", "-c", source, "-o", "sqlite3.o")
    return digest((do.folder / "sqlite3.o").read_bytes())


@job("/usr/bin/redis-check-rdb", "redis-benchmark")
def _redis(do):
    """A server with two I/O threads: the same commands leave the same data; redis-benchmark; a snapshot by fork while it works."""
    setup.ensure_or_skip("redis")
    server = do.folder / "redis-server"
    server.symlink_to("/usr/bin/redis-check-rdb")  # one program; it looks at its name
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words, env = do.command([server, "--port", port, "--bind", "127.0.0.1", "--save", "", "--io-threads", "2", "--io-threads-do-reads", "yes",
                             "--enable-debug-command", "yes", "--daemonize", "no", "--logfile", "log", "--dir", do.folder])
    process = do.start(words, env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    plain = Runner(do.folder)

    def ask(*words):
        return plain("redis-cli", "-p", port, *words).decode().strip()

    try:
        for _ in range(100):
            with contextlib.suppress(Failed):
                if ask("PING") == "PONG":
                    break
            if process.poll() is not None:
                raise Failed(f"redis-server ended with {process.returncode}: {(do.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)
        commands = []
        for i in range(100_000 if do.long else 5_000):
            commands.append(f"SET key{i} {'x' * (1 + i * 37 % 3000)}")
            commands.append(f"RPUSH list{i % 50} {i}")
            commands.append(f"HSET hash{i % 500} field{i} {i * i}")
            if i % 3 == 0:
                commands.append(f"DEL key{i // 2}")
            if i % 5 == 0:
                commands.append(f"APPEND key{i} {'y' * (1 + i % 700)}")
        plain("redis-cli", "-p", port, "--pipe", data="\r\n".join([*commands, ""]).encode())
        kept = ask("DEBUG", "DIGEST")
        ask("DEBUG", "RELOAD")
        if ask("DEBUG", "DIGEST") != kept:
            raise Failed("what was saved is not what was loaded")
        ask("BGSAVE")
        do("redis-benchmark", "-h", "127.0.0.1", "-p", port, "-q", "-n", "200000" if do.long else "2000", "-r", "1000", "-P", "8",
           "--threads", "2", "-t", "set,get,incr,lpush,lpop,sadd,hset,zadd,lrange_100,mset")
        for _ in range(300):
            if "rdb_bgsave_in_progress:0" in ask("INFO", "persistence"):
                break
            time.sleep(0.1)
        said = ask("INFO", "persistence")
        if "rdb_last_bgsave_status:ok" not in said:
            raise Failed("the snapshot by fork failed:\n" + said)
        return kept
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            raise Failed("redis-server did not end on SIGTERM") from None
        finally:
            end(process)
        if code:
            raise Failed(f"redis-server ended with {code}: {(do.folder / 'log').read_text()[-2000:]}")


@job("git")
def _git(do):
    """git on this repository: history, patches, a repack with two threads, a check of every object."""
    _needs("git")
    head = _head()
    do("git", "clone", "-q", "--no-hardlinks", "--no-local", ROOT, "clone")
    git = ("git", "-C", "clone")
    said = [
        do(*git, "log", "-p", "--stat", "-M", "--format=fuller", *([] if do.long else ["-40"]), head),
        do(*git, "rev-list", "--objects", head),
        do(*git, "blame", head, "--", "Cargo.toml"),
        do(*git, "grep", "-n", "malloc", head),
    ]
    do(*git, "repack", "-adfq", "--threads=2", "--window=20")
    do(*git, "fsck", "--full")
    return digest(b"".join(said))


@job("sort")
def _sort(do):
    """sort with two threads and not enough memory for all of the file."""
    size = 1 << 30 if do.long else 48 << 20
    text = lines(size)
    do("sort", "--parallel=2", "-S", f"{size // 3}b", "-T", do.folder, "-o", "sorted", text, env={"LC_ALL": "C"}, timeout=900)
    with open(do.folder / "sorted", "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else digest(file.read())
    (do.folder / "sorted").unlink()
    return found


@job("node")
def _node(do):
    """node: workers, zlib and crypto in threads, buffers."""
    _needs("node")
    return do("node", SOURCES / "work.js", 2000 if do.long else 150).decode()


@job("cargo")
def _cargo(do):
    """cargo builds a crate, and the program that it makes, ordinary Rust with std, runs."""
    sqlite()  # everything that the lock file names is on this machine
    manifest = SOURCES / "Cargo.toml"
    do("cargo", "build", "--quiet", "--offline", "--locked", "--manifest-path", manifest, "--target-dir", "target")
    said = do("target/debug/programs-work")
    if do.long:
        do("cargo", "build", "--quiet", "--offline", "--locked", "--manifest-path", ROOT / "Cargo.toml", "--lib", "--target-dir", "target")
    return said.decode()


@job()
def _allocator(do):
    """A Rust program with dacapo as its #[global_allocator], and dacapo preloaded besides: two heaps share one rseq area."""
    program = TARGET / "debug/allocator"
    return do(program).decode().splitlines()[0]


_heads = []


def _head():
    """The commit that git works on: the same in every row, whoever commits meanwhile."""
    if not _heads:
        found = capture(["git", "rev-parse", "HEAD"], check=False).strip()
        if not found:
            raise Skip("this tree is no git repository")
        _heads.append(found)
    return _heads[0]


# What the jobs read -------------------------------------------------------------------------------------------------------------

def sqlite():
    """The path of sqlite3.c, from the crate that carries it."""
    return crates.folder("libsqlite3-sys", SOURCES) / "sqlite3/sqlite3.c"


def lines(size):
    """A file of that many bytes, lines of 20 to 120 characters, always the same."""
    path = OUT / f"lines-{size}"
    if path.is_file() and path.stat().st_size >= size:
        return path
    import random

    generator = random.Random(1)
    letters, out = generator.randbytes(8 << 20).hex().encode(), []
    at = 0
    while at < len(letters):
        cut = generator.randrange(20, 120)
        out.append(letters[at:at + cut])
        at += cut
    # A part after the first has the same lines in other letters: a thousand times faster than fresh ones.
    part, written = b"\n".join(out) + b"\n", 0
    fresh = path.with_suffix(".new")
    with open(fresh, "wb") as file:
        while written < size:
            shuffled = list(b"0123456789abcdef")
            generator.shuffle(shuffled)
            written += file.write(part.translate(bytes.maketrans(b"0123456789abcdef", bytes(shuffled))))
    fresh.rename(path)
    return path


# Running ------------------------------------------------------------------------------------------------------------------------

def _fresh(name):
    folder = OUT / f"{name}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def uses(program, library):
    """Whether the program, with the library preloaded, really calls its malloc: what the dynamic linker says."""
    done = subprocess.run([program, "--version"], env={**os.environ, "LD_PRELOAD": str(library), "LD_DEBUG": "bindings", "LD_BIND_NOW": "1"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False)
    return f"{library} [0]: normal symbol `malloc'".encode() in done.stderr


def _judge(tally, name, work, plain, do):
    """Runs a job on our malloc; `plain` is what it said on glibc's."""
    begin = time.monotonic()
    try:
        said = work(do)
    except Failed as failure:
        tally.failed(name, str(failure), "./x.py test --suite " + name.split("/")[0])
        return
    finally:
        shutil.rmtree(do.folder, ignore_errors=True)
    if said != plain:
        tally.failed(name, f"on glibc's malloc: {plain[:500]}\non ours: {said[:500]}", "./x.py test --suite " + name.split("/")[0])
    else:
        tally.passed(name)
        say(f"    {name}: the same as on glibc's malloc, {time.monotonic() - begin:.1f} s")


def run_all(tally, long=False):
    """Every job, in its rows; as many jobs at a time as there are CPUs."""
    suite = "programs-long" if long else "programs"
    library = allocators.preload_library()
    without = rusttests.build(host(), ["build", "-p", "support", "--bin", "without"])["without"]
    run(["cargo", "build", "-p", "allocator"], env={"CARGO_TARGET_DIR": str(TARGET)})
    OUT.mkdir(parents=True, exist_ok=True)
    said = {}

    def one(name):
        work, programs = JOBS[name]
        rows = tuple(ROWS) if long else QUICK_ROWS.get(name, ("adopted",))
        plain = Runner(_fresh(f"{name}-glibc"), long=long)
        try:
            said[name] = work(plain)
            shutil.rmtree(plain.folder, ignore_errors=True)
        except Skip as absent:
            shutil.rmtree(plain.folder, ignore_errors=True)
            tally.skipped(f"{suite}/{name}", str(absent))
            return
        except Failed as failure:
            tally.failed(f"{suite}/{name}", f"already on glibc's malloc: {failure}")
            return
        for program in programs:
            if not uses(shutil.which(program) or program, library):
                tally.failed(f"{suite}/{name}", f"{program} does not call the malloc of {library}")
        for row in rows:
            wrapper, env = ROWS[row]
            wrapper = tuple(without if word == "without" else word for word in wrapper)
            do = Runner(_fresh(f"{name}-{row}"), {"LD_PRELOAD": str(library), **env}, wrapper, long)
            _judge(tally, f"{suite}/{name}-{row}", work, said[name], do)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = [pool.submit(one, name) for name in JOBS]
        try:
            for done in waiting:
                done.result()
        except BaseException:
            # Whatever ends us (Ctrl-C, SIGTERM as SystemExit) ends what we started.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(_started):
                end(process)
            raise
    _control(tally, suite, said)


def _control(tally, suite, said):
    """The same jobs on a malloc that is wrong: a suite that does not notice proves nothing."""
    library = OUT / "libbroken.so"
    run(["gcc", "-O1", "-fPIC", "-shared", "-fno-builtin", SOURCES / "broken.c", "-o", library])
    for name in ("git", "python", "cargo"):
        if name not in said:
            continue
        do = Runner(_fresh(f"{name}-broken"), {"LD_PRELOAD": str(library)})
        try:
            noticed = JOBS[name][0](do) != said[name]
        except Failed:
            noticed = True
        finally:
            shutil.rmtree(do.folder, ignore_errors=True)
        if noticed:
            tally.passed(f"{suite}/control-{name}")
        else:
            tally.failed(f"{suite}/control-{name}", "the job says the same on a malloc that does not clear and forgets bytes")
