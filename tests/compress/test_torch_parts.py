"""What is trained and what is measured for pruning and fine-tuning, on the small bundled model."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")

import llama_cpp  # noqa: E402

from mortar.runtimes.llama.model import LlamaLanguageModel  # noqa: E402
from mortar_tools.cards.language import interview  # noqa: E402
from mortar_tools.cards.things import CARDS  # noqa: E402
from mortar_tools.cards.tokenizer import imagined  # noqa: E402
from mortar_tools.cards.training.batches import pack_row, stack  # noqa: E402
from mortar_tools.cards.training.model import Cards, Language, Shape  # noqa: E402
from mortar_tools.cards.training.restored import language_of, language_weights  # noqa: E402
from mortar_tools.finetune.data import Example  # noqa: E402
from mortar_tools.finetune.fit import EVERY, How, fit  # noqa: E402
from mortar_tools.finetune.lora import Adapted, Rank, adapt, merge, write_adapter  # noqa: E402
from mortar_tools.finetune.own import Own, turn  # noqa: E402
from mortar_tools.prune.choose import Kept  # noqa: E402
from mortar_tools.prune.cut import cut, everything  # noqa: E402
from mortar_tools.prune.importance import By, channel_scores, head_scores, loss_without  # noqa: E402
from mortar_tools.prune.lessons import Lesson, Lessons  # noqa: E402
from mortar_tools.prune.recover import distilling, rate, recover  # noqa: E402
from mortar_tools.weights import gguf_file  # noqa: E402
from mortar_tools.weights.gguf_file import GgufModel  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SMALL = CARDS / "small" / "language-q4_k_m.gguf"
IDS = [0, 3, 40, 41, 42, 4]


@pytest.fixture(scope="module")
def source() -> GgufModel:
    return gguf_file.read(SMALL)


@pytest.fixture
def language(source: GgufModel) -> Language:
    return language_of(source)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """Questions about scenes that nobody drew; the pictures are noise."""
    rng = np.random.default_rng(0)
    rows = [pack_row([], interview(rng, imagined(rng), 3), 16, 1.0) for _ in range(6)]
    return Lesson(torch.randn(6, 16, 256, generator=torch.Generator().manual_seed(0)), stack(rows))


def after(path: Path, adapter: Path | None = None) -> np.ndarray:
    """llama.cpp's logits after a prompt, with an adapter beside the model."""
    model = LlamaLanguageModel(path, n_ctx=64, threads=1, should_stop=lambda: False)
    try:
        if adapter is not None:
            held = llama_cpp.llama_adapter_lora_init(model._model, str(adapter).encode())
            assert held, "llama.cpp takes the adapter"
            one, scale = (type(held) * 1)(held), (ctypes.c_float * 1)(1.0)
            assert llama_cpp.llama_set_adapters_lora(model._context, one, 1, scale) == 0
        model.decode(IDS, 0)
        return np.array(model.logits())
    finally:
        model.close()


@torch.no_grad()
def in_torch(language: Language) -> np.ndarray:
    n = len(IDS)
    seen = torch.ones(1, n, n, dtype=torch.bool).tril()
    hidden = language(language.token_embd(torch.tensor([IDS])), torch.arange(n)[None], seen)
    return language.logits(hidden)[0, -1].numpy()


def learned(language: Language, rank: Rank) -> None:
    """Adapters that have learned something or other."""
    torch.manual_seed(0)
    for one in adapt(language.blk, rank):
        torch.nn.init.normal_(one.b, std=0.05)


def test_blocks_of_unlike_sizes_are_the_same_in_torch_and_in_llama_cpp(
    source: GgufModel, tmp_path: Path
) -> None:
    whole = everything(source)
    made = cut(source, (Kept(0, whole[0].heads[1:], whole[0].channels[:96]), *whole[1:]))
    gguf_file.write(made, tmp_path / "uneven.gguf")
    ours = in_torch(language_of(made))
    assert np.allclose(ours, after(tmp_path / "uneven.gguf"), atol=0.05) and np.abs(ours).max() > 1


def test_an_adapter_changes_nothing_before_it_has_learned(language: Language) -> None:
    before = in_torch(language)
    adapt(language.blk, Rank(4, 8.0))
    assert np.array_equal(before, in_torch(language))


def test_merged_weights_say_what_the_adapters_said(language: Language) -> None:
    before = in_torch(language)
    learned(language, Rank(4, 8.0))
    adapted = in_torch(language)
    merge(language)
    assert not any(isinstance(module, Adapted) for module in language.modules())
    assert np.allclose(adapted, in_torch(language), atol=1e-3)
    assert not np.allclose(before, adapted, atol=0.1)


