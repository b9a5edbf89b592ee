"""`mortar models pull`: every part asked for, fetched, checked, pinned; tried together; then put in place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mortar.catalogue import Entry, Model, Published, Role
from mortar.errors import MortarError
from mortar.installing import lock, manifest
from mortar.installing.download import Download, Tell, check_room, git_blob_of, sha256_of, unwritable
from mortar.installing.folders import Place
from mortar.installing.hub import Hub, Statement
from mortar.installing.lock import Held, Installed, Pin
from mortar.installing.trial import tried
from mortar.settings import Models


class Report(Protocol):
    """Who is told how it goes."""

    def __call__(self, event: str, /, **data: object) -> None: ...

    def fetching(self, file: str) -> Tell: ...


@dataclass(frozen=True)
class Wanted:
    """A part, and what is known of it before a byte of it came."""

    part: Published
    stated: Statement
    pin: Pin | None
    """None: it is trusted at first sight."""

    @property
    def address(self) -> str:
        """Under which it is pinned."""
        return f"{self.part.repository}/{self.part.file}"

    @property
    def sha256(self) -> str | None:
        """What it must have; None: that is not known before it came."""
        return self.part.verified or (self.pin.sha256 if self.pin else None) or self.stated.sha256

    def is_met_by(self, path: Path) -> bool:
        """Whether this is the file, by all that is known of it."""
        size_bytes, blob = self.stated.size_bytes, self.stated.git_blob
        if size_bytes not in (None, path.stat().st_size) or (blob and git_blob_of(path) != blob):
            return False
        return sha256_of(path) == self.sha256


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
            one = Wanted(part, self._hub.ask(part), pins.get(f"{part.repository}/{part.file}"))
            self._check_statement(one)
            wanted[role] = one
        return wanted

    def _install(self, wanted: Mapping[Role, Wanted]) -> Installed:
        incoming = self._place.incoming
        incoming.mkdir(exist_ok=True)
        known = {role for role, one in wanted.items() if self._is_here(one)}
        missing = [one for role, one in wanted.items() if role not in known]
        check_room(incoming, sum(self._left_bytes(one) for one in missing))
        held = {role: (one.part.name, self._fetched(one, role in known)) for role, one in wanted.items()}
        files = dict(held.values())
        if isinstance(self._entry, Model):
            path = manifest.write(incoming, self._name, self._entry, held)
            files[path.name] = _held(path)
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
        folder = self._place.versions / str(current)
        if any(not _is(folder / file, held) for file, held in files.items()):
            return None
        shutil.rmtree(self._place.incoming)
        self._report("unchanged", name=self._name)
        return recorded

    # --- one part ---

    def _is_here(self, one: Wanted) -> bool:
        """In what is incoming; it gets there from a version that has it."""
        if one.sha256 is None:
            return False
        path = self._place.incoming / one.part.name
        if path.exists() and not one.is_met_by(path):
            path.unlink()
        for number in self._place.numbers():
            held = self._place.versions / str(number) / one.part.name
            if not path.exists() and held.is_file() and one.is_met_by(held):
                os.link(held, path)
        return path.exists()

    def _left_bytes(self, one: Wanted) -> int:
        begun = self._place.incoming / f"{one.part.name}.part"
        return max(0, (one.stated.size_bytes or 0) - (begun.stat().st_size if begun.exists() else 0))

    def _fetched(self, one: Wanted, is_here: bool) -> Held:
        path = self._place.incoming / one.part.name
        if is_here:
            self._report("kept", file=one.part.name)
        else:
            with _forgotten_on_refusal(path):
                Download(self._hub, one.part, one.stated, path, self._report.fetching(one.part.name)).run()
                self._check_content(one, path)
        found = _held(path)
        if one.pin is None:
            self._trust(one, found)
        return found

    def _trust(self, one: Wanted, found: Held) -> None:
        is_stated = one.stated.sha256 is not None
        pin = Pin(found.sha256, found.size_bytes, one.stated.commit, self._hub.base, is_stated)
        with lock.changed() as held:
            held.pins[one.address] = pin
        event = "verified" if one.part.verified else "trusted" if is_stated else "unstated"
        self._report(event, file=one.part.name, sha256=found.sha256, hub=self._hub.base)

    def _check_statement(self, one: Wanted) -> None:
        """Before a byte of it is fetched."""
        stated, known = one.stated.sha256, one.part.verified or (one.pin and one.pin.sha256)
        if stated and known and stated != known:
            raise self._changed(one, stated, known)

    def _check_content(self, one: Wanted, path: Path) -> None:
        """What came, read back from the disk."""
        found = sha256_of(path)
        blob = one.stated.git_blob
        if found != (one.stated.sha256 or found) or (blob and git_blob_of(path) != blob):
            raise _Refused(
                "download-corrupt",
                f"{one.part.file} is not what {self._hub.base} states: its checksum differs",
                "pull again; if it goes on, the network or the disk changes what goes through it",
            )
        if one.sha256 and found != one.sha256:
            raise self._changed(one, found, one.sha256)

    def _changed(self, one: Wanted, found: str, known: str) -> MortarError:
        who = "the catalogue has" if one.part.verified else "it was pulled first with"
        do = (
            "correct the catalogue, if you know why"
            if one.part.verified
            else f"if you know why, `mortar models pull {self._name} --repin`"
        )
        told = f"{one.address} is another file than before: SHA-256 {found[:12]}…, and {who} {known[:12]}…"
        return _Refused("pin-differs", told, f"nothing was changed; {do}")


class _Refused(MortarError):
    """What came is not to be kept."""


@contextmanager
def _forgotten_on_refusal(path: Path) -> Iterator[None]:
    try:
        yield
    except _Refused:
        path.unlink()
        raise


def _held(path: Path) -> Held:
    return Held(sha256_of(path), path.stat().st_size)


def _is(path: Path, held: Held) -> bool:
    return path.is_file() and _held(path) == held
