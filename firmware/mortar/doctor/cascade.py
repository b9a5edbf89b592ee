"""The models of the cascade, and the one on another computer, to which questions and pictures go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.errors import MortarError
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.openai_server import OpenAIServer
from mortar.settings import RunOptions
from mortar.tiers import Tier, tiers


def cascade(examined: Examined) -> Iterator[Finding]:
    if examined.settings.cascade.models:
        for tier in tiers(RunOptions(), examined.settings):
            yield _tier(tier)
    if examined.settings.cascade.server.url:
        yield from _server(examined)


def _tier(tier: Tier) -> Finding:
    try:
        manifest = ModelFolder(tier.folder).manifest
    except MortarError as error:
        return failed("cascade", error)
    told = f"{tier.name}: {manifest.name}"
    if manifest.selftests is None and manifest.taught is None:
        do = "run: mortar tools calibrate --write"
        return Finding("cascade", Verdict.NOTE, f"{told}, nobody has calibrated it", do, is_personal=True)
    return Finding("cascade", Verdict.OK, told, is_personal=True)


def _server(examined: Examined) -> Iterator[Finding]:
    server = examined.settings.cascade.server
    told = f"questions and pictures that no model here is sure of go to {server.url}"
    do = "set cascade.server.url to nothing where that is not meant"
    yield Finding("server", Verdict.NOTE, told, do, is_personal=True)
    try:
        model = asyncio.run(OpenAIServer(server).model())
    except MortarError as error:
        yield failed("server", error, Verdict.NOTE)
    else:
        yield Finding("server", Verdict.OK, f"it has {model}", is_personal=True)
