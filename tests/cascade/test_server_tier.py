"""A server on the user's own network as the last model of the cascade, behind the real eye and language."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from cascade.servers import ANSWERS, MODEL, Behaviour, Server, chunk, reply, sends, sends_then_hangs, serving
from mortar import channel
from mortar.messages import Answered, Ask, Cancel, Escalated, Privacy
from mortar.privacy import Closed
from mortar.settings import Cascade, Settings
from mortar.settings import Server as ServerSettings
from mortar_tools.pair import Pair, expect
from scenes import table

EASY, HARD = ["key"], ["banana", "apple"]
"""Small is sure of the first, and not of the second."""


def asking(server: Server) -> Settings:
    configured = ServerSettings(url=server.url, model=MODEL, first_token_ms=500, total_ms=2_000)
    return Settings(cascade=Cascade(models=["small"], server=configured))


def answered(folder: Path, things: list[str], server: Server) -> tuple[Answered, list[str]]:
    """What is answered about a picture, and what the language brick told the supervisor."""
    table(things, folder / "scene.png")
    pair = Pair(folder, asking(server))
    pair.look(1)
    answer = pair.ask(1)
    failures = pair.language.failures()
    pair.kill()
    return answer, failures


def test_what_no_model_here_is_sure_of_the_server_answers(tmp_path: Path) -> None:
    """It gets the question, and the picture as the camera saw it."""
    with serving(ANSWERS) as server:
        answer, failures = answered(tmp_path, HARD, server)
    assert (answer.text, answer.model, answer.is_sure) == ("I see a cat.", "server", True)
    assert failures == []
    (request,) = server.requests
    content = request.json["messages"][-1]["content"]  # type: ignore[index]
    url = next(part["image_url"]["url"] for part in content if part["type"] == "image_url")
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert picture.size == Image.open(tmp_path / "scene.png").size
    assert "what do you see" in [part.get("text") for part in content]


def test_what_a_model_here_is_sure_of_goes_nowhere(tmp_path: Path) -> None:
    with serving(ANSWERS) as server:
        answer, _ = answered(tmp_path, EASY, server)
    assert answer.model == "small" and server.requests == []


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (sends_then_hangs([]), "server-too-slow"),
        (sends_then_hangs(reply(chunk("I see"))), "server-too-slow"),
        (sends(reply(chunk("I see"))), "server-broke-off"),
        (sends(reply(chunk("I see a cat.", model="another"))), "server-model-differs"),
        (sends(reply(b"data: {]\n\n")), "server-answer-garbled"),
        (sends(reply(b"no", status="500 Internal Server Error")), "server-refused"),
        (sends([]), "server-broke-off"),
    ],
)
def test_a_server_that_fails_leaves_the_small_models_answer(
    tmp_path: Path, behaviour: Behaviour, code: str
) -> None:
    """Which is not relied on. Nothing of the server's half an answer is said."""
    with serving(behaviour) as server:
        answer, failures = answered(tmp_path, HARD, server)
    assert (answer.model, answer.is_sure) == ("small", False)
    assert failures == [code]


def test_a_question_that_is_taken_back_lets_the_server_go(tmp_path: Path) -> None:
    """At once, and not when its time is over."""
    table(HARD, tmp_path / "scene.png")
    with serving(sends_then_hangs(reply(chunk("I see"))), ANSWERS) as server:
        pair = Pair(tmp_path, asking(server))
        pair.look(1)
        channel.send(pair.language.assistant, Ask(1, "what do you see", look=True))
        expect(pair.language.assistant, Escalated)
        channel.send(pair.language.assistant, Cancel(1))
        assert expect(pair.language.assistant, Answered).cancelled
        pair.look(2)
        asked_again = pair.ask(2)
        pair.kill()
    assert asked_again.turn == 2


def test_a_camera_that_is_switched_off_sends_no_picture_anywhere(tmp_path: Path) -> None:
    table(HARD, tmp_path / "scene.png")
    with serving(ANSWERS) as server:
        pair = Pair(tmp_path, asking(server))
        pair.look(1)
        channel.send(pair.eye.control, Privacy(Closed(microphone=False, camera=True), 1))
        answer = pair.ask(1)
        pair.kill()
    assert (answer.model, answer.is_sure) == ("small", False)
    assert server.requests == []


def test_a_key_that_others_may_read_leaves_the_server_out(tmp_path: Path) -> None:
    """It is told, and the models here answer."""
    key = tmp_path / "key"
    key.write_text("secret")
    key.chmod(0o644)
    (tmp_path / "camera").mkdir()
    table(HARD, tmp_path / "camera" / "scene.png")
    configured = ServerSettings(url="http://127.0.0.1:9", model=MODEL, key_file=str(key))
    pair = Pair(tmp_path / "camera", Settings(cascade=Cascade(models=["small"], server=configured)))
    pair.look(1)
    answer = pair.ask(1)
    assert (answer.model, answer.is_sure) == ("small", False)
    pair.kill()
