"""`x.py check`: formatting, clippy for every face and CPU and program package, and tidy.  Under a minute when warm."""

import json

from ci import setup, tidy
from ci.build import FACES, cargo_env, needs
from ci.paths import CPUS
from ci.shell import Failed, capture, run, say, step


def packages():
    """The workspace's packages besides the library: {name: folder's manifest}."""
    text = capture(["cargo", "metadata", "--format-version", "1", "--no-deps"])
    return {p["name"]: p["manifest_path"] for p in json.loads(text)["packages"] if p["name"] != "dacapo"}


def clippy_jobs(cpus):
    """[(what, command, env)] for each face and each program package, on each CPU."""
    jobs = []
    for cpu in cpus:
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
        for name in packages():
            jobs.append((f"clippy, {name}, {cpu.name}", [*words, "-p", name, "--all-targets", *tail], env))
    return jobs


def check(cpus=None):
    """Runs everything, reports all failures at the end; raises `Failed` if there was one."""
    cpus = cpus or list(CPUS.values())
    setup.ensure(*(part for cpu in cpus for part in needs(cpu)))
    jobs = clippy_jobs(cpus)
    total = len(jobs) + 2
    failures = []
    with step(1, total, "formatting"):
        if run(["cargo", "fmt", "--all", "--", "--check"], check=False):
            failures.append("formatting (cargo fmt --all)")
    with step(2, total, "tidy"):
        if tidy.main():
            failures.append("tidy")
    for number, (what, command, env) in enumerate(jobs, 3):
        with step(number, total, what):
            if run(command, env=env, check=False):
                failures.append(what)
    if failures:
        raise Failed("failed: " + "; ".join(failures))
    say(f"check: formatting, tidy and {len(jobs)} clippy runs passed")
