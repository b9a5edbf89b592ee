"""A server as the last tier: what it is asked, and that it may do what it likes and nothing hangs."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cascade.servers import (
    ANSWERS,
    LISTED,
    MODEL,
    WORDS,
    Behaviour,
    Server,
    chunk,
    chunked,
    reply,
    sends,
    sends_then_hangs,
    serving,
)
from mortar import settings
from mortar.errors import MortarError, UsageError
from mortar.messages import Exchange
from mortar.runtimes.openai_server import OpenAIServer, Piece, Written
from mortar.runtimes.openai_server.address import is_own, parsed

JPEG = b"\xff\xd8 a picture \xff\xd9"
DONE = b"data: [DONE]\n\n"

PATIENT = {"connect_ms": 5_000, "first_token_ms": 20_000, "total_ms": 30_000}
"""Bounds that no test reaches."""


def ask(
    server: Server,
    say: Callable[[Piece], None] = lambda piece: None,
    *,
    jpeg: bytes | None = JPEG,
    earlier: Sequence[Exchange] = (),
    **changed: object,
) -> Written:
    told = {"url": server.url, "model": MODEL, **PATIENT, **changed}
    client = OpenAIServer(settings.Server(**told))  # type: ignore[arg-type]
    return asyncio.run(client.answer("what is that", jpeg, earlier, 16, say))


def failure(behaviour: Behaviour, **changed: object) -> MortarError:
    """The one clear line of a question that was not answered."""
    with serving(behaviour) as server, pytest.raises(MortarError) as error:
        ask(server, **changed)
    assert "\n" not in str(error.value)
    return error.value


# --- what it is asked, and what comes back ---


def test_an_answer_comes_piece_by_piece() -> None:
    said: list[str] = []
    with serving(ANSWERS) as server:
        written = ask(server, lambda piece: said.append(piece.text))
    assert said == list(WORDS)
    assert written.text == "I see a cat." and written.is_whole


def test_it_is_asked_about_the_picture_after_what_was_said_before() -> None:
    with serving(ANSWERS) as server:
        ask(server, earlier=[Exchange("is there a dog", "No.")])
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    asked = request.json
    assert asked["model"] == MODEL and asked["stream"] is True and asked["max_tokens"] == 16
    earlier, answer, question = asked["messages"]  # type: ignore[misc]
    assert earlier == {"role": "user", "content": "is there a dog"}
    assert answer == {"role": "assistant", "content": "No."}
    picture, text = question["content"]
    address = picture["image_url"]["url"]
    assert base64.b64decode(address.removeprefix("data:image/jpeg;base64,")) == JPEG
    assert text == {"type": "text", "text": "what is that"}


def test_a_path_before_v1_belongs_to_the_address() -> None:
    with serving(ANSWERS) as server:
        client = OpenAIServer(settings.Server(url=f"{server.url}/api/v1/", model=MODEL))
        asyncio.run(client.answer("what", None, (), 16, lambda piece: None))
    assert server.requests[0].path == "/api/v1/chat/completions"


def test_log_probabilities_become_evidence() -> None:
    top = [{"token": "cat", "logprob": math.log(0.5)}, {"token": "dog", "logprob": math.log(0.25)}]
    token = {"token": "cat", "logprob": math.log(0.5), "bytes": None, "top_logprobs": top}
    answer = reply(chunk("cat", logprobs={"content": [token]}), chunk(finish="stop"), DONE)
    with serving(sends(answer)) as server:
        (piece,) = ask(server).pieces
    assert piece.text == "cat" and piece.log_probability == pytest.approx(math.log(0.5))
    assert piece.entropy == pytest.approx(1.5 * math.log(2)), "the quarter left over counts as one token"


def test_a_server_without_log_probabilities_is_good_enough() -> None:
    with serving(ANSWERS) as server:
        assert {piece.log_probability for piece in ask(server).pieces} == {None}


def test_an_answer_that_was_cut_for_its_length_is_not_whole() -> None:
    with serving(sends(reply(chunk("I see a"), chunk(finish="length"), DONE))) as server:
        assert not ask(server).is_whole


def test_a_server_that_goes_on_and_on_is_left() -> None:
    with serving(sends_then_hangs(reply(*[chunk(" and")] * 40))) as server:
        assert not ask(server).is_whole
        assert server.client_left.wait(30)


@pytest.mark.parametrize("size", [1, 7])
def test_events_may_come_in_any_pieces(size: int) -> None:
    """As networks cut them, characters and line ends included."""
    body = chunk("ein Kätzchen", logprobs=None) + b": alive\r\n\r\n" + chunk(finish="stop") + DONE
    body = body.replace(b"\\u00e4", "ä".encode())
    cut = [body[at : at + size] for at in range(0, len(body), size)]
    with serving(sends([*chunked(*cut), b"0\r\n\r\n"])) as server:
        assert ask(server).text == "ein Kätzchen"


# --- which model ---


def test_it_must_have_the_model_that_is_named() -> None:
    with serving(LISTED) as server:
        client = OpenAIServer(settings.Server(url=server.url, model="qwen2-vl-72b"))
        with pytest.raises(MortarError) as error:
            asyncio.run(client.model())
    assert error.value.code == "server-model-missing"
    assert "qwen2-vl-72b" in str(error.value) and MODEL in str(error.value)


def test_its_only_model_is_asked_where_none_is_named() -> None:
    with serving(LISTED, ANSWERS) as server:
        assert ask(server, model="").text == "I see a cat."
    assert server.requests[1].json["model"] == MODEL


def test_among_several_models_somebody_has_to_choose() -> None:
    listed = json.dumps({"data": [{"id": "a"}, {"id": "b"}]}).encode()
    assert failure(sends(reply(listed, kind="application/json")), model="").code == "server-model-missing"


def test_an_answer_of_another_model_is_refused_and_none_of_it_said() -> None:
    said: list[Piece] = []
    lie = reply(chunk("A cat.", model="tiny-1m"), chunk(finish="stop", model="tiny-1m"), DONE)
    with serving(sends(lie)) as server, pytest.raises(MortarError) as error:
        ask(server, said.append)
    assert error.value.code == "server-model-differs" and "tiny-1m" in str(error.value)
    assert said == []


def test_an_answer_of_another_model_is_taken_where_that_is_allowed() -> None:
    lie = reply(chunk("A cat.", model="tiny-1m"), chunk(finish="stop", model="tiny-1m"), DONE)
    with serving(sends(lie)) as server:
        assert ask(server, allow_other_model=True).text == "A cat."


# --- what goes wrong ---


HANGS = {
    "before its headers": [],
    "after its headers": reply(),
    "before its first word": reply(chunk()),
    "in the middle of a line": reply(b"data: {"),
}


@pytest.mark.parametrize("parts", HANGS.values(), ids=HANGS)
def test_a_server_that_does_not_begin_is_left(parts: list[bytes]) -> None:
    with serving(sends_then_hangs(parts)) as server:
        with pytest.raises(MortarError) as error:
            ask(server, first_token_ms=200)
        assert error.value.code == "server-too-slow" and "begin" in str(error.value)
        assert server.client_left.wait(30)


def test_a_server_that_does_not_end_is_left() -> None:
    """What it said first has been passed on: whoever asked knows that it is no whole answer."""
    said: list[str] = []
    with serving(sends_then_hangs(reply(chunk("I see")))) as server:
        with pytest.raises(MortarError) as error:
            ask(server, lambda piece: said.append(piece.text), total_ms=300)
        assert error.value.code == "server-too-slow" and "end" in str(error.value)
        assert server.client_left.wait(30)
    assert said == ["I see"]


def test_whoever_asks_can_stop_at_once() -> None:
    """In the middle of an answer the connection is closed: the server hears that, and works no further."""

    async def stopped(server: Server) -> None:
        begun = asyncio.Event()
        client = OpenAIServer(settings.Server(url=server.url, model=MODEL, **PATIENT))
        asking = asyncio.create_task(client.answer("what", JPEG, (), 16, lambda piece: begun.set()))
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    with serving(sends_then_hangs(reply(chunk("I see")))) as server:
        asyncio.run(stopped(server))
        assert server.client_left.wait(30)


HALVES = {
    "the connection ends": reply(chunk("I see a")),
    "the connection ends within an event": reply(chunk("I see a")[:40]),
    "HTTP's end is missing": chunked(chunk("I see a")),
    "fewer bytes than promised": reply(chunk("I see a"), **{"Content-Length": "5000"}),
}


@pytest.mark.parametrize("parts", HALVES.values(), ids=HALVES)
def test_half_an_answer_is_none(parts: list[bytes]) -> None:
    assert failure(sends(parts)).code in ("server-broke-off", "server-answer-garbled")


GARBAGE = {
    "no HTTP": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "noise": [bytes(range(256)) * 8],
    "an endless header": [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000],
    "nothing": [],
    "a page": reply(b"<html>It works!</html>", kind="text/html"),
    "no JSON": reply(b"data: <html>\n\n"),
    "other JSON": reply(b'data: {"choices": "many"}\n\n'),
    "no Unicode": reply(b'data: {"model": "\xff\xfe"}\n\n'),
    "an endless line": reply(b"data: " + b"x" * 2_000_000),
}


@pytest.mark.parametrize("parts", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_one_clear_line(parts: list[bytes]) -> None:
    error = failure(sends(parts))
    assert error.code in ("server-broke-off", "server-answer-garbled")
    assert len(str(error)) < 400


REFUSALS = {
    "llama-server": b'{"error": {"code": 500, "message": "out of slots", "type": "server_error"}}',
    "ollama": b'{"error": "out of slots"}',
    "vLLM": b'{"object": "error", "detail": "out of slots"}',
    "plain": b"out of slots",
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
def test_what_the_server_says_of_a_refusal_is_passed_on(body: bytes) -> None:
    error = failure(sends(reply(body, status="500 Oops")))
    assert error.code == "server-refused"
    assert "500" in error.what and "out of slots" in error.what


def test_a_long_message_is_shortened_and_stays_on_its_line() -> None:
    error = failure(sends(reply(b"no\n\x1b[31m" * 4_000, status="404 Not Found")))
    assert len(str(error)) < 400 and "\x1b" not in str(error)


def test_an_error_within_the_stream_is_a_refusal() -> None:
    failed = reply(chunk("I"), b'data: {"error": {"message": "cache is full"}}\n\n')
    error = failure(sends(failed))
    assert error.code == "server-refused" and "cache is full" in error.what


def test_a_picture_is_never_sent_on_to_another_address() -> None:
    with serving(ANSWERS) as other:
        redirect = reply(status="307 Temporary Redirect", Location=f"{other.url}/v1/chat/completions")
        error = failure(sends(redirect))
    assert error.code == "server-redirects" and other.url in error.what
    assert other.requests == []


def test_nobody_there_is_one_clear_line() -> None:
    with serving() as server:
        pass
    with pytest.raises(MortarError) as error:
        ask(server)
    assert error.value.code == "server-unreachable"


# --- whose network ---


@pytest.mark.parametrize("ip", ["127.0.0.1", "192.168.1.20", "10.0.0.1", "169.254.7.7", "100.64.3.2", "::1"])
def test_addresses_of_the_users_own_network(ip: str) -> None:
    assert is_own(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8", "100.128.0.1"])
def test_addresses_of_the_internet(ip: str) -> None:
    assert not is_own(ip)


def test_a_public_address_is_refused_before_anything_is_sent() -> None:
    client = OpenAIServer(settings.Server(url="http://203.0.114.9:9", model=MODEL))
    with pytest.raises(MortarError) as error:
        asyncio.run(client.answer("what", JPEG, (), 16, lambda piece: None))
    assert error.value.code == "server-public" and "allow_public" in error.value.do


def test_of_a_name_with_several_addresses_only_own_ones_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(client: OpenAIServer, port: int) -> Written:
        async def looked_up(host: str, _: int, **more: object) -> list[tuple[object, ...]]:
            return [(0, 0, 0, "", (ip, port)) for ip in ("203.0.114.9", "127.0.0.1")]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
        return await client.answer("what", JPEG, (), 16, lambda piece: None)

    with serving(ANSWERS) as server:
        port = int(server.url.rsplit(":", 1)[1])
        client = OpenAIServer(settings.Server(url=f"http://server.home:{port}", model=MODEL, **PATIENT))
        assert asyncio.run(answer(client, port)).is_whole
    assert server.requests[0].headers["host"] == f"server.home:{port}"


@pytest.mark.parametrize(
    "url",
    ["ftp://nas/", "http://", "http://me:secret@nas:80", "http://nas:99999", "nas:8080", "http://nas/?key=1"],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as error:
        parsed(url)
    assert error.value.code == "server-address-wrong" and "secret" not in str(error.value)


# --- the key ---


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("sk-very-secret\n")
    path.chmod(0o600)
    return path


def test_the_key_goes_to_the_server_and_nowhere_else(key: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    refusal = sends(reply(b"wrong key", status="401 Unauthorized"))
    with serving(refusal) as server, pytest.raises(MortarError) as error:
        ask(server, key_file=str(key))
    assert server.requests[0].headers["authorization"] == "bearer sk-very-secret"
    assert "secret" not in str(error.value) and "secret" not in caplog.text


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused(key: Path, mode: int) -> None:
    key.chmod(mode)
    with pytest.raises(MortarError) as error:
        OpenAIServer(settings.Server(url="http://nas:1", key_file=str(key)))
    assert error.value.code == "server-key-unusable" and "chmod 600" in error.value.do


@pytest.mark.parametrize("held", ["", "two keys", "a\nb", "Schlüssel"])
def test_what_is_no_key_is_refused_without_being_told(key: Path, held: str) -> None:
    key.write_text(held, encoding="utf-8")
    with pytest.raises(MortarError) as error:
        OpenAIServer(settings.Server(url="http://nas:1", key_file=str(key)))
    assert error.value.code == "server-key-unusable"
    assert not held or held not in str(error.value)


def test_a_key_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(MortarError) as error:
        OpenAIServer(settings.Server(url="http://nas:1", key_file=os.fspath(tmp_path / "none")))
    assert error.value.code == "server-key-unusable"