def test_a_kept_adapter_does_in_llama_cpp_what_merging_does(
    source: GgufModel, language: Language, tmp_path: Path
) -> None:
    plain, rank = tmp_path / "plain.gguf", Rank(4, 8.0)
    gguf_file.write(source, plain)
    learned(language, rank)
    write_adapter(language, rank, tmp_path / "adapter.gguf")
    merge(language)
    merged = GgufModel(source.architecture, source.keys, language_weights(language))
    gguf_file.write(merged, tmp_path / "merged.gguf")
    beside, inside = after(plain, tmp_path / "adapter.gguf"), after(tmp_path / "merged.gguf")
    assert np.allclose(beside, inside, atol=0.05)
    assert not np.allclose(inside, after(plain), atol=0.1)


def test_what_does_nothing_is_not_important(language: Language, lesson: Lesson) -> None:
    with torch.no_grad():
        language.blk[0].attn_output.weight[:, :64] = 0
        language.blk[1].ffn_down.weight[:, 7] = 0
    heads = head_scores(language, [lesson])
    assert heads[0][0] == 0 and all(abs(score) > 0 for score in heads[0][1:])
    for by in (By.ACTIVATION, By.TAYLOR):
        channels = channel_scores(language, [lesson], by, seed=0)
        assert channels[1][7] == 0 and (channels[1] > 0).sum() > 400, by


def test_a_block_is_back_after_it_was_left_out(language: Language, lesson: Lesson) -> None:
    whole = loss_without(language, [lesson], frozenset())
    assert loss_without(language, [lesson], frozenset({1})) != whole
    assert loss_without(language, [lesson], frozenset()) == whole and len(language.blk) == 2


def test_a_pupil_that_says_the_same_has_only_the_right_words_to_learn() -> None:
    logits, targets = torch.randn(5, 11), torch.arange(5)
    same = distilling(logits, logits, targets)
    assert torch.isclose(same, torch.nn.functional.cross_entropy(logits, targets), atol=1e-5)
    assert distilling(logits, torch.randn(5, 11), targets) > same


def test_the_rate_ends_at_nothing() -> None:
    assert rate(1.0) == 0 < rate(0.9) < rate(0.5) < rate(0.06)


def test_recovery_brings_a_cut_model_nearer_to_the_whole_one(source: GgufModel, lesson: Lesson) -> None:
    """On the same few questions each time: what is held is that it learns, not that it generalises."""
    whole = everything(source)
    pruned = cut(source, (Kept(0, whole[0].heads, whole[0].channels[::2]), *whole[1:]))
    student, teacher = language_of(pruned), language_of(source)
    before = loss_without(student, [lesson], frozenset())
    found = recover(student, teacher, iter(lambda: lesson, None), minutes=0.1)
    assert found.steps > 1 and loss_without(student, [lesson], frozenset()) < before


def test_training_that_does_not_help_stops_and_leaves_no_trace() -> None:
    """At a rate of nearly nothing upwards: no look is better than the one before any step."""
    torch.manual_seed(0)
    model = Cards(Shape(vision_layers=1, layers=1, vocabulary=1280)).requires_grad_(False)
    adapters = adapt(model.language.blk, Rank(2, 4.0))
    asked = turn(Example(Path("a.png"), "digest", "what is it", "A cat.", 1))
    own = Own(torch.randn(2, 64, 192), ((asked,), (asked,)), 1, 16)
    rng = np.random.default_rng(0)
    cards = Lessons(torch.randn(1, 64, 192), (imagined(rng),), 16)
    how = How(learning_rate=-1e-2, minutes=5, patience=1, rehearsal=0.5, seed=0)
    found = fit(model, adapters, own, own, cards, how)
    assert (found.steps, found.best_step, found.loss_best) == (EVERY, 0, found.loss_before)
    assert all(not one.b.any() for one in adapters)


def test_the_front_leaves_out_what_something_smaller_is_as_good_as() -> None:
    pytest.importorskip("matplotlib")
    from mortar_tools.cards.evaluate.figures import Figure
    from mortar_tools.prune.plot import front
    from mortar_tools.prune.trial import Row, Step

    def row(parameters: int, value: float) -> Row:
        return Row(str(parameters), Step.PRUNED, parameters, 1, (Figure("exact", value, 1, 0, (0, 1)),))

    best = front([row(3, 0.9), row(1, 0.5), row(2, 0.4), row(4, 0.9)], "exact")
    assert [one.parameters for one in best] == [1, 3]
