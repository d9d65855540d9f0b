"""What the programs of the suite `ported` are given to do: one function a program, called with `do` (`ci.ported.Runner`).

A job returns a text that must not depend on the libc: digests of what was written, messages, answers.  No times, no addresses, no
process ids.  What must be refused goes through `do.refused`.
"""

import contextlib
import hashlib
import json
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import dataclass

from ci import sources
from ci.shell import Failed

INPUTS = ("text", "noise", "zeros", "one", "empty")
JOBS = {}


@dataclass(frozen=True)
class Job:
    """A job, and the parts of the set-up that its sources come from."""

    work: object
    needs: tuple = ()


def job(*needs):
    """Registers a function as the job of the program in `ci.sources` that bears its name."""

    def register(function):
        JOBS[function.__name__.strip("_")] = Job(function, needs)
        return function

    return register


def _sum(data):
    return f"{len(data)} bytes, {hashlib.sha256(data).hexdigest()[:24]}"


def _spoilt(data):
    """The same with a bit flipped in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1:]


# One command a line, in shell quoting.  Redis: numbers as text and back, geometry, streams, scripts, errors.
REDIS_COMMANDS = r"""
INCRBYFLOAT sum 0.1
INCRBYFLOAT sum 2.0e-3
INCRBYFLOAT sum 1e17
HINCRBYFLOAT hash1 share 3.3333333333333333
ZINCRBY scores 1e-7 member3
ZRANGE scores 0 5 WITHSCORES
ZRANGEBYSCORE scores (3.5 4 LIMIT 0 5
SORT list3 DESC LIMIT 0 5
SORT set3 ALPHA LIMIT 0 5
LRANGE list9 -3 -1
GEOADD towns 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
GEODIST towns Palermo Catania km
GEOHASH towns Palermo
GEOPOS towns Catania
PFCOUNT seen
SETBIT bits 100001 1
BITCOUNT bits
BITFIELD bits INCRBY i5 100 1
XADD events 1-1 what start
XADD events 1-1 what again
XRANGE events - +
SETRANGE key1 5 there
GETRANGE key1 0 12
OBJECT ENCODING scores
EXPIRE key2 100
PERSIST key2
INCR key1
SET few
LPUSH sum 1
NOSUCH command
DBSIZE
ECHO größer
CONFIG GET maxmemory-policy
EVAL "local s = 0 for i = 1, 100 do s = s + math.sin(i) * i end return {tostring(s), string.format('%5.2f|%-6s|%x', 3.14159, 'ab', 255), #KEYS}" 0
EVAL "return cjson.encode({1, 2.5, redis.call('GET', 'sum'), {a = cjson.decode('[1e3]')[1]}})" 0
EVAL "return cmsgpack.unpack(cmsgpack.pack({1, 'two', 3.5}))[3] * 2" 0
EVAL "return redis.sha1hex('abc') .. struct.pack('>I2', 25185)" 0
EVAL "return redis.pcall('NOSUCH')" 0
EVAL "return (" 0
"""
# jq, on 400 objects: numbers to text and back, mathematics, regular expressions, dates, streams, Unicode.
JQ_CALLS = r"""
.[3]
-c 'map(select(.id % 50 == 0)) | .[] | [.id, .share, .big]'
-S 'group_by(.tags[0]) | map({(.[0].tags[0]): (map(.share) | add)}) | add'
-r '.[:5][] | [.id, .name, .share, .tags[1]] | @csv, @sh, @uri "\(.)", @html "<\(.)>", @base64'
-c 'map(.share * 1e10 | floor, sqrt, sin, log10, exp10?) | .[10:20]'
-c '[.[].name | capture("(?<word>[a-z]+) (?<n>\\d+)").n | tonumber] | [min, max, add, (sort_by(-.) | .[:3])]'
-r '[.[].name] | map(ascii_upcase | gsub("(?<d>[0-9])"; "<\(.d)>")) | .[30:33][]'
-c '[range(0; 4e8; 54321098)] | map(todate, (gmtime | mktime), strftime("%A %j %U"))'
-c '["2015-03-05T23:51:47Z" | fromdate, strptime("%Y-%m-%dT%H:%M:%SZ")]'
-c '[.[:100][].tags[1]] | unique, (map(utf8bytelength) | add), (.[3] | explode)'
--stream -c 'select(.[0][0] == 399)'
-n '[limit(12; inputs | .[])] | length'
--tab .[1]
-c --arg who 'item 7' 'map(select(.name == $who))'
-n '[1e1000, -1e1000, 5e-324, 0.1, 1e17, 123456789012, 3.0] | ., tojson'
-c '[paths(type == "number")] | length, .[-1]'
-n 'reduce range(100000) as $i (0; . + $i)'
-rn '@json "\([1, {a: "\u0000\ud83d\ude00"}])"'
"""


# The longest first.

@job("redis-source")
def _redis(do):
    """A server with two I/O threads, its clients, scripts, a snapshot by fork and an append-only file, both loaded again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    said = []

    def ask(*words):
        return do("redis-cli", "-p", port, *words).decode(errors="replace").strip()

    def tell(*words):
        said.append(f"{' '.join(map(str, words))}: {ask(*words)}")

    with _server(do, port, ask, "--appendonly", "no"):
        numbers = [f"SET key{i} {'x' * (1 + i * 37 % 3000)}\nRPUSH list{i % 50} {i}\nHSET hash{i % 500} field{i} {i * i}\n"
                   f"ZADD scores {i * i % 977 / 7} member{i}\nSADD set{i % 7} {i}\nPFADD seen {i % 500}\n" for i in range(3000)]
        do("redis-cli", "-p", port, "--pipe", data="".join(numbers).encode())
        for words in map(shlex.split, REDIS_COMMANDS.strip().splitlines()):
            tell(*words)
        tell("DEBUG", "DIGEST")
        tell("DEBUG", "RELOAD")
        tell("DEBUG", "DIGEST")
        ask("BGSAVE")
        do("redis-benchmark", "-h", "127.0.0.1", "-p", port, "-q", "-n", "3000", "-P", "8", "--threads", "2", "-t", "get,ping")
        _until(lambda: "rdb_bgsave_in_progress:0" in ask("INFO", "persistence"), "the snapshot does not end")
        tell("CONFIG", "SET", "appendonly", "yes")
        _until(lambda: "aof_rewrite_in_progress:0" in ask("INFO", "persistence"), "the append-only file is not written")
        if "rdb_last_bgsave_status:ok" not in ask("INFO", "persistence") or "aof_last_bgrewrite_status:ok" not in ask("INFO", "persistence"):
            raise Failed("a child that saves has failed")
        tell("SET", "after", "the snapshot")
        tell("DEBUG", "DIGEST")
    for appendonly in ("yes", "no"):
        with _server(do, port, ask, "--appendonly", appendonly):
            tell("DBSIZE")
            tell("GET", "after")
            tell("DEBUG", "DIGEST")
    # In the checksum at the end: what the server makes of spoilt data before it has read that far is its own affair.
    snapshot = do.read("dump.rdb")
    (do.folder / "dump.rdb").write_bytes(snapshot[:-8] + _spoilt(snapshot[-8:]))
    said.append(do.refused("redis-server", "--port", port, "--bind", "127.0.0.1", "--logfile", "log"))
    if "Wrong RDB checksum" not in _log(do):
        raise Failed(f"the server does not say what is wrong with the snapshot: {_log(do)}")
    return "\n".join(said)


@contextlib.contextmanager
def _server(do, port, ask, *options):
    """A server that answers; at the end it must leave by SIGTERM with 0."""
    server = do.start("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--io-threads", "2", "--io-threads-do-reads", "yes", "--logfile", "log",
                      *options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        if server.poll() is not None:
            raise Failed(f"redis-server ended with {server.returncode}: {_log(do)}")
        with contextlib.suppress(Failed):
            return ask("PING") == "PONG"

    try:
        _until(answers, "the server does not answer")
        yield
        server.send_signal(signal.SIGTERM)
        code = server.wait(60)
        if code:
            raise Failed(f"redis-server ended with {code}: {_log(do)}")
    except subprocess.TimeoutExpired:
        raise Failed("redis-server does not end on SIGTERM") from None
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def _log(do):
    with contextlib.suppress(FileNotFoundError):
        return do.read("log").decode(errors="replace")[-2000:]
    return "no log"


def _until(true, otherwise, seconds=60):
    for _ in range(seconds * 20):
        if true():
            return
        time.sleep(0.05)
    raise Failed(otherwise)


@job()
def _sqlite(do):
    """tests/ported/sqlite.c."""
    return do("sqlite", "text").decode()


@job()
def _zstd(do):
    """tests/ported/zstd.c: the library, with two threads and with a dictionary."""
    return do("zstd", *INPUTS).decode()


@job()
def _xz(do):
    """xz: files there and back with several filters, threads and checks; upstream's good and bad files."""
    said = []
    every = (("-0",), ("-6", "-C", "crc32"))
    several = (("-4e", "-C", "sha256"), ("--format=lzma", "-2"), ("--x86", "--lzma2=preset=3,lc=1,lp=2,pb=1"), ("--delta=dist=4", "--lzma2=mf=hc3,nice=20"),
               ("-1", "-T2", "--block-size=100000"))
    for name in INPUTS:
        for options in (*every, *several) if name == "text" else every:
            packed = do("xz", "-zkc", *options, name)
            back = do("xz", "-dc", data=packed)
            said.append(f"{name} {' '.join(options)}: {_sum(packed)}")
            if back != do.read(name):
                raise Failed(f"{name} with {options} comes back as {_sum(back)}")
            if len(packed) > 40:
                said.append(do.refused("xz", "-t", data=packed[:-9]))
    do("xz", "-k", "-9", "--threads=1", "text", "noise")
    said.append(_sum(do.read("text.xz")))
    said.append(do("xz", "--robot", "-lvv", "text.xz", "noise.xz").decode())
    said.append(do.refused("xz", "-k", "text"))  # text.xz is there
    (do.folder / "noise.xz").write_bytes(_spoilt(do.read("noise.xz")))
    said.append(do.refused("xz", "-tv", "noise.xz"))
    said.append(do.refused("xz", "-d", "--memlimit=100KiB", "-c", "text.xz"))
    said.append(do("xz", "--help").decode())
    for path in sorted(sources.xz_tests().glob("*.xz")):
        code, out, err = do.ends("xz", "-dc", data=path.read_bytes())
        if (code == 0) != path.name.startswith("good"):
            raise Failed(f"{path.name}: ended with {code}")
        said.append(f"{path.name}: {code}, {_sum(out)}, {err.decode(errors='replace').strip()}")
    return "\n".join(said)


@job()
def _jq(do):
    """jq: its own tests, and filters on real JSON."""
    said = []
    tests = sources.jq_folder() / "tests"
    for name in ("jq", "base64", "onig"):
        said.append(do("jq", "-L", tests / "modules", "--run-tests", tests / f"{name}.test", timeout=200).decode(errors="replace"))
    objects = [{"id": i, "name": f"item {i}", "share": i / 7, "tags": [f"t{i % 3}", "ü" * (i % 4)], "big": 10 ** (i % 25), "none": None} for i in range(400)]
    (do.folder / "json").write_text(json.dumps(objects))
    for words in map(shlex.split, JQ_CALLS.strip().splitlines()):
        said.append(f"{words}: {do('jq', *words, 'json').decode()}")
    for bad in (b'{"a": 1', b"[1, 2}", b'{"a": nan0}', b'"\x01', b"[" * 100_000):
        said.append(do.refused("jq", ".", data=bad))
    said.append(do.refused("jq", ".[", "json"))
    said.append(do.refused("jq", ".a", "json"))
    said.append(do.refused("jq", ".", "not-there"))
    said.append(do.refused("jq", "-e", "null", "one-not-there"))
    return "\n".join(said)


@job()
def _lz4(do):
    """lz4: files there and back at several levels, with threads, linked blocks, checksums and a dictionary."""
    said = []
    for name in INPUTS:
        for options in (("-1",), ("-5", "-BD"), ("-9", "-B4", "-BX"), ("-12", "--content-size"), ("--fast=5", "--no-frame-crc"), ("-3", "-T2", "-B5"), ("-l",)):
            packed = do("lz4", "-zck", *options, name)
            if do("lz4", "-dc", data=packed) != do.read(name):
                raise Failed(f"{name} with {options} does not come back")
            said.append(f"{name} {' '.join(options)}: {_sum(packed)}")
    packed = do("lz4", "-c", "-9", "-D", "noise", "text")
    said.append(f"with a dictionary: {_sum(packed)}")
    if do("lz4", "-dc", "-D", "noise", data=packed) != do.read("text"):
        raise Failed("what was packed with a dictionary does not come back")
    do("lz4", "-qk", "-9", "--content-size", "text", "text.lz4")
    said.append(do("lz4", "--list", "text.lz4").decode())
    for bad in (_spoilt(do.read("text.lz4")), do.read("text.lz4")[:-7], b"no frame at all"):
        (do.folder / "bad.lz4").write_bytes(bad)
        said.append(do.refused("lz4", "-qt", "bad.lz4"))
    do("lz4", "-q", "-m", "--rm", "one", "zeros")
    said.append(", ".join(sorted(path.name for path in do.folder.iterdir())))
    return "\n".join(said)


@job()
def _bzip2(do):
    """bzip2: upstream's own samples, files there and back, spoilt ones, and what bzip2recover saves of them."""
    folder, said = sources.bzip2_folder(), []
    for number in (1, 2, 3):
        reference, packed = ((folder / f"sample{number}.{kind}").read_bytes() for kind in ("ref", "bz2"))
        if do("bzip2", f"-{number}", data=reference) != packed or do("bzip2", "-d", data=packed) != reference or do("bzip2", "-ds", data=packed) != reference:
            raise Failed(f"upstream's sample {number} is packed or unpacked otherwise than upstream says")
    for name in INPUTS:
        for level in ("-1", "-9"):
            packed = do("bzip2", "-kc", level, name)
            if do("bzip2", "-dc", data=packed) != do.read(name):
                raise Failed(f"{name} does not come back")
            said.append(f"{name} {level}: {_sum(packed)}")
    do("bzip2", "-1k", "text", "noise")
    said.append(do.refused("bzip2", "-k", "text"))  # text.bz2 is there
    said.append(do.ends("bzip2", "-tvv", "text.bz2", "noise.bz2")[2].decode())
    packed = do.read("text.bz2")
    for name, bad in (("bad.bz2", _spoilt(packed)), ("short.bz2", packed[:-9]), ("none.bz2", b"no such format")):
        (do.folder / name).write_bytes(bad)
        said.append(do.refused("bzip2", "-t", name))
    said.append(do.ends("bzip2recover", "bad.bz2")[2].decode())
    for path in sorted(do.folder.glob("rec*bad.bz2")):
        code, out, _ = do.ends("bzip2", "-dc", path.name)
        said.append(f"{path.name}: {code}, {_sum(out)}")
    do("bzip2", "-d", "-f", "noise.bz2")
    said.append(_sum(do.read("noise")))
    return "\n".join(said)


@job()
def _zlib(do):
    """tests/ported/zlib.c: the library, and its gzip streams."""
    return do("zlib", *INPUTS).decode()
