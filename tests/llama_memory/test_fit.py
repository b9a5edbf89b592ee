"""A model that cannot fit is refused in one line, before it takes any memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from llama_memory.loads import Load
from mortar.drivers.kernel import Kernel
from mortar.drivers.memory import available_bytes
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Held
from mortar.runtimes.llama import fit
from mortar.runtimes.llama.breakdown import Placed
from mortar.runtimes.llama.ggml import Device, Kind
from mortar.runtimes.llama.model import BATCH_TOK, OUTPUTS_TOK
from mortar.runtimes.llama.placing import Placing

MiB = 2**20
FILE = Path("/models/large.gguf")


def on_cpu(model_MB: int, context_MB: int, compute_MB: int) -> Placed:
    return Placed(Held("CPU", model_MB * MiB, context_MB * MiB, compute_MB * MiB), None)


def on_gpu(kind: Kind, model_MB: int, *, free_MB: int, total_MB: int = 8_000) -> Placed:
    device = Device(1, "Vulkan", "Vulkan0", "Some GPU", kind, free_MB * MiB, total_MB * MiB)
    return Placed(Held("Vulkan0", model_MB * MiB, 0, 0), device)


def refused(needs: list[Placed], available_MB: int) -> str | None:
    """The line that is told; None where the model may be loaded."""
    try:
        fit.judge(FILE, needs, available_MB * MiB)
    except MortarError as error:
        assert error.code == "language-model-too-large"
        return str(error)
    return None


def test_what_is_needed_is_what_is_held(load: Load, weights: Path) -> None:
    """The load that allocates nothing says what the load that does will hold."""
    mapped = Placing(repack=False)
    needs = fit.needed(
        weights, mapped.model_parameters(None), mapped.context_parameters(256, 1, BATCH_TOK, OUTPUTS_TOK)
    )
    held = load(repack=False).held
    for kind in ("model_bytes", "context_bytes", "compute_bytes"):
        assert sum(getattr(one.held, kind) for one in needs) == sum(getattr(one, kind) for one in held)


def test_a_context_that_no_memory_here_holds_is_refused(load: Load) -> None:
    """Really: twice the free memory for the cache alone, of which nothing is taken."""
    available = available_bytes(Kernel())
    assert available is not None
    n_ctx = 1024 * (2 * available // (load(n_ctx=1024).held[-1].context_bytes or 1))
    with pytest.raises(MortarError) as caught:
        load(n_ctx=n_ctx)
    assert caught.value.code == "language-model-too-large"
    assert "language-iq4_nl.gguf needs" in caught.value.what and "KV cache" in caught.value.what
    assert "context_tok" in caught.value.do and "\n" not in str(caught.value)


def test_the_line_says_what_it_needs_and_what_there_is() -> None:
    assert refused([on_cpu(900, 300, 40)], 1_000) == (
        "large.gguf needs 1240 MB of memory (weights 900, KV cache 300, computing 40), and 1000 MB are free; "
        "lower context_tok, set kv_type to q8_0 in [language], or use a smaller model"
    )
    assert refused([on_cpu(900, 300, 40)], 1_240) is None


def test_a_gpu_has_its_own_memory_or_the_cpus() -> None:
    own = on_gpu(Kind.GPU, 600, free_MB=500)
    told = refused([on_cpu(100, 0, 0), own], 10_000)
    assert told is not None and "600 MB of memory of Some GPU" in told and "lower gpu_layers" in told
    assert refused([on_cpu(100, 0, 0), on_gpu(Kind.GPU, 600, free_MB=700)], 200) is None

    shared = on_gpu(Kind.INTEGRATED_GPU, 600, free_MB=500)
    assert refused([on_cpu(100, 0, 0), shared], 10_000) is None
    told = refused([on_cpu(100, 0, 0), shared], 650)
    assert told is not None and "needs 700 MB of memory (" in told


def test_a_gpu_that_does_not_say_is_believed() -> None:
    assert refused([on_gpu(Kind.GPU, 600, free_MB=0, total_MB=0)], 200) is None


def test_a_computer_that_does_not_say_is_believed() -> None:
    fit.judge(FILE, [on_cpu(900, 300, 40)], None)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    """A computer with 4000 MB free, on which a service may have 1000 MB, and its slice 700 MB."""
    files = {
        "proc/meminfo": "MemTotal: 8192000 kB\nMemAvailable: 4096000 kB\n",
        "proc/self/cgroup": "0::/system.slice/mortar.service\n",
        "sys/fs/cgroup/system.slice/mortar.service/memory.max": f"{1000 * MiB}\n",
        "sys/fs/cgroup/system.slice/mortar.service/memory.current": f"{500 * MiB}\n",
        "sys/fs/cgroup/system.slice/mortar.service/memory.stat": (
            f"anon {300 * MiB}\nfile {200 * MiB}\ninactive_file {150 * MiB}\nactive_file {50 * MiB}\n"
        ),
        "sys/fs/cgroup/system.slice/memory.max": f"{700 * MiB}\n",
        "sys/fs/cgroup/system.slice/memory.current": f"{600 * MiB}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Kernel(tmp_path)


def test_the_tightest_group_around_us_counts(kernel: Kernel) -> None:
    assert available_bytes(kernel) == 100 * MiB


def test_a_groups_cached_files_count_as_free(kernel: Kernel) -> None:
    (kernel.root / "sys/fs/cgroup/system.slice/memory.max").write_text("max\n")
    assert available_bytes(kernel) == 700 * MiB


def test_without_groups_the_computers_memory_counts(kernel: Kernel) -> None:
    (kernel.root / "proc/self/cgroup").write_text("12:memory:/old\n")
    assert available_bytes(kernel) == 4000 * MiB
    (kernel.root / "proc/meminfo").unlink()
    assert available_bytes(kernel) is None
