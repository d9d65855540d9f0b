"""`x.py bench NAME`: runs a benchmark of benches/, which measures its peers in the same run.

benches/NAME.py is run by Python; else NAME is a program of the package in benches/ (built for release), found as
benches/src/bin/NAME.rs or benches/NAME.rs.
"""

import sys

from ci import build, setup
from ci.paths import host
from ci.shell import ROOT, Failed, run

BENCHES = ROOT / "benches"


def names():
    """Every benchmark there is."""
    found = {path.stem for pattern in ("*.py", "*.rs", "src/bin/*.rs") for path in BENCHES.glob(pattern)}
    return sorted(found - {"build", "__init__"})


def main(name, arguments):
    if not name:
        print("\n".join(names()) or "benches/ has no benchmark yet")
        return 0
    if name not in names():
        raise Failed(f"no such benchmark: {name}; there are {', '.join(names()) or 'none yet'}")
    script = BENCHES / f"{name}.py"
    if script.is_file():
        setup.ensure("musl", "strace")
        return run([sys.executable, script, *arguments], env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}, check=False)
    return run(["cargo", "run", "--release", "--manifest-path", BENCHES / "Cargo.toml", "--bin", name,
                "--target", host().triple, "--", *arguments], env=build.cargo_env(host()), check=False)
