"""The language model, and the cascade of models that it may be the first of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from mortar.settings.section import Section
from mortar.settings.seeing import AUTO


class KvType(StrEnum):
    """Types of the KV cache, by their names in ggml."""

    F16 = "f16"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


class FlashAttention(StrEnum):
    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Speculate(StrEnum):
    """Who drafts what the language model then checks."""

    AUTO = "auto"
    OFF = "off"
    LOOKUP = "lookup"
    DRAFT = "draft"


class Language(Section, frozen=True):
    threads: Annotated[int, Meta(ge=1, le=16)] = 1
    """CPU threads of the language model; more pay for large models on cores that nothing else uses."""
    context_tok: Annotated[int, Meta(ge=128, le=131_072)] = 512
    """Size of the KV cache."""
    chunk_tok: Annotated[int, Meta(ge=1, le=512)] = 128
    """Tokens that are read before Mortar looks again for something more urgent, such as a question.
    `mortar tools tune language --write` measures what is best on this board, see
    [reading-ahead.md](reading-ahead.md)."""
    kv_type: KvType = KvType.F16
    """What the KV cache is kept as: "f16", or "q8_0" (53 % of its memory) or "q4_0" (28 %), which cost some
    time and quality, and want flash attention. See [memory-and-gpu.md](memory-and-gpu.md)."""
    flash_attention: FlashAttention = FlashAttention.AUTO
    """"auto" (where llama.cpp has it for the device), "on" or "off"."""
    repack: bool = True
    """Copy the weights into the order in which this processor multiplies fastest. Without, they stay in the
    file's pages, which processes share and the kernel can drop.
    See [memory-and-gpu.md](memory-and-gpu.md)."""
    gpu_layers: Annotated[int, Meta(ge=-1, le=1_000)] = 0
    """Layers of the model that are placed on a GPU; -1: all of them. Needs a llama.cpp built for GPUs
    (`MORTAR_LLAMA=vulkan make setup`)."""
    gpu_device: str = AUTO
    """"auto" (the first), or (part of) the name of a GPU that `mortar doctor` lists."""
    system: str = (
        "You are a helpful assistant who is listened to, not read. Answer in one or two short sentences, in "
        "plain words. Say so when you are not sure."
    )
    """What a chat model is told before everything else, where its chat template has a place for that; the
    bundled model was taught without. Empty: nothing."""
    answer_tok: Annotated[int, Meta(ge=8, le=4_096)] = 96
    """Longest answer; less of it while the battery is low. What is cut ends with its last whole sentence."""
    deadline_ms: Annotated[int, Meta(ge=500, le=600_000)] = 30_000
    """Longest time one answer may take."""
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.0
    """0: always the most probable token, so that one question about one picture has one answer. Above, each
    is drawn, as llama.cpp does it: top_k, top_p, min_p, temperature, in this order."""
    top_k: Annotated[int, Meta(ge=0, le=1_000_000)] = 40
    """Only so many of the most probable tokens may be drawn; 0: any."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    """Of those the fewest that have this probability together."""
    min_p: Annotated[float, Meta(ge=0, le=1)] = 0.05
    """Of those the ones with at least this share of the most probable one's probability."""
    seed: Annotated[int, Meta(ge=-1, lt=2**32)] = -1
    """Of what is drawn; -1: another one each time."""
    speculate: Speculate = Speculate.AUTO
    """Guess several tokens and have the model check them at once: "lookup" (what stood in the conversation
    before), "draft" (a smaller model guesses), "auto" ("draft" with a draft_model, else "lookup"), or
    "off". The answers stay the same, and what does not pay turns itself off. See
    [speculation.md](speculation.md)."""
    draft_tok: Annotated[int, Meta(ge=1, le=16)] = 4
    """Most tokens that are guessed at a time."""
    draft_model: str = ""
    """Name of the smaller model among the installed ones, or its folder; empty: the bundled *small*, where
    "draft" is asked for."""


class Server(Section, frozen=True):
    url: Annotated[str, Meta(pattern=r"^(https?://\S+)?$")] = ""
    """Address of an OpenAI-compatible server on your own network, such as "http://192.168.1.20:8080":
    llama-server, vLLM, Ollama. Pictures and questions that no model here is sure of go there. Empty: none."""
    model: str = ""
    """Name of its model, as its /v1/models lists it. Empty: the only one that it has."""
    key_file: str = ""
    """File with the server's API key, which its owner alone may read (chmod 600). Empty: it wants none."""
    allow_public: bool = False
    """Allow an address that is not in your own network."""
    allow_other_model: bool = False
    """Take answers that say they are another model's than was asked."""
    connect_ms: Annotated[int, Meta(ge=50, le=30_000)] = 2_000
    """Longest time until the server is reached."""
    first_token_ms: Annotated[int, Meta(ge=100, le=300_000)] = 10_000
    """Longest time from the question to the first word of the answer."""
    total_ms: Annotated[int, Meta(ge=200, le=600_000)] = 30_000
    """Longest time from the question to the last word."""


class Cascade(Section, frozen=True):
    models: list[str] = msgspec.field(default_factory=list)
    """Models that are asked one after the other until one is sure, the small ones first: "small" and "base"
    come with Mortar, others are installed models by name, or folders. Empty: one model alone. See
    [cascade.md](cascade.md)."""
    agreement: bool = False
    """Ask each question of the sentence templates a second time in other words, and let both answers be
    compared. Takes as long as the first answer, and finds few errors of the bundled models."""
    server: Server = Server()
