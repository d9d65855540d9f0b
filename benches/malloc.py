"""malloc by workload and number of threads: libcs linked statically, and allocators through LD_PRELOAD."""

from ci import peers
from ci.bench import Progress, build_all, interleaved
from ci.peers import DACAPO, Absent
from ci.tables import Table

OURS = (DACAPO, "dacapo preload")
# Workloads where threads meet run at every count; one thread's own blocks need two counts to show what threads cost.
EVERY = ("replace", "producer-consumer", "circle", "batches", "server")


def run(options):
    toolchains = [t for t in peers.toolchains(mimalloc=True) if t.name != "glibc"]
    preloads = peers.preloads()
    table = Table("malloc", "malloc: operations (an allocation with its free)", [*(t.name for t in toolchains), *preloads], OURS)
    programs = {name: (program, {}) for name, program in build_all(table, toolchains, "malloc").items()}
    dynamic = peers.Toolchain("glibc", ("gcc",)).compile("malloc", [peers.SOURCES / "malloc.c"])
    for peer, env in preloads.items():
        if isinstance(env, Absent):
            table.absent[peer] = {"preload": env.reason}
        elif dynamic:
            programs[peer] = (dynamic, env)
    jobs = []
    for text in peers.run_once(dynamic, ["--list"]).output.decode().splitlines():
        workload, least = text.split("\t")
        if options.wants(workload):
            counts = options.counts((1, 2, 8, 64) if workload in EVERY else (1, 8))
            jobs += [(workload, count) for count in counts if count >= int(least)]
    rounds, ms = options.times(3), 10 if options.quick else 60
    progress = Progress("malloc", len(jobs) * rounds * len(programs))
    for workload, count in jobs:
        label = f"{workload} {count}T"
        table.row(label, "Mop/s", "more")
        for _, peer in interleaved(rounds, programs):
            progress.step()
            if label in table.absent.get(peer, {}):
                continue
            program, env = programs[peer]
            outcome = peers.run_once(program, [workload, count, ms], env, timeout=20)
            if isinstance(outcome, Absent):
                table.add(label, peer, outcome)
                continue
            table.add(label, peer, float(outcome.output) / 1e6)
            memory = f"{workload} {count}T, peak"
            if count == max(c for w, c in jobs if w == workload) and workload in EVERY:
                table.row(memory, "MiB")
                table.add(memory, peer, outcome.peak_kib / 1024)
    return table
