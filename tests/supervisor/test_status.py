"""The status socket: who may ask, what they get, and what clients cannot do."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mortar import channel
from mortar.channel import ChannelClosed
from mortar.commands import main
from mortar.errors import MortarError
from mortar.messages import CommandReply, Press, Stop
from mortar.settings import RunOptions
from mortar.supervisor.status import MOST_CLIENTS, SOCKET_NAME, StatusClient
from supervisor.rig import PATIENCE_S, Rig, row, supervised

NOBODY = 65534


def with_a_running_assistant(scenario: Callable[[Rig], None]) -> None:
    """Run `scenario`, which blocks, in a thread beside the supervisor's loop."""

    async def run() -> None:
        async with supervised(row("assistant", "serving"), row("ears", "serving")) as rig:
            await rig.event("ready")
            await asyncio.to_thread(scenario, rig)

    asyncio.run(run())


def connected(folder: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(PATIENCE_S)
    sock.connect(str(folder / SOCKET_NAME))
    return sock


def test_status_says_how_everything_is() -> None:
    def scenario(rig: Rig) -> None:
        status = StatusClient().status()
        assert (status["state"], status["board"], status["pid"]) == ("ready", "host", os.getpid())
        processes = status["processes"]
        assert isinstance(processes, dict)
        assert list(processes) == ["supervisor", "zygote", "assistant", "ears"]
        assert processes["ears"]["placement"] == {"ears": "test/cpu"}
        for process in processes.values():
            assert process["state"] == "ready"
            assert 0 < process["pss_kB"] <= process["rss_kB"]

    with_a_running_assistant(scenario)


def test_the_commands_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    def scenario(rig: Rig) -> None:
        assert main(["status", "--json"]) == 0
        shown = msgspec.json.decode(capsys.readouterr().out)
        assert shown["processes"]["ears"]["restarts"] == 0
        assert main(["status"]) == 0
        assert "Mortar is ready on Linux computer" in capsys.readouterr().out
        assert main(["press", "double"]) == 0

    with_a_running_assistant(scenario)


def test_a_press_reaches_the_assistant() -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as rig:
            await rig.event("ready")
            assert await asyncio.to_thread(StatusClient().press, "long") == CommandReply(True)
            assert (await rig.event("pressed"))["kind"] == "long"

    asyncio.run(scenario())


def test_a_press_that_nobody_could_take_is_refused_with_a_reason() -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as rig:
            reply = rig.supervisor.press("short")
            assert reply == CommandReply(False, "the assistant is idle")
            await rig.event("ready")
            reply = await asyncio.to_thread(StatusClient().press, "quadruple")
            assert not reply.accepted
            assert "short, double, long" in reply.why

    asyncio.run(scenario())


def test_a_typed_question_reaches_the_assistant() -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as rig:
            assert rig.supervisor.ask("what time is it") == CommandReply(False, "the assistant is idle")
            await rig.event("ready")
            assert await asyncio.to_thread(main, ["ask", "  what time\nis it "]) == 0
            assert (await rig.event("typed"))["text"] == "what time is it"

    asyncio.run(scenario())


@pytest.mark.parametrize("text", ["", " \n", "why " * 300])
def test_what_is_no_question_is_wrong_use(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", text]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_where_nothing_runs_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 1
    assert capsys.readouterr().err == ("mortar: Mortar is not running; start it with `mortar run`\n")
    assert main(["press"]) == 1
    assert main(["ask", "what time is it"]) == 1


def test_the_socket_is_its_owners_alone(runtime_folder: Path) -> None:
    def scenario(rig: Rig) -> None:
        assert stat.S_IMODE(runtime_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((runtime_folder / SOCKET_NAME).stat().st_mode) == 0o600

    with_a_running_assistant(scenario)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_gets_nothing_even_with_the_doors_open(runtime_folder: Path) -> None:
    def scenario(rig: Rig) -> None:
        runtime_folder.chmod(0o755)
        (runtime_folder / SOCKET_NAME).chmod(0o666)
        assert as_nobody(lambda: StatusClient(runtime_folder).status()) == "status-no-answer"
        assert as_nobody(lambda: StatusClient(runtime_folder).press("short")) == "status-no-answer"
        assert rig.said("pressed") == []

    with_a_running_assistant(scenario)


def as_nobody(ask: Callable[[], object]) -> str:
    """Code of the error that another user gets, "" if they get an answer."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            ask()
        except MortarError as error:
            os.write(writing, error.code.encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        return said.read()


def test_a_second_mortar_is_refused_and_does_not_hurt_the_first() -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as first:
            await first.event("ready")
            async with supervised(row("assistant", "serving")) as second:
                with pytest.raises(MortarError) as raised:
                    await second.result()
                assert raised.value.code == "already-running"
            assert (await first.status())["state"] == "ready"

    asyncio.run(scenario())


@pytest.mark.parametrize("options", [RunOptions(ask="What?"), RunOptions(hear=True)])
def test_a_run_for_one_question_goes_beside_it(options: RunOptions) -> None:
    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as first:
            await first.event("ready")
            async with supervised(row("assistant", "finishing"), run=options) as second:
                assert (await second.result()).result == {"answer": "a cup"}

    asyncio.run(scenario())


def test_a_socket_that_nobody_answers_is_replaced(runtime_folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as dead:
        dead.bind(str(runtime_folder / SOCKET_NAME))
    with_a_running_assistant(lambda rig: None)


@pytest.mark.parametrize(
    ("folder", "code"),
    [("long" * 30, "status-socket-failed"), ("file/below", "runtime-folder-failed")],
    ids=["a path too long for a socket", "no folder can be there"],
)
def test_a_runtime_folder_that_is_of_no_use_is_said_in_one_line(
    folder: str, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MORTAR_RUNTIME_DIR", str(tmp_path / folder))

    async def scenario() -> None:
        async with supervised(row("assistant", "serving")) as rig:
            with pytest.raises(MortarError) as raised:
                await rig.result()
            assert raised.value.code == code

    asyncio.run(scenario())


def test_clients_that_talk_nonsense_hang_or_crowd_hurt_nobody(runtime_folder: Path) -> None:
    def scenario(rig: Rig) -> None:
        with connected(runtime_folder) as garbage:
            garbage.send(b"\x00\xffnot a message")
            assert garbage.recv(100) == b""
        with connected(runtime_folder) as impostor:
            channel.send(impostor, Stop())
            with pytest.raises(ChannelClosed):
                channel.receive(impostor)
        with connected(runtime_folder) as generous:
            channel.send(generous, Press("short"), [0, 1, 2])
            assert channel.receive(generous)[0] == CommandReply(True)
        crowd = [connected(runtime_folder) for _ in range(2 * MOST_CLIENTS)]
        assert StatusClient().status()["state"] == "ready"
        for client in crowd:
            client.close()

    with_a_running_assistant(scenario)


def test_a_client_that_says_nothing_is_not_kept(
    runtime_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mortar.supervisor.status.CLIENT_LIFETIME_S", 0.1)

    def scenario(rig: Rig) -> None:
        with connected(runtime_folder) as silent:
            assert silent.recv(100) == b""

    with_a_running_assistant(scenario)
