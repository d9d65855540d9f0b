"""Where things are: the tree, the build products, the cache of what was downloaded; and the CPUs."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from ci.shell import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PRODUCTS = TARGET / "dacapo"  # PRODUCTS/<cpu>/{lib,include,bin}: what a user of the libc face installs
CACHE = Path(os.environ.get("DACAPO_CACHE") or Path.home() / ".cache" / "dacapo")
CROSS_RUST = CACHE / "rust"  # wrappers around Debian's compiler, whose sysroot has the foreign standard library
KERNELS = CACHE / "kernels"  # KERNELS/<cpu>-<version>: the guests' kernels


@dataclass(frozen=True)
class Cpu:
    """One supported CPU: how each tool calls it."""

    name: str  # the folder under arch/
    triple: str  # rustc's target
    debian: str  # dpkg's architecture
    gcc: str  # prefix of the GNU tools
    rustflags: tuple = ()

    @property
    def native(self):
        """Whether this machine runs its programs without an emulator."""
        return platform.machine() == self.name

    def tool(self, name):
        """A GNU tool that makes code for this CPU."""
        return name if self.native else self.gcc + name

    @property
    def products(self):
        return PRODUCTS / self.name


CPUS = {
    "x86_64": Cpu("x86_64", "x86_64-unknown-linux-gnu", "amd64", "x86_64-linux-gnu-"),
    # Outline atomics ask libgcc's start-up code, which calls getauxval, which instructions the CPU has.
    "aarch64": Cpu("aarch64", "aarch64-unknown-linux-gnu", "arm64", "aarch64-linux-gnu-", ("-Ctarget-feature=-outline-atomics",)),
}


def host():
    """The CPU that x.py itself runs on, or None if dacapo has no arch/ folder for it."""
    return CPUS.get(platform.machine())


def selected(choice):
    """The CPUs that `--cpu CHOICE` names; without a choice, this machine's own."""
    if choice == "all":
        return list(CPUS.values())
    if choice:
        return [CPUS[choice]]
    return [host() or CPUS["x86_64"]]
