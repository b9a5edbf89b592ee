"""Where the language model's memory lies, and what it takes: said by llama.cpp, and seen from outside."""

from __future__ import annotations

import logging
import re
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from llama_memory.loads import Load
from mortar.bricks.language.figures import memory_figures
from mortar.runtimes.interfaces import Held
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.llama.placing import ON_CPU, Placing
from mortar.settings import FlashAttention, KvType

MAPPED = "CPU_Mapped"
REPACKED = "CPU_REPACK"
QUESTION = "what do you see"


def places(model: LlamaLanguageModel) -> dict[str, Held]:
    return {held.place: held for held in model.held}


def plain_model(path: Path, outputs_tok: int) -> LlamaLanguageModel:
    return LlamaLanguageModel(path, n_ctx=512, threads=1, should_stop=lambda: False, outputs_tok=outputs_tok)


def logits_of(model: LlamaLanguageModel) -> np.ndarray:
    model.decode(model.tokenize(QUESTION), 0)
    return model.logits().copy()


def mappings_kB(path: Path) -> dict[str, int]:
    """What /proc/self/smaps says of all mappings of a file, added up (proc_pid_smaps(5))."""
    found: dict[str, int] = {}
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(f" {path}")
        elif inside and line.endswith(" kB"):
            name, size = line.split(":")
            found[name] = found.get(name, 0) + int(size.split()[0])
    return found


def test_weights_are_the_pages_of_their_file(load: Load, weights: Path) -> None:
    """Nothing is copied: every weight lies in the mapping, which is in memory and was never written to."""
    model = load(repack=False)
    logits_of(model)
    assert {held.place for held in model.held if held.model_bytes} == {MAPPED}
    seen = mappings_kB(weights)
    weights_kB = places(model)[MAPPED].model_bytes // 1024
    assert seen["Rss"] >= 0.95 * weights_kB
    assert seen["Private_Dirty"] == seen["Shared_Dirty"] == seen["Anonymous"] == 0


def test_two_that_map_a_file_share_its_pages(load: Load, weights: Path) -> None:
    """The kernel counts each page of the file once, however many have mapped it."""
    logits_of(load(repack=False))
    logits_of(load(repack=False))
    seen = mappings_kB(weights)
    assert seen["Pss"] <= 0.6 * seen["Rss"]


def test_repacked_weights_are_a_copy_that_is_counted(load: Load) -> None:
    """Where this processor has a faster order for them, which llama.cpp knows."""
    kept, packed = load(repack=False), load(repack=True)
    if REPACKED not in places(packed):
        pytest.skip("llama.cpp has no other order of weights for this processor")
    assert places(packed)[REPACKED].model_bytes > 0.5 * places(kept)[MAPPED].model_bytes
    # Added up in another order: rounded differently, and no more than that.
    assert np.corrcoef(logits_of(packed), logits_of(kept))[0, 1] > 0.999


def test_pages_of_weights_that_were_copied_leave(load: Load, weights: Path) -> None:
    """What is still read of the file, the words' embeddings, comes back as it is touched."""
    model = load(repack=True)
    if REPACKED not in places(model):
        pytest.skip("llama.cpp has no other order of weights for this processor")
    logits_of(model)
    # The kernel maps 16 pages around each that is touched, which is much of so small a file.
    assert 0 < mappings_kB(weights)["Rss"] < 0.7 * weights.stat().st_size / 1024


def test_room_is_kept_for_no_more_logits_than_are_asked_for() -> None:
    """A row is as long as the vocabulary, and a batch has hundreds of tokens, of which few need one: of
    Qwen2-0.5B's 300 MB to compute in, 260 were for rows that nobody wants."""
    assert ON_CPU.context_parameters(1024, 1, batch_tok=512, outputs_tok=64).n_outputs_max == 64
    assert ON_CPU.context_parameters(32, 1, batch_tok=512, outputs_tok=64).n_outputs_max == 32


def test_more_logits_than_there_is_room_for_come_in_parts(weights: Path) -> None:
    """llama.cpp would end the process over them."""
    with closing(plain_model(weights, outputs_tok=512)) as model:
        tokens = model.tokenize(QUESTION) * 4
        together = model.decode_each(tokens, 0).copy()
    with closing(plain_model(weights, outputs_tok=3)) as model:
        in_parts = model.decode_each(tokens, 0)
    assert in_parts.shape == together.shape == (len(tokens), in_parts.shape[1])
    # Batches of other sizes round differently.
    assert np.corrcoef(in_parts.ravel(), together.ravel())[0, 1] > 0.999


def test_the_count_is_that_of_the_log(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """llama.cpp tells the same sizes twice, through quite different ways."""
    with caplog.at_level(logging.INFO, "mortar.runtimes.llama.log"):
        model = load(repack=False)
    held = places(model)
    told = {
        (place, kind): float(size)
        for line in caplog.messages
        for place, kind, size in re.findall(r"(\S+) (model|KV|compute) buffer size = +([\d.]+) MiB", line)
    }
    assert told[MAPPED, "model"] == pytest.approx(held[MAPPED].model_bytes / 2**20, abs=0.006)
    assert told["CPU", "KV"] == pytest.approx(held["CPU"].context_bytes / 2**20, abs=0.006)
    assert told["CPU", "compute"] == pytest.approx(held["CPU"].compute_bytes / 2**20, abs=0.006)


@pytest.mark.parametrize(("kv_type", "bytes_of_32"), [(KvType.Q8_0, 34), (KvType.Q4_0, 18)])
def test_a_quantised_cache_is_as_small_as_its_type(load: Load, kv_type: KvType, bytes_of_32: int) -> None:
    """32 values of f16 are 64 bytes; ggml's q8_0 and q4_0 keep them as 32 or 16 bytes and a scale."""
    plain, small = load(), load(kv_type=kv_type)
    assert places(small)["CPU"].context_bytes * 64 == places(plain)["CPU"].context_bytes * bytes_of_32
    exact, rounded = logits_of(plain), logits_of(small)
    assert not np.array_equal(exact, rounded), "the cache is used"
    assert np.corrcoef(exact, rounded)[0, 1] > 0.99


def test_flash_attention_is_the_same_attention(load: Load) -> None:
    flash = logits_of(load(flash_attention=FlashAttention.ON))
    plain = logits_of(load(flash_attention=FlashAttention.OFF))
    assert np.corrcoef(flash, plain)[0, 1] > 0.999


def test_layers_stay_on_the_cpu_unless_a_person_places_them(load: Load) -> None:
    model = load()
    assert model.unit == "llama/cpu"
    assert Placing().device() is None


def test_figures_are_named_by_place_kind_and_unit() -> None:
    held = [Held(MAPPED, 3 * 2**20, 0, 0), Held("Vulkan0", 0, 2**19, 2**20)]
    assert memory_figures(held) == {
        "cpu_mapped_model_MB": 3.0,
        "vulkan0_context_MB": 0.5,
        "vulkan0_compute_MB": 1.0,
    }
