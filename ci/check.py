"""`x.py check`: formatting, clippy for every face and CPU and program package, and tidy.  Under a minute when warm."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor

from ci import setup, tidy
from ci.build import FACES, cargo_env, needs
from ci.paths import CPUS
from ci.results import Tally
from ci.shell import Failed, capture, line, run, say, step


def packages():
    """The workspace's packages besides the library: {name: whether it has tests that cargo's harness runs}.

    A package on the start face has none: the harness is a std program.
    """
    text = capture(["cargo", "metadata", "--format-version", "1", "--no-deps"])
    found = {}
    for package in json.loads(text)["packages"]:
        if package["name"] != "dacapo":
            faces = [feature for need in package["dependencies"] if need["name"] == "dacapo" for feature in need["features"]]
            found[package["name"]] = not {"start", "libc"} & set(faces)
    return found


def clippy_jobs(cpu):
    """[(what, command, env)] for each face and each program package."""
    jobs = []
    env = {**cargo_env(cpu), **setup.clippy_env(cpu)}
    # Debian's clippy has no cargo subcommand that our cargo finds: its driver wraps the compiler of a `cargo check`.
    wrapped = "RUSTC_WORKSPACE_WRAPPER" in env
    words = ["cargo", "check" if wrapped else "clippy", "--quiet", "--target", cpu.triple]
    tail = [] if wrapped else ["--", "-D", "warnings"]
    if wrapped:
        env["CLIPPY_ARGS"] = "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__"
    for face in FACES:
        features = [] if face == "guest" else ["--features", face]
        jobs.append((f"clippy, face {face}, {cpu.name}", [*words, "-p", "dacapo", "--lib", *features, *tail], env))
    for name, tested in packages().items():
        targets = ["--all-targets"] if tested else ["--bins"]
        jobs.append((f"clippy, {name}, {cpu.name}", [*words, "-p", name, *targets, *tail], env))
    return jobs


def check(cpus=None, tally=None):
    """Runs everything; each part counts in the tally.  Without one, raises `Failed` at the end if a part failed."""
    cpus = cpus or list(CPUS.values())
    own = tally or Tally()
    setup.ensure(*(part for cpu in cpus for part in needs(cpu)))
    # Two compilers at a time, one for each CPU's cargo directory: each waits for a single crate most of the time.
    lanes = [clippy_jobs(cpu) for cpu in cpus]
    lanes[0].insert(0, ("formatting", ["cargo", "fmt", "--all", "--", "--check"], {}))
    total, numbers = 1 + sum(map(len, lanes)), itertools.count(2)
    with step(1, total, "tidy"):
        complaints = tidy.complaints()
        if complaints:
            own.failed("check/tidy", "\n".join(complaints), "./x.py check")
        else:
            own.passed("check/tidy")

    def follow(lane):
        for what, command, env in lane:
            with step(next(numbers), total, what):
                if run(command, env=env, check=False):
                    own.failed(f"check/{what}", "see above", line(command, env))
                else:
                    own.passed(f"check/{what}")

    with ThreadPoolExecutor(len(lanes)) as pool:
        list(pool.map(follow, lanes))
    if tally is None:
        if own.failures:
            raise Failed("failed: " + "; ".join(own.failures))
        say(f"check: {own.line()}")
