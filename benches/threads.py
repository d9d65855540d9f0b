"""Making a thread that does nothing and joining it: one at a time, and many at once."""

from ci import peers
from ci.bench import Progress, build_all, interleaved
from ci.peers import DACAPO, Absent
from ci.tables import Table


def run(options):
    toolchains = peers.toolchains()
    table = Table("threads", "Threads: pthread_create + pthread_join", [t.name for t in toolchains])
    programs = build_all(table, toolchains, "threads")
    rounds = options.times(15)
    counts = options.threads or [1, 8, 64]
    progress = Progress("threads", rounds * len(counts) * len(programs))
    for count in counts:
        label = f"{count} at once"
        table.row(label, "us a thread")
        for _, peer in interleaved(rounds, programs, 25):
            if label not in table.absent.get(peer, {}):
                outcome = peers.run_once(programs[peer], [count, 20 if options.quick else max(2000 // count, 20)], timeout=60)
                table.add(label, peer, outcome if isinstance(outcome, Absent) else float(outcome.output) / 1000)
            progress.step()
        ratio = table.ratio(label)
        table.target(f"create + join, {label}, over the best of glibc and musl", ratio, "< 1.00", None if ratio is None else ratio < 1)
    table.notes.append("Each run's figure is the median of its rounds; " + DACAPO + " must be below every peer.")
    return table
