"""What the installed llama.cpp was built for, and the GPUs on which a person may place the language model."""

from __future__ import annotations

from collections.abc import Iterator

from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.errors import MortarError
from mortar.runtimes.llama.probe import Build, Gpu, probe

CPU = "CPU"

SLOW = {
    # RK3588 (Mali-G610, panvk): Qwen3-0.6B Q4_0 35.9 tok/s prefill and 25.7 decode on the CPU, 3.3 and 5.7 on
    # the GPU (llama.cpp's issue 22682); Llama-3.2-1B Q4_1 13.2 and 3.6 tok/s (issue 17783).
    "mali": "others measured it 3 to 11 times slower than an RK3588's CPU (llama.cpp's issues 17783, 22682)",
}
"""Part of a GPU's name, in small letters → what is known of it."""


def gpu(examined: Examined) -> Iterator[Finding]:
    try:
        build = probe()
    except MortarError as error:
        yield failed("llama.cpp", error)
        return
    yield from judge(build, examined.settings.language.gpu_layers)


def judge(build: Build, gpu_layers: int) -> Iterator[Finding]:
    told = f"llama-cpp-python {build.version}, built for {' and '.join(build.backends)}"
    yield Finding("llama.cpp", Verdict.OK, told)
    for device in build.gpus:
        yield Finding("gpu", Verdict.OK, _told(device, gpu_layers))
    if build.gpus or not gpu_layers:
        return
    if build.backends == [CPU]:
        do = "run: MORTAR_LLAMA=vulkan make setup; or set gpu_layers in [language] to 0"
        yield Finding("gpu", Verdict.BAD, "gpu_layers is set, and llama.cpp was built for the CPU alone", do)
    else:
        do = "install its Vulkan driver (mesa-vulkan-drivers), or set gpu_layers in [language] to 0"
        yield Finding("gpu", Verdict.BAD, "gpu_layers is set, and llama.cpp sees no GPU", do)


def _told(device: Gpu, gpu_layers: int) -> str:
    memory = f", {device.free_MB} of {device.total_MB} MB free" if device.total_MB else ""
    used = f"gpu_layers is {gpu_layers}" if gpu_layers else "is used where gpu_layers in [language] says so"
    known = "".join(f"; {what}" for part, what in SLOW.items() if part in device.title.lower())
    return f"{device.title} ({device.name}){memory}: {used}{known}"
