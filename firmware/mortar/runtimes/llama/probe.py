"""What the installed llama.cpp can run on. In a process of its own (`python -m mortar.runtimes.llama.probe`):
a GPU's driver is loaded to ask it, and a driver may crash.
"""

from __future__ import annotations

import subprocess
import sys

import msgspec

from mortar.errors import MortarError

TIMEOUT_S = 20


class Gpu(msgspec.Struct, frozen=True):
    name: str
    """In ggml: Vulkan0."""
    title: str
    """What its driver calls it."""
    free_MB: int
    """Both are 0 where the driver doesn't say."""
    total_MB: int


class Build(msgspec.Struct, frozen=True):
    version: str
    """Of llama-cpp-python, which says that of llama.cpp."""
    backends: list[str]
    """Of ggml: Vulkan, CPU."""
    gpus: list[Gpu]


def probe() -> Build:
    """Ask a process of its own. Raises MortarError where that process does not answer."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mortar.runtimes.llama.probe"],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
        return msgspec.json.decode(done.stdout, type=Build)
    except (subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise MortarError(
            "llama-probe-failed",
            f"llama.cpp could not be asked what it can run on ({error})",
            "build it again (remove .venv, make setup), or mend the GPU's driver",
        ) from None


def look() -> Build:
    """In this very process."""
    import llama_cpp

    from mortar.runtimes.llama import ggml, log

    log.take_over()
    found = [
        Gpu(device.name, device.title, device.free_bytes // 2**20, device.total_bytes // 2**20)
        for device in ggml.gpus()
    ]
    return Build(llama_cpp.__version__, ggml.backends(), found)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(look()))
