"""`mortar doctor --report`: what it holds, and that no name, word or secret is in any byte of it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import stat
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from doctor.trees import BOARDS, RK3588, examined, tree
from mortar import clock, resources, settings
from mortar.doctor import engines, facts, names, shareable
from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.doctor.machine import Machine
from mortar.doctor.names import LEFT_OUT, Names
from mortar.doctor.report import archive, parts
from mortar.errors import MortarError
from mortar.messages import CommandReply, Event, Switch, Switched
from mortar.privacy import BOTH
from mortar.reminders import Change, Kind, Reminder, countdown
from mortar.settings import Settings
from mortar.store import reminders
from mortar.store.database import FILE, Database
from mortar.supervisor.status import StatusServer
from mortar.traces.folder import Beside, TraceFolder, read
from mortar.traces.trace import Trace
from mortar_tools.program import environment, mortar
from traces.recordings import looked_and_answered

RUNS = sorted((Path(__file__).parents[1] / "traces" / "runs").glob("*.json"))

PLANTED = {
    "user": "quillon",
    "full name": "Zebedee Quillonsson",
    "host": "thimblewick",
    "home": "/home/quillon-place",
    "serial": "10000000abad1dea",
    "machine id": "5eed5eed5eed5eed5eed5eed5eed5eed",
    "wifi": "Grimblehawk Attic",
    "wifi key": "opensesame-1234",
    "mac": "de:ad:be:ef:12:34",
    "address": "192.168.77.5",
    "address of six": "fe80::dead:beef:1",
    "word": "rutabaga",
    "secret": "hunter2-swordfish",
}

LEAKY: dict[str, str] = {
    **RK3588,
    "etc/hostname": f"{PLANTED['host']}.local\n",
    "etc/machine-id": f"{PLANTED['machine id']}\n",
    "etc/passwd": f"root:x:0:0::/root:/bin/sh\n{PLANTED['user']}:x:1000:1000:{PLANTED['full name']},,,:"
    f"{PLANTED['home']}:/bin/sh\n",
    "etc/NetworkManager/system-connections/attic.nmconnection": f"[wifi]\nssid={PLANTED['wifi']}\n"
    f"[wifi-security]\npsk={PLANTED['wifi key']}\n",
    "proc/cpuinfo": f"processor\t: 0\nprocessor\t: 1\nSerial\t\t: {PLANTED['serial']}\n",
    "proc/device-tree/serial-number": f"{PLANTED['serial']}\0",
    # What the report does tell, with a name in it:
    "proc/device-tree/model": f"ROCK 5B of {PLANTED['full name']}, no {PLANTED['serial']}\0",
    "proc/sys/kernel/osrelease": f"6.1.75-{PLANTED['user']}@{PLANTED['host']}\n",
    "etc/os-release": f'PRETTY_NAME="Debian for {PLANTED["wifi"]}, {PLANTED["mac"]} {PLANTED["address"]}"\n',
}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No runs, no running assistant."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("MORTAR_RUNTIME_DIR", str(tmp_path / "run"))


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {entry.filename: file.read(entry) for entry in file.infolist()}


def texts(value: Any) -> set[str]:
    """Every text in a value of JSON, keys too."""
    match value:
        case str():
            return {value}
        case dict():
            return set().union(*map(texts, value), *map(texts, value.values()))
        case list():
            return set().union(*map(texts, value))
    return set()


def leaks(content: bytes, planted: str) -> list[str]:
    """Files of the archive that have it, as bytes or as a text."""
    return [
        name
        for name, held in {**unpacked(content), "the archive's own bytes": content}.items()
        if planted.encode() in held
        or planted in name
        or (name.endswith(".json") and any(planted in text for text in texts(json.loads(held))))
    ]


def leaked(content: bytes) -> dict[str, list[str]]:
    """What of `PLANTED` is in the archive, and where."""
    found = {what: leaks(content, text) for what, text in PLANTED.items()}
    return {what: files for what, files in found.items() if files}


def telling(error: str) -> list[Finding]:
    """Findings as checks make them, with names where they come with a text."""
    return [
        Finding("microphone", Verdict.OK, f"headset of {PLANTED['full name']} {error}", is_personal=True),
        failed("ears", MortarError("dictation-model-missing", f"no model at {error}", f"look at {error}")),
        Finding("disk", Verdict.OK, f"free below {PLANTED['home']} of {PLANTED['user']}"),
        Finding("echo", Verdict.NOTE, f"{PLANTED['mac']} and {PLANTED['address of six']} do not answer"),
    ]


def spoken_of(word: str) -> Trace:
    """A run with the word wherever a run has words of people or of their settings."""
    trace = looked_and_answered().traces[0]
    cue = trace.cues[0]
    data: dict[str, Any] = dict.fromkeys(("text", "name", "word", "kind", "code", "why", "phrase"), word)
    held = msgspec.structs.replace(cue, does=[*cue.does, Event("ring_start", 1.0, data)])
    return msgspec.structs.replace(
        trace,
        heard=word,
        answer=word,
        intent=word,
        model=f"/home/{word}",
        board=word,
        trouble=word,
        placement={"vision": word},
        cues=[held, *trace.cues[1:]],
    )


def test_nothing_that_was_planted_is_in_it(tmp_path: Path) -> None:
    """In settings, runs, device tree, cpuinfo, host, home, user, Wi-Fi, environment, and errors."""
    secret, word = PLANTED["secret"], PLANTED["word"]
    machine = Machine(tree(tmp_path / "root", LEAKY), 1000, {"USER": PLANTED["user"], "TOKEN": secret})
    user_file = tmp_path / "mortar.toml"
    user_file.write_text(
        f'[listen]\nengine = "whisper"\nmodel = "{PLANTED["home"]}/{secret}"\n'
        f'[microphone]\ndevice = "{secret}"\n[voice]\nmodel = "{word}"\n'
        f"[ears.wake_words]\n{word} = 0.5\n"
    )
    TraceFolder().keep(spoken_of(word), most=50)
    held = Examined("host", settings.load("host", user_file), machine)
    found = [*telling(secret), *engines.heard_words(held), *engines.listening(held)]
    content = archive(parts(held, found))
    assert leaked(content) == {}


def test_the_net_alone_holds_names(tmp_path: Path) -> None:
    """Each is cut out of a text, and the text around it stays."""
    net = names.of_machine(Machine(tree(tmp_path, LEAKY), 1000, {}))
    for what in PLANTED.keys() - {"word", "secret"}:
        assert net.without(f"see {PLANTED[what]}, then go on") == f"see {LEFT_OUT}, then go on", what


@pytest.mark.parametrize(
    "text",
    [
        "librknnrt 2.3.2, rknpu 0.9.8, Python 3.11.7",
        "2026-11-22T02:10:45+00:00 at 12:34:56",
        "Raspberry Pi 5 Model B, espeak-ng/cpu, policy4 is capped at 1608 of 2352 MHz",
        "ratio 1:2:3; see docs/wake-words.md",
    ],
)
def test_the_net_lets_through_what_is_no_name(text: str) -> None:
    """Versions and times look like addresses, and a user "pi" or "al" is no part of a word."""
    assert Names(["pi", "al", "mi", ""]).without(text) == text


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=24)


@examples(deadline=None)
@given(word=words.map(lambda text: f"¶{text}¶"))
def test_no_word_of_a_run_is_in_it(word: str) -> None:
    """Whatever was said: not as it is, and not as JSON writes it."""
    shared = msgspec.json.encode(shareable.run(spoken_of(word), shareable.vocabulary()))
    assert not [text for text in texts(json.loads(shared)) if word in text]
    assert json.dumps(word)[1:-1].encode() not in shared and word.encode() not in shared


@examples(deadline=None)
@given(word=words.map(lambda text: f"¶{text}¶"))
def test_no_text_of_the_settings_is_in_it(word: str) -> None:
    """Every text that a person can write into them is left out; numbers and choices are told."""
    held: dict[str, Any] = {}
    for section in msgspec.structs.fields(Settings):
        free = {field.name: word for field in msgspec.structs.fields(section.type) if field.type is str}
        held[section.name] = section.type(**free)
    held["ears"] = settings.Ears(wake_words={word: 0.5}, end_patience_ms=900)
    told = shareable.settings(Settings(**held))
    assert not [text for text in texts(msgspec.to_builtins(told)) if word in text]
    assert told["ears"] == {**told["ears"], "end_patience_ms": 900, "wake_words": LEFT_OUT}
    assert told["microphone"]["driver"] == "portaudio"


@pytest.mark.parametrize("file", RUNS, ids=lambda file: file.stem)
def test_a_run_keeps_its_timeline(file: Path, tmp_path: Path) -> None:
    """Every event at its time: `mortar status --run` shows it as it shows the whole one."""
    whole = read(file)
    shared = tmp_path / "shared.json"
    shared.write_bytes(msgspec.json.encode(shareable.run(whole, shareable.vocabulary())))
    assert [(event.event, event.t_ms) for event in read(shared).events] == [
        (event.event, event.t_ms) for event in whole.events
    ]
    assert (read(shared).trouble, read(shared).wait_ms) == (whole.trouble, whole.wait_ms)


STATUS: dict[str, object] = {
    "state": "impaired",
    "board": "host",
    "title": PLANTED["host"],
    "model": f"{PLANTED['home']}/model",
    "pid": 1,
    "uptime_ms": 5_000,
    "processes": {
        "voice": {
            "state": "ready",
            "restarts": 2,
            "placement": {"voice": "espeak-ng/cpu", "other": PLANTED["word"]},
            "figures": {"speaker": PLANTED["full name"], "under_runs": 3},
            "pss_kB": 4_000,
        }
    },
    "failures": [
        {
            "process": "listen",
            "code": "audio-lost",
            "what": PLANTED["secret"],
            "do": PLANTED["word"],
            "times": 2,
            "t_ms": 7,
        }
    ],
}


def test_the_status_is_told_in_figures_and_codes() -> None:
    told, errors = shareable.status(STATUS)
    assert told["processes"]["voice"]["figures"] == {"under_runs": 3}
    assert told["processes"]["voice"]["placement"] == {"voice": "espeak-ng/cpu", "other": LEFT_OUT}
    assert [(error["code"], error["times"]) for error in errors] == [("audio-lost", 2)]
    assert errors[0]["meanwhile"]
    assert not [text for text in texts([told, errors]) for planted in PLANTED.values() if planted in text]


@pytest.mark.parametrize("name", BOARDS)
def test_the_facts_of_a_board(name: str, tmp_path: Path) -> None:
    """What somebody who helps would ask first."""
    told = facts.board(Machine(tree(tmp_path, BOARDS[name])))
    assert told["memory_MB"] == {"MemTotal": 7812, "MemAvailable": 3906, "SwapTotal": 0}
    assert told["model"] and told["clocks_MHz"] and told["temperatures_C"]
    assert (told["npu"] is not None) is name.startswith("rk")


def test_the_npu_of_a_board_is_told_by_its_versions(tmp_path: Path) -> None:
    told = facts.board(Machine(tree(tmp_path, RK3588)))["npu"]
    assert told == {"soc": "rk3588", "driver": "0.9.8", "runtime": "2.3.2", "binding": None}


def test_a_running_assistant_is_asked(tmp_path: Path) -> None:
    """Over its socket, as `mortar status` does."""

    def refuse(_: str) -> CommandReply:
        return CommandReply(False)

    async def switch(wanted: Switch) -> Switched:
        return Switched(BOTH)

    async def asked() -> bytes:
        folder = resources.runtime_folder()
        server = StatusServer(folder, lambda: STATUS, refuse, refuse, switch)
        try:
            return archive(await asyncio.to_thread(parts, examined(tmp_path), []))
        finally:
            server.close()

    content = asyncio.run(asked())
    held = unpacked(content)
    assert json.loads(held["status.json"])["state"] == "impaired"
    assert json.loads(held["errors.json"])[0]["code"] == "audio-lost"
    assert leaked(content) == {}


def test_damaged_runs_are_told_as_such(tmp_path: Path) -> None:
    folder = TraceFolder()
    folder.keep(looked_and_answered().traces[0], most=50)
    folder.find("1").write_text(f'{{"schema": 1, "heard": "{PLANTED["word"]}')
    content = archive(parts(examined(tmp_path), []))
    assert json.loads(unpacked(content)["runs/000001.json"]) == {"damage": "trace-damaged"}


# --- the command ---


def test_the_program_writes_it_and_says_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a home, a timer, a wake word, a run's sound and picture, a setting and an environment that nobody
    else shall know of."""
    word, secret, user = PLANTED["word"], PLANTED["secret"], PLANTED["user"]
    monkeypatch.setenv("HOME", str(tmp_path / user))
    monkeypatch.setenv("USER", user)
    monkeypatch.setenv("SOME_TOKEN", secret)
    run = tmp_path / user / "run"
    data = Path(environment(run)["XDG_DATA_HOME"]) / "mortar"
    (data / "wake-words").mkdir(parents=True)
    (data / "wake-words" / f"{word}.json").write_text(secret)
    timer = Reminder(Kind.TIMER, word, countdown(900.0, clock.moment()))
    reminders.apply(Database(data / FILE), Change(add=[timer]))
    runs = TraceFolder(data / "traces")
    number = runs.keep(spoken_of(word), most=50)
    for held_beside in Beside:
        runs.attach(number, held_beside, word.encode())
    (tmp_path / "mortar.toml").write_text(
        f'[listen]\nengine = "pocketsphinx"\nmodel = "{word}"\n[microphone]\ndevice = "{secret}"\n'
    )
    report = tmp_path / "report.zip"
    before = os.umask(0)
    try:
        ran = mortar(run, "doctor", "--json", "--report", report, "--config", tmp_path / "mortar.toml")
    finally:
        os.umask(before)
    assert ran.status == 0, ran.errors
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    held = unpacked(report.read_bytes())
    assert {part["file"]: part["size_bytes"] for part in ran.result["holds"]} == {
        name: len(content) for name, content in held.items()
    }
    assert {
        "README.txt",
        "findings.json",
        "versions.json",
        "settings.json",
        "runs/000001.json",
    } <= held.keys()
    assert [name for name in held if name.startswith("runs/")] == ["runs/000001.json"]
    for planted in (word, secret, user, str(tmp_path / user)):
        assert leaks(report.read_bytes(), planted) == [], planted
    found = json.loads(held["findings.json"])
    assert [finding["name"] for finding in found] == [line["name"] for line in ran.lines[:-1]]


def test_the_net_is_over_every_file(tmp_path: Path) -> None:
    """Even over those that hold nothing of the kind today."""
    machine = replace(examined(tree(tmp_path, LEAKY)).machine, environment={"USER": "msgspec"})
    held = parts(Examined("host", Settings(), machine), [Finding("msgspec", Verdict.OK, "msgspec 0.22")])
    (findings,) = (json.loads(part.content) for part in held if part.file == "findings.json")
    assert findings[0]["what"] == f"{LEFT_OUT} 0.22"
