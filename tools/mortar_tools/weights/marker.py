"""A language model file is asked held-out questions, through llama.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.bricks.views import views
from mortar.commands.describe import DESCRIBE
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.cards.evaluate.marking import Things, mentioned
from mortar_tools.cards.export.likelihood import exact, log_softmax, nats_of
from mortar_tools.cards.export.marker import Marker
from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.tokenizer import ANSWER, USER
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, draw
from mortar_tools.out import progress
from mortar_tools.weights.quality import Marked

QUESTIONS = 6
"""About each scene."""
MOST_ANSWER_TOK = 96
"""As the language brick has it."""


@dataclass(frozen=True)
class Scene:
    """A picture as a language model meets it, with what is to be answered."""

    tokens: Floats
    """[n_tok, n_embd]"""
    turns: tuple[Turn, ...]
    present: Things | None = None
    """What is there, where it is known: then a description is asked for as well."""


def scenes(model: ModelFolder, split: str, n: int, seed: int, work: Path) -> list[Scene]:
    """The first scenes of a split as the folder's own encoder sees them."""
    eye, found = Eye(model), []
    for number in progress(SPLITS[split][:n], "looking at held-out scenes"):
        drawn = draw(number, work=work)
        turns = interview(np.random.default_rng([seed, number]), truth_of(drawn), QUESTIONS)
        present = Things(thing.thing for thing in drawn.seen)
        found.append(Scene(eye.see(Image.fromarray(drawn.picture)), tuple(turns), present))
    return found


class Eye:
    """A folder's encoder, on the unit that the assistant would choose."""

    def __init__(self, model: ModelFolder) -> None:
        self._part = model.manifest.vision
        self._encoder = choose.vision_encoder(Settings().eye, model)

    def see(self, picture: Image.Image) -> Floats:
        """[n_tok, n_embd] of a picture as a whole."""
        tokens = np.empty((1, self._encoder.n_tok, self._encoder.n_embd), np.float32)
        self._encoder.encode(views(picture, self._part)[:1], tokens)
        return tokens[0]


def mark(path: Path, found: Sequence[Scene], title: str) -> list[Marked]:
    """What a language GGUF makes of scenes. Raises MortarError where llama.cpp cannot run it."""
    marker = Describer(path)
    try:
        return [marker.scene(one) for one in progress(found, title)]
    finally:
        marker.close()


class Describer(Marker):
    """A marker that can also be asked what it sees."""

    def scene(self, scene: Scene) -> Marked:
        """All that is asked about one scene."""
        pos = self.look(scene.tokens)
        nats, right = [], 0
        for turn in scene.turns:
            logits, answer = self.told(turn, pos)
            said = log_softmax(logits)
            nats.append(nats_of(said, answer))
            right += exact(said, answer)
        return Marked(
            nats=float(sum(one.sum() for one in nats)),
            tokens=sum(map(len, nats)),
            right=right,
            asked=len(scene.turns),
            said=None if scene.present is None else mentioned(self.describe(pos)),
            present=scene.present,
        )

    def describe(self, pos: int) -> str:
        """What it says to "what do you see", when the picture ends at `pos`."""
        self.keep(pos)
        question = [*self._control(USER), *self.tokenize(DESCRIBE), *self._control(ANSWER)]
        self.decode(question, pos)
        pos += len(question)
        said = b""
        for _ in range(MOST_ANSWER_TOK):
            token = int(self.logits().argmax())
            if self.is_end(token):
                break
            said += self.piece(token)
            self.decode([token], pos)
            pos += 1
        return said.decode("utf-8", "replace").strip()
