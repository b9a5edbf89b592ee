"""Which GPU is meant, and what is said where it is not there."""

from __future__ import annotations

import pytest

from mortar.doctor import gpu
from mortar.doctor.finding import Verdict
from mortar.errors import MortarError
from mortar.runtimes.llama.ggml import Device, Kind, backends, devices
from mortar.runtimes.llama.placing import choose, unit
from mortar.runtimes.llama.probe import Build, Gpu, probe

MALI = Device(1, "Vulkan", "Vulkan0", "Mali-G610 (Panfrost)", Kind.INTEGRATED_GPU, 0, 0)
RADEON = Device(2, "Vulkan", "Vulkan1", "AMD Radeon RX 7600", Kind.GPU, 0, 0)
BOTH = ["Vulkan", "CPU"]


def test_the_first_is_taken_or_the_one_that_is_named() -> None:
    gpus = [MALI, RADEON]
    assert choose(gpus, "auto", BOTH) is MALI
    assert choose(gpus, "radeon", BOTH) is RADEON
    assert choose(gpus, "Vulkan1", BOTH) is RADEON


@pytest.mark.parametrize(
    ("gpus", "built", "told"),
    [
        ([MALI], BOTH, "no GPU called radeon, only Mali-G610 (Panfrost)"),
        ([], BOTH, "sees no GPU through Vulkan"),
        ([], ["CPU"], "MORTAR_LLAMA=vulkan make setup"),
    ],
)
def test_a_missing_gpu_is_one_line(gpus: list[Device], built: list[str], told: str) -> None:
    with pytest.raises(MortarError) as caught:
        choose(gpus, "radeon", built)
    assert caught.value.code == "language-gpu-missing"
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_the_placement_says_where_and_how_much() -> None:
    assert unit(None, 0, 24) == "llama/cpu"
    assert unit(MALI, 12, 24) == "llama/vulkan:Mali-G610 (Panfrost), 12 of 25 layers"
    assert unit(MALI, 99, 24) == unit(MALI, -1, 24) == "llama/vulkan:Mali-G610 (Panfrost), 25 of 25 layers"


def test_the_cpu_is_among_the_devices() -> None:
    assert [device.backend for device in devices() if device.kind is Kind.CPU] == ["CPU"]


def test_another_process_sees_what_we_see() -> None:
    assert probe().backends == backends()


def test_the_doctor_lists_gpus_and_what_is_known_of_them() -> None:
    build = Build("0.3.36", BOTH, [Gpu("Vulkan0", MALI.title, 3000, 4000)])
    of_llama, of_gpu = gpu.judge(build, gpu_layers=0)
    assert of_llama.what == "llama-cpp-python 0.3.36, built for Vulkan and CPU"
    assert "Mali-G610 (Panfrost) (Vulkan0), 3000 of 4000 MB free" in of_gpu.what
    assert "slower" in of_gpu.what, "others have measured it"


@pytest.mark.parametrize(("built", "do"), [(["CPU"], "MORTAR_LLAMA=vulkan"), (BOTH, "mesa-vulkan-drivers")])
def test_the_doctor_says_why_layers_cannot_be_placed(built: list[str], do: str) -> None:
    build = Build("0.3.36", built, [])
    assert [finding.verdict for finding in gpu.judge(build, gpu_layers=0)] == [Verdict.OK]
    wrong = list(gpu.judge(build, gpu_layers=4))[-1]
    assert wrong.verdict is Verdict.BAD and do in wrong.do
