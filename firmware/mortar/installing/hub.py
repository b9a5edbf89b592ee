"""What a hub of models says of a file, and its bytes: HTTP as Hugging Face's hub speaks it.

An address is BASE/REPOSITORY/resolve/REVISION/FILE. The hub answers a HEAD for it with X-Repo-Commit and,
where the file is large (Git LFS), X-Linked-ETag (its SHA-256) and X-Linked-Size, and redirects to where the
bytes are. For a small file ETag is Git's name of the blob, a SHA-1 (huggingface_hub, file_download.py).
Nothing that tells who asks is ever sent, no token and no cookie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from ipaddress import ip_address
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from mortar import __version__
from mortar.catalogue import Published
from mortar.errors import MortarError, UsageError
from mortar.installing.network import translated
from mortar.settings import Models

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SHA256 = re.compile("[0-9a-f]{64}")
GIT_BLOB = re.compile("[0-9a-f]{40}")
STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,256}"')
"""What If-Range may have: RFC 9110, 8.8.3 and 13.1.5."""

HEADERS = {"User-Agent": f"mortar/{__version__}", "Accept-Encoding": "identity"}
"""As they are: a length and a checksum are of the bytes themselves."""


@dataclass(frozen=True)
class Statement:
    """What a hub states of a file; None: it does not."""

    size_bytes: int | None
    sha256: str | None
    git_blob: str | None
    """SHA-1 of Git's blob, which a hub has of small files."""
    commit: str | None


@dataclass(frozen=True)
class Body:
    """An answer whose bytes are being read."""

    address: str
    file: Any
    first: int
    """Which byte of the file it begins with."""
    size_bytes: int
    """Of the whole file."""
    etag: str | None
    """Of exactly these bytes, for going on later; None: none that can be relied on."""

    def read(self, most: int) -> bytes:
        """What has come, at most `most` bytes; empty at the end. Raises Passing."""
        with translated(self.address):
            read: bytes = self.file.read1(most)
            return read


class Hub:
    """Raises UsageError where the address is none that may be asked."""

    def __init__(self, settings: Models) -> None:
        self.base = settings.hub.rstrip("/")
        self.patience_s = settings.patience_s
        self._opener = build_opener(_NoRedirect)
        self._is_here = _is_loopback(self.base)
        """Whether it is on this computer."""
        if not self._is_allowed(self.base):
            raise UsageError(
                "hub-address",
                f"models.hub is {settings.hub!r}, which is no https address",
                "name one with https; http will do for a mirror on this computer alone (localhost)",
            )

    def ask(self, part: Published) -> Statement:
        """Raises Passing, and MortarError where asking again is of no use."""
        address, commit = self._address(part, part.revision), None
        for _ in range(MOST_REDIRECTS + 1):
            with self._answer("HEAD", address, {}) as (status, headers, _file):
                commit = commit or headers.get("X-Repo-Commit")
                target = _target(address, headers) if status in REDIRECTS else None
                # A repository that was renamed stays on the hub; where the bytes are is not the hub's word.
                if headers.get("X-Linked-ETag") or target is None or not _same_host(address, target):
                    return _statement(headers, commit, is_whole=target is None)
            address = target
        raise _lost(address)

    @contextmanager
    def body(self, part: Published, revision: str, first: int = 0, etag: str | None = None) -> Iterator[Body]:
        """The file from byte `first` on; from its beginning where the hub can't, or `etag` no longer holds.

        Raises as `ask` does, and Passing from `read` where the connection breaks.
        """
        headers = {"Range": f"bytes={first}-", "If-Range": etag} if first and etag else {}
        address = self._address(part, revision)
        for _ in range(MOST_REDIRECTS + 1):
            with self._answer("GET", address, headers) as (status, answered, file):
                if status not in REDIRECTS:
                    yield _body(address, status, answered, file)
                    return
                target = _target(address, answered)
            if not self._is_allowed(target):
                raise MortarError(
                    "hub-redirect",
                    f"{urlsplit(address).netloc} sends to {target.split('?')[0]}, which is not https",
                    "try another hub: models.hub in the settings",
                )
            address = target
        raise _lost(address)

    @contextmanager
    def _answer(
        self, method: str, address: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[int, Message, Any]]:
        request = Request(address, headers={**HEADERS, **headers}, method=method)
        with translated(address):
            try:
                answer = self._opener.open(request, timeout=self.patience_s)
            except HTTPError as error:
                if error.code not in REDIRECTS or "Location" not in error.headers:
                    raise
                answer = error
        with answer:
            yield answer.status, answer.headers, answer

    def _address(self, part: Published, revision: str) -> str:
        return f"{self.base}/{part.repository}/resolve/{quote(revision, safe='')}/{quote(part.file)}"

    def _is_allowed(self, address: str) -> bool:
        """https anywhere; http within this computer, and only for whose hub is here as well."""
        try:
            scheme = urlsplit(address).scheme
        except ValueError:
            return False
        return scheme == "https" or (scheme == "http" and self._is_here and _is_loopback(address))


class _NoRedirect(HTTPRedirectHandler):
    """Left to Hub: urllib makes a GET of a HEAD."""

    def http_error_302(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message) -> None:
        """It becomes an HTTPError then."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _statement(headers: Message, commit: str | None, *, is_whole: bool) -> Statement:
    linked, own = _etag(headers, "X-Linked-ETag"), _etag(headers, "ETag")
    size = headers.get("X-Linked-Size") or (headers.get("Content-Length") if is_whole else None)
    return Statement(
        size_bytes=int(size) if size and size.isdecimal() else None,
        sha256=linked if SHA256.fullmatch(linked) else None,
        git_blob=own if commit and not linked and GIT_BLOB.fullmatch(own) else None,
        commit=commit if commit and GIT_BLOB.fullmatch(commit) else None,
    )


def _body(address: str, status: int, headers: Message, file: Any) -> Body:
    etag = headers.get("ETag", "")
    strong = etag if STRONG_ETAG.fullmatch(etag) else None
    if status == HTTPStatus.PARTIAL_CONTENT:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", ""))
        if found is not None:
            return Body(address, file, int(found[1]), int(found[2]), strong)
    length = headers.get("Content-Length", "")
    if status != HTTPStatus.OK or not length.isdecimal():
        raise MortarError(
            "hub-answer",
            f"{urlsplit(address).netloc} does not say how long the file is (answer {status})",
            "try another hub: models.hub in the settings",
        )
    return Body(address, file, 0, int(length), strong)


def _target(address: str, headers: Message) -> str:
    """Raises MortarError where it is no address."""
    try:
        target: str = urljoin(address, headers["Location"])
        return target
    except ValueError:
        raise MortarError(
            "hub-redirect",
            f"{urlsplit(address).netloc} sends to what is no address",
            "try another hub: models.hub in the settings",
        ) from None


def _lost(address: str) -> MortarError:
    return MortarError(
        "hub-redirect",
        f"{urlsplit(address).netloc} redirects in circles",
        "try another hub: models.hub in the settings",
    )


def _etag(headers: Message, name: str) -> str:
    return str(headers.get(name, "")).removeprefix("W/").strip('"').lower()


def _same_host(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _is_loopback(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
