"""Where cargo has put the sources of crates: C programs and libraries come to us in them."""

import json
from pathlib import Path

from ci.shell import ROOT, Failed, capture

_folders = {}


def folder(name, workspace=ROOT):
    """The folder of a crate that a workspace of ours names; cargo downloads it if it must."""
    if workspace not in _folders:
        text = capture(["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", workspace / "Cargo.toml"], echo=True, timeout=600)
        _folders[workspace] = {package["name"]: Path(package["manifest_path"]).parent for package in json.loads(text)["packages"]}
    if name not in _folders[workspace]:
        raise Failed(f"no package of {workspace.relative_to(ROOT.parent)} needs the crate {name}")
    return _folders[workspace][name]
