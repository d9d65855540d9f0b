"""Running commands so that a person can follow, paste and time them.

Everything that x.py runs goes through `run` or `capture`.  Each command is echoed on stderr as one line that can be pasted
into a shell: working directory, environment changes, words quoted.  A command that takes longer than a few seconds says how
long it has been running.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NO_GLIBC_RSEQ = {"GLIBC_TUNABLES": "glibc.pthread.rseq=0"}  # environment: glibc leaves the registration to the program
QUIET_SECONDS = 10  # how long a command may be silent before we say that it is still running
_say_lock = threading.Lock()


class Failed(Exception):
    """A step failed; the message is for the person at the terminal."""


def say(text=""):
    """Prints one line of progress on stderr, whole even when several threads talk."""
    with _say_lock:
        print(text, file=sys.stderr, flush=True)


def line(command, env=None, cwd=None):
    """The command as text that can be pasted into a shell at the project's root."""
    words = [f"{name}={shlex.quote(value)}" for name, value in sorted((env or {}).items())]
    words += [shlex.quote(str(word)) for word in command]
    text = " ".join(words)
    if cwd and Path(cwd).resolve() != ROOT:
        text = f"(cd {shlex.quote(str(cwd))} && {text})"
    return text


@contextlib.contextmanager
def step(number, total, what):
    """One numbered step of a longer job: `[2/5] what`, and its time at the end."""
    say(f"[{number}/{total}] {what}")
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    if took >= 3:
        say(f"[{number}/{total}] {what}: done in {took:.0f} s")


@contextlib.contextmanager
def _still_running(what):
    """Says every few seconds that `what` is still at work."""
    done = threading.Event()
    start = time.monotonic()

    def tick():
        quiet = QUIET_SECONDS
        while not done.wait(quiet):
            say(f"    ... {what}: {time.monotonic() - start:.0f} s")
            quiet = min(2 * quiet, 60)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _wait(process, timeout, talk, silence):
    """Waits for the process; `TimeoutExpired` at the time limit, or once the file `talk` has not grown for `silence` seconds."""
    if talk is None:
        return process.wait(timeout)
    begun = heard = time.monotonic()
    size = 0
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(2)
        now = time.monotonic()
        grown = talk.stat().st_size if talk.exists() else 0
        if grown != size:
            size, heard = grown, now
        if now - heard > silence:
            raise subprocess.TimeoutExpired(f"silence in {talk.name}", silence)
        if now - begun > timeout:
            raise subprocess.TimeoutExpired("all", timeout)


def run(command, env=None, cwd=ROOT, timeout=None, check=True, echo=True, output=None, stdin=None, talk=None, silence=None):
    """Runs a command, echoed, and returns its exit code (negative: killed by that signal).

    `output` is a path for stdout and stderr together; without it they go to the terminal.  A command that outlives `timeout`
    seconds, or whose file `talk` has not grown for `silence` seconds, is killed with everything it started and counts as -SIGKILL.  With `check`, any code but 0 is `Failed`.
    """
    text = line(command, env, cwd)
    if echo:
        say("+ " + text + (f" > {output}" if output else ""))
    sink = open(output, "wb") if output else None
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd, env={**os.environ, **(env or {})}, stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=sink, stderr=subprocess.STDOUT if sink else None, start_new_session=timeout is not None,
        )
        try:
            with _still_running(Path(str(command[0])).name) if echo else contextlib.nullcontext():
                code = _wait(process, timeout, talk, silence)
        except subprocess.TimeoutExpired as limit:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            say(f"    killed after {limit.timeout} s{f' of {limit.cmd}' if talk else ''}: {text}")
            code = -signal.SIGKILL
        except BaseException:
            # Whatever ends us (Ctrl-C, SIGTERM as SystemExit) ends what we started: a guest would go on for ever.
            process.kill()
            process.wait()
            raise
    except FileNotFoundError as error:
        raise Failed(f"cannot run {command[0]}: {error.strerror} (./x.py setup installs what is needed)") from None
    finally:
        if sink:
            sink.close()
    if check and code != 0:
        if output:
            sys.stderr.write(Path(output).read_text(errors="replace")[-6000:])
        raise Failed(f"exit code {code}: {text}")
    return code


def capture(command, env=None, cwd=ROOT, check=True, echo=False, timeout=120):
    """Runs a short command and returns its stdout as text; "" if it cannot run and `check` is off."""
    if echo:
        say("+ " + line(command, env, cwd))
    try:
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE if not echo else None, timeout=timeout,
        )
    except FileNotFoundError as error:
        if check:
            raise Failed(f"cannot run {command[0]}: {error.strerror}") from None
        return ""
    if check and done.returncode != 0:
        detail = (done.stderr or b"").decode(errors="replace").strip()
        raise Failed(f"exit code {done.returncode}: {line(command, env, cwd)}\n{detail}")
    return done.stdout.decode(errors="replace")
