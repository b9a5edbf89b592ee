"""`mortar models pull`: every part asked for, fetched, checked, pinned; tried together; then put in place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from mortar.catalogue import Entry, Model, Role
from mortar.installing import lock, manifest
from mortar.installing.disk import check_room, sha256_of, unwritable
from mortar.installing.download import Download, Tell
from mortar.installing.folders import Place
from mortar.installing.hub import Hub
from mortar.installing.lock import Held, Installed, Pin
from mortar.installing.network import persistently
from mortar.installing.removal import State, verified
from mortar.installing.trial import tried
from mortar.installing.wanted import Refused, Wanted, address
from mortar.settings import Models

ASKS = 3
"""How often a hub is asked what it states, before it is said that it doesn't answer."""


class Report(Protocol):
    """Who is told how it goes."""

    def __call__(self, event: str, /, **data: object) -> None: ...

    def fetching(self, file: str) -> Tell: ...


class Pull:
    """`options`: those of the command line that say which settings hold, for the trial."""

    def __init__(self, name: str, entry: Entry, settings: Models, options: list[str], report: Report) -> None:
        self._name, self._entry, self._settings = name, entry, settings
        self._options, self._report = options, report
        self._hub = Hub(settings)
        self._place = Place(name)

    def run(self, *, repin: bool = False) -> Installed:
        """Raises MortarError; then what was installed before is as it was."""
        try:
            with self._place.alone():
                self._place.require_own()
                return self._install(self._ask(repin))
        except OSError as error:
            raise unwritable(self._place.versions, error) from None

    def _ask(self, repin: bool) -> dict[Role, Wanted]:
        pins = {} if repin else lock.load().pins
        wanted = {}
        for role, part in self._entry.parts.items():
            stated = persistently(partial(self._hub.ask, part), ASKS)
            wanted[role] = Wanted(part, stated, pins.get(address(part)))
        for one in wanted.values():
            one.check_statement()
        return wanted

    def _install(self, wanted: Mapping[Role, Wanted]) -> Installed:
        incoming = self._place.incoming
        incoming.mkdir(exist_ok=True)
        here = {role: self._here(one) for role, one in wanted.items()}
        check_room(incoming, sum(self._left_bytes(one) for role, one in wanted.items() if here[role] is None))
        held = {role: (one.part.name, self._held(one, here[role])) for role, one in wanted.items()}
        files = dict(held.values())
        if isinstance(self._entry, Model):
            path = manifest.write(incoming, self._name, self._entry, held)
            files[path.name] = Held(sha256_of(path), path.stat().st_size)
        for path in incoming.iterdir():
            if path.name not in files:
                path.unlink()
        return self._unchanged(files) or self._put_in_place(files)

    def _put_in_place(self, files: dict[str, Held]) -> Installed:
        self._report("trying", name=self._name)
        kind, bound_s = self._entry.kind, self._settings.trial_s
        verdict = tried(self._name, kind, self._place.incoming, bound_s, self._options)
        number = self._place.move_in()
        made = Installed(number, files, verdict)
        with lock.changed() as held:
            held.installed[self._name] = made
        self._place.use(number)
        self._place.drop_all_but(number)
        return made

    def _unchanged(self, files: dict[str, Held]) -> Installed | None:
        """The version in use, where it is what came: whole, and these very files."""
        current, recorded = self._place.current(), lock.load().installed.get(self._name)
        if current is None or recorded is None or (recorded.version, recorded.files) != (current, files):
            return None
        if any(one.state is not State.WHOLE for one in verified(self._name)):
            return None
        shutil.rmtree(self._place.incoming)
        self._report("unchanged", name=self._name)
        return recorded

    # --- one part ---

    def _here(self, one: Wanted) -> Held | None:
        """It is among what is incoming then, linked there from a version that has it."""
        path = self._place.incoming / one.part.name
        versions = (self._place.versions / str(number) / one.part.name for number in self._place.numbers())
        for found in (path, *versions):
            if one.sha256 and found.is_file():
                with suppress(Refused, OSError):  # what a failing card does not give is not here
                    held = one.checked(found)
                    if found != path:
                        path.unlink(missing_ok=True)
                        os.link(found, path)
                    return held
        path.unlink(missing_ok=True)
        return None

    def _left_bytes(self, one: Wanted) -> int:
        begun = self._place.incoming / f"{one.part.name}.part"
        return max(0, (one.stated.size_bytes or 0) - (begun.stat().st_size if begun.exists() else 0))

    def _held(self, one: Wanted, here: Held | None) -> Held:
        """What the part is, fetched where it is not `here`."""
        if here is not None:
            self._report("kept", file=one.part.name)
        found = here or self._fetched(one)
        if one.pin is None:
            self._trust(one, found)
        return found

    def _fetched(self, one: Wanted) -> Held:
        path = self._place.incoming / one.part.name
        Download(self._hub, one.part, one.stated, path, self._report.fetching(one.part.name)).run()
        try:
            return one.checked(path)
        except Refused:
            path.unlink()
            raise

    def _trust(self, one: Wanted, found: Held) -> None:
        is_stated = one.stated.sha256 is not None
        pin = Pin(found.sha256, found.size_bytes, one.stated.commit, self._hub.base, is_stated)
        with lock.changed() as held:
            held.pins[address(one.part)] = pin
        event = "verified" if one.part.verified else "trusted" if is_stated else "unstated"
        self._report(event, file=one.part.name, sha256=found.sha256, hub=self._hub.base)
