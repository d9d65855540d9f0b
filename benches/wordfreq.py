"""examples/wordfreq on real text (the cargo registry's sources, or FILES): time, CPU time and peak memory by number of threads."""

from ci import peers
from ci.bench import Progress, build_all, interleaved
from ci.peers import DACAPO, Absent
from ci.shell import Failed
from ci.tables import Table


def run(options):
    toolchains = peers.toolchains(mimalloc=True)
    table = Table("wordfreq", "wordfreq: words of many files, counted by threads", [t.name for t in toolchains])
    programs = build_all(table, toolchains, "wordfreq", [peers.ROOT / "examples/wordfreq/wordfreq.c"])
    rounds = options.times(9)
    counts = options.counts()
    progress = Progress("wordfreq", rounds * len(counts) * len(programs))
    outputs = {}
    for count in counts:
        time, cpu, memory = f"{count} threads", f"{count} threads, CPU time", f"{count} threads, peak memory"
        table.row(time, "ms")
        table.row(cpu, "ms")
        table.row(memory, "KiB")
        for _, peer in interleaved(rounds, programs, 20):
            progress.step()
            if time in table.absent.get(peer, {}):
                continue
            outcome = peers.run_once(programs[peer], ["-t", count, "-n", 1000, *options.files], timeout=60)
            if isinstance(outcome, Absent):
                table.add(time, peer, outcome)
                continue
            outputs.setdefault(outcome.output, set()).add(peer)
            table.add(time, peer, outcome.ns / 1e6)
            table.add(cpu, peer, outcome.cpu_seconds * 1e3)
            table.add(memory, peer, outcome.peak_kib)
        if count in (8, 64):
            for other in ("glibc static", "musl static"):
                ours, theirs = table.value(time, DACAPO), table.value(time, other)
                ratio = ours / theirs if ours and theirs else None
                table.target(f"{count} threads, over {other}", ratio, "< 1.00", None if ratio is None else ratio < 1)
    if len(outputs) > 1:
        raise Failed("the outputs differ: " + "; ".join(", ".join(sorted(who)) for who in outputs.values()))
    if outputs:
        (text,) = outputs
        table.notes.append(f"Input: {text.decode().splitlines()[0]}; every output was the same.")
    return table
