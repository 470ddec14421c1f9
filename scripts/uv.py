# ruff: noqa: INP001 - a script, not a package
"""Run this environment's uv against the package indexes that pip is set up to use here.

uv is faster than pip, but reads none of pip's configuration; a machine behind a mirror has told pip, and only pip, where
packages come from. On a machine without such a configuration nothing is changed. Usage: scripts/uv.py pip install …
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# pip's option → uv's variable, and what uv puts between several values.
_OPTIONS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
}
_SECTIONS = ("global", "install", ":env:")  # the later one wins, as in pip


def translated(listing: str) -> dict[str, str]:
    """The variables for uv that say what `pip config list` printed; lines look like global.index-url='https://…'."""
    options: dict[str, str] = {}
    for section in _SECTIONS:
        for line in listing.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(f"{section}.") and value:
                options[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    found = {variable: between.join(options[option].split()) for option, (variable, between) in _OPTIONS.items() if option in options}
    if "UV_INDEX" in found:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip looks at all indexes alike; the hashes keep that safe
    return found


def environment(known: Mapping[str, str]) -> dict[str, str]:
    """`known` with pip's configuration added; what is set for uv itself wins. The virtual environment is this Python's."""
    listing = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    return {**translated(listing.stdout), **known, "VIRTUAL_ENV": sys.prefix}


if __name__ == "__main__":
    uv = Path(sys.executable).with_name("uv")
    os.execve(uv, [uv.name, *sys.argv[1:]], environment(os.environ))  # noqa: S606 - our own command line
