"""How important each block, head and channel is, measured on scenes that were kept from training.

Blocks and heads are few, so each is left out in turn: its importance is by how much the loss grows. Beside it
stands a block's Block Influence, 1 - the mean cosine between what goes into it and what comes out (Men et al.
2024, "ShortGPT: Layers in Large Language Models are More Redundant Than You Expect", section 3.1).

Channels are many, so theirs is estimated. With a what a channel gives to the matrix behind it, and g the
loss's gradient there:

    activation  root mean square of a, times the length of the column that reads it (Sun et al. 2023, "Wanda:
                A Simple and Effective Pruning Approach for Large Language Models", eq. 1, of a whole column)
    taylor      mean over scenes of (sum over tokens of a·g)²: the square of the loss's first-order change
                when it is gone (Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning")
    random      by chance: what any choice at all is to be compared with
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.hooks import RemovableHandle

from mortar_tools.cards.training.batches import IGNORED, PADDING
from mortar_tools.cards.training.model import Language
from mortar_tools.prune.lessons import Lesson


class By(StrEnum):
    """What decides about channels."""

    ACTIVATION = "activation"
    TAYLOR = "taylor"
    RANDOM = "random"


def place(embedded: Tensor, image: Tensor, start: Tensor) -> Tensor:
    """Put image tokens [rows, n, width] into embedded text from column `start` [rows] of each row."""
    columns = start[:, None] + torch.arange(image.shape[1])
    return embedded.scatter(1, columns[..., None].expand(-1, -1, image.shape[2]), image)


def logits(language: Language, lesson: Lesson) -> Tensor:
    """[words of answers, vocabulary] where an answer is being said."""
    packed = lesson.packed
    embedded = place(language.token_embd(packed.ids), lesson.image, packed.start)
    hidden = language(embedded, packed.positions, packed.mask())
    return language.logits(hidden[packed.targets != IGNORED]).float()


def loss(language: Language, lesson: Lesson) -> Tensor:
    """Mean cross-entropy of the right words, in nats."""
    targets = lesson.packed.targets
    return F.cross_entropy(logits(language, lesson), targets[targets != IGNORED])


@contextmanager
def without(language: Language, gone: frozenset[int]) -> Iterator[None]:
    """Blocks left out for a while."""
    whole = language.blk
    language.blk = nn.ModuleList(block for number, block in enumerate(whole) if number not in gone)
    try:
        yield
    finally:
        language.blk = whole


@torch.no_grad()
def loss_without(language: Language, lessons: Sequence[Lesson], gone: frozenset[int]) -> float:
    """Mean loss in nats a word with some blocks left out."""
    with without(language, gone):
        return float(np.mean([float(loss(language, lesson)) for lesson in lessons]))


@torch.no_grad()
def influence(language: Language, lessons: Sequence[Lesson]) -> list[float]:
    """Block Influence of each block."""
    found: list[list[float]] = [[] for _ in language.blk]

    def watch(block: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        number = list(language.blk).index(block)  # type: ignore[arg-type]
        found[number].append(1 - float(F.cosine_similarity(given[0], made, dim=-1).mean()))

    with hooked([block.register_forward_hook(watch) for block in language.blk]):
        for lesson in lessons:
            logits(language, lesson)
    return [float(np.mean(its)) for its in found]


@torch.no_grad()
def head_scores(language: Language, lessons: Sequence[Lesson]) -> list[NDArray[np.float64]]:
    """By how much the loss grows without each head: [heads] of each block."""
    whole = loss_without(language, lessons, frozenset())
    dim = int(language.blk[0].head_dim)

    def cost(output: nn.Linear, head: int) -> float:
        def silence(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
            mixed = inputs[0].clone()
            mixed[..., head * dim : (head + 1) * dim] = 0
            return (mixed,)

        with hooked([output.register_forward_pre_hook(silence)]):
            return loss_without(language, lessons, frozenset()) - whole

    outputs = [block.attn_output for block in language.blk]
    return [np.array([cost(one, head) for head in range(one.in_features // dim)]) for one in outputs]


def channel_scores(
    language: Language, lessons: Sequence[Lesson], by: By, seed: int
) -> list[NDArray[np.float64]]:
    """Estimated importance of each channel: [channels] of each block."""
    downs = [block.ffn_down for block in language.blk]
    if by is By.RANDOM:
        rng = np.random.default_rng(seed)
        return [rng.random(one.in_features) for one in downs]
    given: dict[nn.Module, Tensor] = {}

    def keep(reader: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        inputs[0].retain_grad()
        given[reader] = inputs[0]

    sums = [np.zeros(one.in_features) for one in downs]
    with hooked([one.register_forward_pre_hook(keep) for one in downs]):
        for lesson in lessons:
            loss(language, lesson).backward()  # type: ignore[no-untyped-call]
            for total, reader in zip(sums, downs, strict=True):
                a, g = given[reader].detach(), given[reader].grad
                assert g is not None
                if by is By.TAYLOR:
                    scored = (a * g).sum(1).square().mean(0)
                else:
                    scored = a[lesson.packed.segments != PADDING].square().mean(0)
                    scored *= reader.weight.detach().square().sum(0)
                total += scored.double().numpy()
    language.zero_grad(set_to_none=True)
    return sums


@contextmanager
def hooked(hooks: Sequence[RemovableHandle]) -> Iterator[None]:
    """Hooks that are there for a while."""
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
