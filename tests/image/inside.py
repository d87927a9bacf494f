"""Run inside the hardened image and tell what is wrong with it: rights, writable places, tools, packages.

Wants the lock on standard input; ends with status 1 and a sentence for each fault.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

UID = 10001
# Memory, emptied with the container: gunicorn's signs of life, and what the engine itself mounts.
MAY_WRITE = {"/tmp", "/dev/shm", "/dev/mqueue"}
NOT_OURS = {"/proc", "/sys"}
BUILDERS = ("cc", "gcc", "g++", "clang", "tcc", "ld", "as", "make", "cmake", "cargo", "go", "pip", "pip3", "uv")


def rights() -> Iterator[str]:
    """Tell of another user than ours, capabilities, or a way to gain them."""
    if (os.getuid(), os.getgid()) != (UID, UID):
        yield f"runs as {os.getuid()}:{os.getgid()}"
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(status[name], 16):
            yield f"{name} is {status[name]}"
    if status["NoNewPrivs"] != "1":
        yield "may gain privileges"


def writable() -> Iterator[str]:
    """Tell of each folder or file outside the memory file systems that may be written."""
    for folder, folders, files in Path("/").walk():
        folders[:] = [name for name in folders if str(folder / name) not in NOT_OURS | MAY_WRITE]
        for place in (folder, *(folder / name for name in files)):
            # Devices and pipes, such as /dev/null, are every process's to write.
            if os.access(place, os.W_OK) and not place.is_symlink() and (place.is_dir() or place.is_file()):
                yield f"{place} may be written"


def tools() -> Iterator[str]:
    """Tell of each compiler and installer."""
    return (f"has {tool}" for tool in BUILDERS if shutil.which(tool, path="/usr/local/bin:/usr/bin:/bin:/serve/bin"))


def packages(lock: str) -> Iterator[str]:
    """Tell of each package that differs from the lock, of which the bill of materials is made."""
    lines = [Requirement(line.rstrip("\\ ")) for line in lock.splitlines() if line[:1].isalnum()]
    locked = {
        canonicalize_name(line.name): str(line.specifier).removeprefix("==")
        for line in lines
        if line.marker is None or line.marker.evaluate()
    }
    found = {canonicalize_name(one.name): one.version for one in importlib.metadata.distributions()}
    found.pop("stance", None)
    for name in sorted(locked.keys() | found.keys()):
        if locked.get(name) != found.get(name):
            yield f"{name} is locked as {locked.get(name)} and installed as {found.get(name)}"
    if importlib.util.find_spec("training"):
        yield "has the code that trains"


if __name__ == "__main__":
    faults = [*rights(), *writable(), *tools(), *packages(sys.stdin.read())]
    print("\n".join(faults) or "the image has the rights, places, tools and packages that it must have")
    sys.exit(bool(faults))
