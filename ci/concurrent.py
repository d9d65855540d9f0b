"""The programs of `x.py bench rcu` and `x.py bench hash`: peers that are crates are in one Rust program with dacapo, liburcu's in C programs."""

import platform
from pathlib import Path

from ci import build, peers, setup
from ci.bench import Progress, interleaved
from ci.paths import TARGET, host
from ci.peers import Absent
from ci.results import Skip
from ci.shell import ROOT, Failed, run

CRATES = ROOT / "benches/peers"
BUILT = TARGET / "peers"
LIBRARIES = Path(f"/usr/lib/{platform.machine()}-linux-gnu")


def program(name):
    """Builds the Rust programs; the path of one."""
    cpu = host()
    env = {**build.cargo_env(cpu), "CARGO_TARGET_DIR": str(BUILT)}
    run(["cargo", "build", "--release", "--locked", "-p", "concurrent", "--bin", name, "--target", cpu.triple], env=env, cwd=CRATES)
    return BUILT / cpu.triple / "release" / name


def liburcu(table, source, flavours):
    """{peer: program} of benches/c/SOURCE.c with each of liburcu's flavours; the reason goes into the table where there is none."""
    try:
        setup.ensure("liburcu")
    except (Failed, Skip) as reason:
        for peer in flavours:
            table.absent.setdefault(peer, {})["its library"] = str(reason).splitlines()[0]
        return {}
    found = {}
    for peer, flavour in flavours.items():
        name = "liburcu" if flavour == "MEMB" else f"liburcu-{flavour.lower()}"
        libraries = tuple(LIBRARIES / f"{library}.so" for library in (name, "liburcu-cds", "liburcu-common"))
        made = peers.Toolchain("liburcu", ("gcc",), (), libraries).compile(
            f"{source}-{flavour.lower()}", [peers.SOURCES / f"{source}.c"], (f"-D{flavour}",))
        if made:
            found[peer] = made
        else:
            table.absent.setdefault(peer, {})["its program"] = made.reason
    return found


def collect(table, commands, rounds, unit):
    """Runs every command once a round, interleaved; each prints `ROW<TAB>PEER<TAB>FIGURE` lines.  One that fails, or does not end, is not run again."""
    progress = Progress(table.name, rounds * len(commands))
    for _, name in interleaved(rounds, commands, 300):
        if "its run" in table.absent.get(name, {}):
            progress.step()
            continue
        path, *words = commands[name]
        outcome = peers.run_once(path, words, timeout=300)
        if isinstance(outcome, Absent):
            table.absent.setdefault(name, {})["its run"] = outcome.reason
        else:
            for line in outcome.output.decode().splitlines():
                row, peer, value = line.split("\t")
                table.row(row, unit(row))
                table.add(row, peer, float(value))
        progress.step()
