"""What a brick asks of an engine. One small protocol per kind; one file per engine beside this.

Bricks import this file and `runtimes.choose`; they never import an engine. Arrays are numpy;
sound is int16 mono at 16 kHz unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mortar.errors import MortarError
from mortar.runtimes.chat import Chat

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
"""Pictures side by side: [n, height_px, width_px, 3], red green blue."""


class Interrupted(Exception):
    """The engine was asked to give up while it worked, and did."""


@dataclass(frozen=True)
class Detection:
    """A wake word, `end_sample` counted from the first sample the engine was given."""

    word: str
    score: float
    end_sample: int


class WakeWordSpotter(Protocol):
    unit: str

    def process(self, samples: Samples, expectant: bool = False) -> list[Detection]:
        """Feed the next samples, any number; gives the detections in them. `expectant`: somebody speaks
        into something else that sounds, and less of their word will do."""


class PhraseRecogniser(Protocol):
    unit: str

    def phrase(self, sound: Samples, loud_from: int, loud_to: int) -> str | None:
        """The phrase that was said in `sound`, of which the samples from `loud_from` to `loud_to` are a
        person's; None where they said something else. Raises Interrupted, or MortarError where the engine
        fails."""


class SpeechDetector(Protocol):
    def probability(self, window: Samples) -> float:
        """Probability of speech in exactly 512 samples (32 ms, the microphone's block), 0..1."""

    def reset(self) -> None:
        """Forget what was heard."""


@dataclass(frozen=True)
class Transcript:
    """`text` is None where the recogniser rejects what it heard."""

    text: str | None
    confidence: float


class Utterance(Protocol):
    """One utterance on its way through speech to text, while it is spoken.

    Both methods raise Interrupted, or MortarError where the engine fails. No sound is lost by that:
    either may be called again.
    """

    def hear(self, samples: Samples) -> str:
        """Take the sound that follows, any number of samples. Gives what is understood so far: ""
        where the engine doesn't work before it is asked to conclude."""

    def conclude(self) -> Transcript:
        """What was said, if this was all. More may follow: people pause."""


class SpeechToText(Protocol):
    unit: str
    """Runtime and unit, for the placement: "pocketsphinx/cpu"."""

    def utterance(self) -> Utterance:
        """Begin a new one. Those before it may be dropped at any time."""


class UnitFailed(MortarError):
    """A unit cannot do its work any more: what it did moves to the next one."""

    def __init__(self, code: str, what: str, do: str, *, is_lost: bool = False) -> None:
        super().__init__(code, what, do)
        self.is_lost = is_lost
        """Not even SIGKILL frees it: out of use until the board restarts, with the memory that it was
        writing to."""


class VisionGraph(Protocol):
    """One compiled graph of a vision encoder, or of half of one; its shapes are fixed."""

    unit: str
    """Runtime and unit, for the placement: "tflite/cpu"."""
    batch: int
    """Pictures in one run."""

    def run(self, given: Pixels | Floats, out: Floats) -> None:
        """Blocks. By the graph's role `given` is uint8 [batch, height_px, width_px, 3] (whole, patches) or
        float32 [batch, patches, width] (blocks), and `out` float32 [batch, n_tok, n_embd] (whole, blocks) or
        [batch, patches, width] (patches), which is written in place and may lie in shared memory.

        Raises UnitFailed."""

    def close(self) -> None:
        """Give back what the engine holds."""


Done = Callable[[int], None]


def nobody(n: int) -> None:
    """Is told, and does nothing."""


class VisionEncoder(Protocol):
    """Graphs put together, so that any number of pictures goes in."""

    unit: str
    n_tok: int
    """Tokens of one picture."""
    n_embd: int

    def encode(self, pictures: Pixels, out: Floats, done: Done = nobody) -> None:
        """Encode `pictures` into `out`, float32 [n, n_tok, n_embd], in place. Raises UnitFailed.

        `done` is told how many are whole in `out`, which is not written there any more, while others follow.
        """

    def close(self) -> None:
        """Give back what the engines hold."""


class SpeechSynthesiser(Protocol):
    unit: str
    rate_Hz: int
    language: str
    """What it speaks, as espeak-ng names it: "en-us"."""

    def synthesise(self, text: str) -> Generator[Samples, None, None]:
        """Sound of `text`, chunk by chunk as the engine makes it; closing the generator stops it."""

    def close(self) -> None:
        """Give back what the engine holds."""


@dataclass(frozen=True)
class Abilities:
    """What a language model's memory can do, found out by trying it."""

    forgets: bool
    """It can forget its tail and keep the rest. Recurrent memories can only forget all: see `keep`."""
    cuts: bool
    """It can forget something from its middle, and move up what follows: see `cut`."""
    splits_pictures: bool
    """Rows of a picture may be read in several parts. Not where they attend to each other in both
    directions: such a picture is read whole."""


@dataclass(frozen=True)
class Held:
    """Memory that a language model holds in one place."""

    place: str
    """As the engine calls it. llama.cpp: "CPU", "CPU_Mapped" (the file itself), "Vulkan0" ..."""
    model_bytes: int
    """Weights."""
    context_bytes: int
    """KV cache."""
    compute_bytes: int
    """Room for what is computed on the way."""
    is_mapped: bool = False
    """Whether these are the pages of a file: shared with whoever else maps it, and no copy."""

    @property
    def total_bytes(self) -> int:
        return self.model_bytes + self.context_bytes + self.compute_bytes


class LanguageModel(Protocol):
    """A causal language model with a memory (KV cache) of one sequence, positions 0, 1, 2, ...

    What decodes raises Interrupted, or MortarError where the engine fails; the memory then holds an unknown
    part of what was given, which `keep` removes.
    """

    unit: str
    held: Sequence[Held]
    """Its memory, place by place."""
    n_ctx: int
    """Positions that the memory has."""
    n_embd: int
    n_vocab: int
    abilities: Abilities
    state_form: str
    """What `state` depends on beside the model's file: the engine's build, and how its memory is laid out."""
    chat: Chat | None
    """How it is talked to, as its file says; None: the file does not."""

    def close(self) -> None:
        """Give back what the engine holds."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of `text`; `special` lets it name control tokens, otherwise it is only words."""

    def control_tokens(self, text: str) -> set[str]:
        """Those that `text` names."""

    def piece(self, token: int) -> bytes:
        """The token's text: UTF-8, but a character may be split over tokens."""

    def is_end(self, token: int) -> bool:
        """Whether the token ends an answer."""

    def decode(self, tokens: Sequence[int], pos: int) -> None:
        """Read `tokens` into the memory at position `pos` and after it."""

    def decode_each(self, tokens: Sequence[int], pos: int) -> Floats:
        """As `decode`, at most a batch; gives the logits after each token, [n, n_vocab]: the engine's own
        memory, until it decodes again. Raises MortarError too where they are no numbers."""

    def decode_embeddings(self, address: int, n_tok: int, pos: int) -> None:
        """Read float32 [n_tok, n_embd] at `address`, where it lies, into the memory at `pos`."""

    def logits(self) -> Floats:
        """After what was decoded last, [n_vocab]: the engine's own memory, until it decodes again. Raises
        MortarError where they are no numbers."""

    def keep(self, n_tok: int) -> int:
        """Forget everything from position `n_tok` on. Gives what is left: fewer (then 0) where
        this model's memory cannot forget a part, or held no more."""

    def cut(self, begin: int, end: int) -> None:
        """Forget the positions from `begin` to before `end`; those behind move up. Only where
        `abilities.cuts`. What follows was computed with what is cut in view, and is not computed anew."""

    def state(self) -> bytes:
        """The memory's contents, which `restore` takes in another run with the same model and
        `state_form`."""

    def restore(self, state: bytes) -> bool:
        """Hold what `state` does, and nothing else; False where it is none of this model's: then nothing is
        held. Only for what `state` gave: llama.cpp checks shapes, not a damaged file."""


def most_probable(logits: Floats) -> tuple[int, float]:
    """The token with the largest of [n_vocab] logits, and its probability."""
    token = int(np.argmax(logits))
    # Softmax of the largest: exp(0) over the sum, which cannot overflow.
    return token, float(1 / np.exp(logits - logits[token]).sum())
