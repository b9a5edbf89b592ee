"""What a hub states of a file is taken from the hub alone; where it sends, and whom it is asked at all."""

from __future__ import annotations

import socket

import pytest

from installing.hub_stand_in import COMMIT, Hosted, redirect, status
from installing.hub_stand_in import Hub as StandIn
from mortar.catalogue import Published
from mortar.errors import MortarError, UsageError
from mortar.installing.hub import Hub
from mortar.installing.network import Passing
from mortar.settings import Models

PART = Published(
    repository="maker/model", file="deep/model.gguf", format="GGUF", sha256="unknown", size_MB=1.0
)
ADDRESS = f"{PART.repository}/{PART.file}"


def hub_at(address: str, patience_s: float = 2) -> Hub:
    return Hub(Models(hub=address, patience_s=patience_s))


def refused(hub: StandIn) -> MortarError:
    """What asking for the bytes raises."""
    with pytest.raises(MortarError) as caught, hub_at(hub.base).body(PART, "main") as body:
        body.read(1)
    assert "\n" not in str(caught.value)
    return caught.value


def test_of_a_large_file_the_hub_states_size_and_sha256(hub: StandIn) -> None:
    """They stand in the redirect; the host that it names is not even asked."""
    hosted = hub.files[ADDRESS] = Hosted(b"weights" * 100)
    stated = hub_at(hub.base).ask(PART)
    assert (stated.size_bytes, stated.sha256, stated.commit) == (700, hosted.sha256, COMMIT)
    assert stated.git_blob is None
    assert len(hub.seen) == 1


def test_of_a_small_file_it_states_gits_name(hub: StandIn) -> None:
    """Which is checked as well, and is no SHA-256."""
    hosted = hub.files[ADDRESS] = Hosted(b"{}", is_large=False)
    stated = hub_at(hub.base).ask(PART)
    assert (stated.size_bytes, stated.sha256, stated.git_blob) == (2, None, hosted.git_blob)


def test_a_mirror_that_states_nothing_is_taken_at_its_word(hub: StandIn) -> None:
    hub.files[ADDRESS] = Hosted(b"{}", is_large=False, statement={"ETag": 'W/"7"', "X-Repo-Commit": ""})
    stated = hub_at(hub.base).ask(PART)
    assert (stated.size_bytes, stated.sha256, stated.git_blob, stated.commit) == (2, None, None, None)


@pytest.mark.parametrize("wrong", ["none", "0123", "g" * 64, "0" * 63])
def test_what_is_no_sha256_is_none(hub: StandIn, wrong: str) -> None:
    hub.files[ADDRESS] = Hosted(b"weights", statement={"X-Linked-ETag": f'"{wrong}"'})
    assert hub_at(hub.base).ask(PART).sha256 is None


def test_a_repository_that_was_renamed_is_followed(hub: StandIn) -> None:
    """Within the hub, what it states there counts."""
    hub.files[ADDRESS] = Hosted(b"", statement={"Location": "/new/name/resolve/main/m", "X-Linked-ETag": ""})
    hosted = hub.files["new/name/m"] = Hosted(b"weights")
    assert hub_at(hub.base).ask(PART).sha256 == hosted.sha256


def test_the_bytes_come_from_where_it_sends(hub: StandIn) -> None:
    hub.files[ADDRESS] = Hosted(b"weights")
    with hub_at(hub.base).body(PART, COMMIT) as body:
        assert body.read(100) == b"weights"
    assert [request.headers["Host"].split(":")[0] for request in hub.seen] == ["127.0.0.1", "localhost"]
    assert f"/resolve/{COMMIT}/" in hub.seen[0].path


def test_nobody_is_told_who_asks(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the hub nor where it sends gets a token, though there is one for other programs."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.files[ADDRESS] = Hosted(b"weights")
    hub_at(hub.base).ask(PART)
    with hub_at(hub.base).body(PART, "main"):
        pass
    assert len(hub.seen) == 3
    for request in hub.seen:
        assert not {"authorization", "cookie"} & {name.lower() for name in request.headers}
        assert "hf_secret" not in str(request)


@pytest.mark.parametrize(
    "target",
    ["http://192.0.2.1/model.gguf", "http://example.invalid/x", "ftp://localhost/x", "file:///etc/passwd"],
)
def test_only_https_and_this_computer_are_sent_to(hub: StandIn, target: str) -> None:
    """A hub on this computer may send to this computer; none may send to plain http elsewhere, or a file."""
    hub.files[ADDRESS] = Hosted(b"weights", is_large=False, faults=[redirect(target)])
    error = refused(hub)
    assert error.code == "hub-redirect"
    assert target in error.what


@pytest.mark.parametrize("target", ["http://[", "https://192.0.2.1:port/", "https://a b/"])
def test_what_is_no_address_is_not_sent_to(hub: StandIn, target: str) -> None:
    hub.files[ADDRESS] = Hosted(b"weights", is_large=False, faults=[redirect(target)])
    assert refused(hub).code in ("hub-redirect", "hub-unreachable")


def test_circles_end(hub: StandIn) -> None:
    again = redirect(f"{hub.base}/maker/model/resolve/main/{PART.file}")
    hub.files[ADDRESS] = Hosted(b"weights", is_large=False, faults=[again] * 50)
    assert refused(hub).code == "hub-redirect"
    assert len(hub.seen) < 10


@pytest.mark.parametrize(
    ("code", "expected", "passes"),
    [
        (401, "hub-refuses", False),
        (403, "hub-refuses", False),
        (404, "hub-file-missing", False),
        (410, "hub-file-missing", False),
        (429, "hub-busy", True),
        (503, "hub-busy", True),
    ],
)
def test_a_refusal_says_whether_to_ask_again(hub: StandIn, code: int, expected: str, passes: bool) -> None:
    hub.files[ADDRESS] = Hosted(b"weights", is_large=False, faults=[status(code)])
    error = refused(hub)
    assert (error.code, isinstance(error, Passing)) == (expected, passes)
    assert str(code) in error.what


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "ftp://localhost",
        "huggingface.co",
        "",
        "http://[",
        "https//x",
        "http://localhost.example.org",
    ],
)
def test_a_hub_in_the_open_must_speak_https(address: str) -> None:
    with pytest.raises(UsageError, match=r"models\.hub") as caught:
        hub_at(address)
    assert caught.value.code == "hub-address"


@pytest.mark.parametrize(
    "address", ["https://example.org", "http://127.0.0.1:1/", "http://[::1]:1", "http://localhost:1"]
)
def test_https_and_this_computer_will_do(address: str) -> None:
    assert hub_at(address).base == address.rstrip("/")


def test_where_nobody_listens_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Passing) as caught:
        hub_at(f"http://127.0.0.1:{port}").ask(PART)
    assert caught.value.code == "hub-unreachable"
    assert str(port) in caught.value.what


def test_who_listens_and_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Passing) as caught:
        hub_at(f"http://127.0.0.1:{server.getsockname()[1]}", patience_s=0.2).ask(PART)
    assert caught.value.code == "hub-stalls"


def test_who_answers_nonsense_is_one_line() -> None:
    """Anything may listen on a port."""
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example.org ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(MortarError) as caught:
            hub_at(f"http://127.0.0.1:{server.getsockname()[1]}").ask(PART)
        thread.join()
    assert caught.value.code == "hub-unreachable"
    assert "\n" not in str(caught.value)
