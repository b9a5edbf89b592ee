"""What `mortar doctor` says of the cascade."""

from __future__ import annotations

from pathlib import Path

from cascade.servers import LISTED, MODEL, serving
from mortar.doctor.cascade import cascade
from mortar.doctor.finding import Examined, Finding, Verdict
from mortar.doctor.machine import Machine
from mortar.settings import Cascade, Server, Settings


def found(configured: Cascade) -> list[Finding]:
    return list(cascade(Examined("host", Settings(cascade=configured), Machine())))


def test_nothing_is_said_of_what_is_not_configured() -> None:
    assert found(Cascade()) == []


def test_each_model_is_named_and_one_that_is_missing_is_bad(tmp_path: Path) -> None:
    small, missing = found(Cascade(models=["small", str(tmp_path / "nowhere")]))
    assert small.verdict is Verdict.OK and "small" in small.what
    assert missing.verdict is Verdict.BAD and missing.code == "model-missing"


def test_where_pictures_go_is_said_and_whether_the_server_has_its_model() -> None:
    with serving(LISTED) as server:
        told, answers = found(Cascade(server=Server(url=server.url)))
    assert told.verdict is Verdict.NOTE and server.url in told.what and told.is_personal
    assert answers.verdict is Verdict.OK and MODEL in answers.what


def test_a_server_that_is_not_there_is_noted() -> None:
    _, unreachable = found(Cascade(server=Server(url="http://127.0.0.1:9")))
    assert unreachable.verdict is Verdict.NOTE and unreachable.code == "server-unreachable"
