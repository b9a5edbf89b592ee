"""A part that is wanted, and what it must be: by the catalogue, by its pin, by what the hub states."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mortar.catalogue import Published
from mortar.errors import MortarError
from mortar.installing.disk import git_blob_of, sha256_of
from mortar.installing.hub import Statement
from mortar.installing.lock import Held, Pin


class Refused(MortarError):
    """What is offered, or what came, is not the file that it should be."""


@dataclass(frozen=True)
class Wanted:
    """What is known of a part before a byte of it came."""

    part: Published
    stated: Statement
    pin: Pin | None
    """None: it is trusted at first sight."""

    @property
    def sha256(self) -> str | None:
        """What it must have; None: that is not known before it came."""
        return self._trusted or self.stated.sha256

    @property
    def _trusted(self) -> str | None:
        return self.part.verified or (self.pin.sha256 if self.pin else None)

    def check_statement(self) -> None:
        """Raises Refused before a byte of another file is fetched."""
        stated = self.stated.sha256
        if stated and self._trusted and stated != self._trusted:
            raise self._changed(stated, self._trusted)

    def checked(self, path: Path) -> Held:
        """What lies there, read back from the disk. Raises Refused."""
        held = Held(sha256_of(path), path.stat().st_size)
        blob = self.stated.git_blob
        if self.stated.sha256 not in (None, held.sha256) or (blob and git_blob_of(path) != blob):
            raise Refused(
                "download-corrupt",
                f"{self.part.file} is not what the hub states: its checksum differs",
                "pull again; if it goes on, the network or the disk changes what goes through it",
            )
        if self._trusted and held.sha256 != self._trusted:
            raise self._changed(held.sha256, self._trusted)
        return held

    def _changed(self, found: str, trusted: str) -> Refused:
        by_catalogue = self.part.verified is not None
        known = "the catalogue has" if by_catalogue else "it was pulled first with"
        do = "correct the catalogue, or" if by_catalogue else "if you know why, add --repin; else"
        told = f"{address(self.part)} is another file: SHA-256 {found[:12]}…, and {known} {trusted[:12]}…"
        return Refused("pin-differs", told, f"{do} leave it: nothing was changed")


def address(part: Published) -> str:
    """Of a file, whichever hub has it."""
    return f"{part.repository}/{part.file}"
