"""The eye's real main, its encoder on the stand-in for the NPU; where that fails, the next unit goes on."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness import started
from mortar import resources
from mortar.bricks import eye
from mortar.bricks.picture import pixels
from mortar.drivers import npu
from mortar.messages import Look, Looked, Places, Report, RingOffer, SlotReady
from mortar.rings.token_reader import TokenRingReader
from mortar.runtimes import choose, places
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.place import Place, Site
from mortar.runtimes.rknn.graph import Bounds, Shape
from mortar.runtimes.rknn.process import has_ended
from mortar.runtimes.vision import Batches
from mortar.settings import Eye as EyeSettings
from mortar.settings import RunOptions
from npu_stub import Open, expected


@dataclass
class Seen:
    """What came of some looks."""

    tokens: list[np.ndarray]
    places: list[Places]
    figures: dict[str, object]


def shapes(part: VisionPart) -> tuple[Shape, Shape]:
    given = Shape("uint8", (1, part.height_px, part.width_px, 3))
    return given, Shape("float32", (1, part.n_tok, part.n_embd))


@pytest.fixture
def on_npu(open_graph: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A board whose NPU is the stand-in. Nothing ends the process there: not even SIGKILL seems to."""

    def stand_in(site: Site) -> Place:
        def load() -> Batches:
            given, out = shapes(site.part)
            bounds = Bounds(load_ms=60_000, run_ms=3_000)
            graph = open_graph(
                given=given,
                out=out,
                bounds=bounds,
                confirm=lambda pidfd, within_s: has_ended(pidfd, within_s) and within_s < 5,
            )
            return Batches([graph], site.part.n_tok, site.part.n_embd)

        return Place("rknn/npu", "a stand-in", load)

    monkeypatch.setitem(places.PROBES, "rknn/npu", stand_in)
    monkeypatch.setattr(npu, "soc", lambda kernel: "rk3588")


async def looks(camera: Path, turns: int) -> Seen:
    seen = Seen([], [], {})
    async with started(eye.main, ["assistant", "language"], run=RunOptions(camera=str(camera))) as brick:
        await brick.ready()
        offer = await brick["language"].expect(RingOffer)
        reader = TokenRingReader(offer, os.dup(brick["language"].descriptors[0]), brick["language"].send)
        for turn in range(turns):
            brick["assistant"].send(Look(turn))
            await brick["assistant"].expect(Looked)
            reader.handle(await brick["language"].expect(SlotReady))
            with reader.take_newest() as slot:
                seen.tokens.append(slot.array.copy())
        while seen.figures.get("looks") != turns:
            seen.figures = dict((await brick["supervisor"].expect(Report)).figures)
        seen.places = [told for told in brick["supervisor"].seen if isinstance(told, Places)]
    return seen


def camera(folder: Path) -> list[Path]:
    """Three pictures of other colours, in a folder that plays the camera: nothing is encoded twice."""
    paths = [folder / "camera" / f"{number}.png" for number in range(3)]
    paths[0].parent.mkdir()
    for path, colour in zip(paths, ("teal", "orange", "white"), strict=True):
        Image.new("RGB", (64, 48), colour).save(path)
    return paths


def encoded_on_cpu(picture: Path) -> np.ndarray:
    model = ModelFolder(resources.bundled_model())
    part = model.manifest.vision
    out = np.zeros((1, part.n_tok, part.n_embd), np.float32)
    encoder = choose.vision_encoder(EyeSettings(unit="tflite/cpu"), model)
    encoder.encode(pixels(Image.open(picture), part.width_px, part.height_px), out)
    encoder.close()
    return out[0]


@pytest.mark.usefixtures("on_npu", "heap")
def test_looks_are_encoded_where_the_npu_is(tmp_path: Path) -> None:
    """The slots hold what the stand-in computes of the picture's own bytes."""
    pictures = camera(tmp_path)
    seen = asyncio.run(looks(pictures[0].parent, turns=3))
    part = ModelFolder(resources.bundled_model()).manifest.vision
    given, out = shapes(part)
    for tokens, picture in zip(seen.tokens, pictures, strict=True):
        taken = pixels(Image.open(picture), part.width_px, part.height_px).reshape(given.dims)
        assert (tokens == expected(taken, out)[0]).all()


@pytest.mark.usefixtures("on_npu", "heap")
def test_a_look_in_which_the_npu_hangs_is_encoded_on_the_next_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture is the right one, its slot another, and the status says what became of the NPU."""
    monkeypatch.setenv("STUB_RUN", "hang")
    monkeypatch.setenv("STUB_RUN_FROM", "2")
    pictures = camera(tmp_path)
    seen = asyncio.run(looks(pictures[0].parent, turns=3))
    assert np.abs(seen.tokens[0] - encoded_on_cpu(pictures[0])).max() > 1
    for tokens, picture in zip(seen.tokens[1:], pictures[1:], strict=True):
        np.testing.assert_allclose(tokens, encoded_on_cpu(picture), atol=1e-5)
    assert seen.figures["moves"] == 1 and seen.figures["quarantined"] == 1
    npu_now, *others = seen.places[-1].considered
    assert not npu_now.is_usable and "cannot be ended" in npu_now.reason
    assert [one.unit for one in others if one.is_used] == ["tflite/cpu"]
