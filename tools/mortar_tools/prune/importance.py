"""How important each block, head and channel is, measured on scenes that were kept from training.

A block: by how much the loss grows when it is left out, and its Block Influence, 1 - the mean cosine between
what goes into it and what comes out (Men et al. 2024, "ShortGPT: Layers in Large Language Models are More
Redundant Than You Expect", section 3.1).

A head or a channel, with a what it gives to the matrix behind it and g the loss's gradient there:

    taylor      mean over scenes of (sum over tokens of a·g)²: the loss's first-order change, squared, when it
                is gone (Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning", eq. 5)
    activation  mean |a|, times the length of the column that reads it (Sun et al. 2023, "Wanda", for whole
                columns)
    random      by chance: what any choice at all is to be compared with
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from mortar_tools.cards.training.batches import IGNORED
from mortar_tools.cards.training.model import Language
from mortar_tools.prune.lessons import Lesson


class By(StrEnum):
    """What decides about heads and channels."""

    TAYLOR = "taylor"
    ACTIVATION = "activation"
    RANDOM = "random"


@dataclass(frozen=True)
class Importance:
    """Of everything that can leave."""

    heads: list[NDArray[np.float64]]
    channels: list[NDArray[np.float64]]


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

    hooks = [block.register_forward_hook(watch) for block in language.blk]
    for lesson in lessons:
        logits(language, lesson)
    for hook in hooks:
        hook.remove()
    return [float(np.mean(its)) for its in found]


def importance(language: Language, lessons: Sequence[Lesson], by: By, seed: int) -> Importance:
    """Of every head and channel."""
    dim = int(language.blk[0].head_dim)
    outputs = [block.attn_output for block in language.blk]
    downs = [block.ffn_down for block in language.blk]
    if by is By.RANDOM:
        rng = np.random.default_rng(seed)
        return Importance(
            [rng.random(one.in_features // dim) for one in outputs],
            [rng.random(one.in_features) for one in downs],
        )
    # The two are measured in the same passes.
    scored = _scores(language, lessons, [*outputs, *downs], [dim] * len(outputs) + [1] * len(downs), by)
    return Importance(scored[: len(outputs)], scored[len(outputs) :])


def _scores(
    language: Language, lessons: Sequence[Lesson], readers: Sequence[nn.Linear], widths: Sequence[int], by: By
) -> list[NDArray[np.float64]]:
    """For each matrix, the importance of what it reads: [in / width], `width` numbers belonging together."""
    given: dict[int, Tensor] = {}

    def keep(number: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def watch(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            inputs[0].retain_grad()
            given[number] = inputs[0]

        return watch

    hooks = [one.register_forward_pre_hook(keep(number)) for number, one in enumerate(readers)]
    sums = [np.zeros(one.in_features // width) for one, width in zip(readers, widths, strict=True)]
    for lesson in lessons:
        loss(language, lesson).backward()  # type: ignore[no-untyped-call]
        for number, (reader, width) in enumerate(zip(readers, widths, strict=True)):
            a, g = given[number].detach(), given[number].grad
            assert g is not None
            if by is By.TAYLOR:
                scored = (a * g).sum(1).unflatten(1, (-1, width)).sum(2).square().mean(0)
            else:
                strength = a.abs().mean((0, 1)) * reader.weight.detach().norm(dim=0)
                scored = strength.unflatten(0, (-1, width)).sum(1)
            sums[number] += scored.double().numpy()
    for hook in hooks:
        hook.remove()
    language.zero_grad(set_to_none=True)
    return [one / len(lessons) for one in sums]
