"""What a network does wrong, in one line each: what may pass, and what will not."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from mortar.errors import MortarError

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another try may not get."""


T = TypeVar("T")

LONGEST_PAUSE_s = 8
"""Between two tries; the first is none, each is about twice the one before."""


class Passing(MortarError):
    """May go well at the next try."""


def persistently(act: Callable[[], T], tries: int, pause: Callable[[float], None] = time.sleep) -> T:
    """What `act` gives, which is called again while what it raises may pass."""
    for number in range(tries - 1):
        try:
            return act()
        except Passing:
            pause(min(LONGEST_PAUSE_s, 2**number - 1))
    return act()


@contextmanager
def translated(address: str) -> Iterator[None]:
    """What the network does wrong within, as Passing or MortarError."""
    host = urlsplit(address).netloc
    again = "try again: what is there already stays"
    try:
        yield
    except HTTPError as error:
        error.close()
        raise _refusal(error.code, address) from None
    except TimeoutError:
        raise Passing("hub-stalls", f"{host} sends nothing any more", again) from None
    except (URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise Passing("hub-stalls", f"{host} does not answer", again) from None
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise MortarError(
                "hub-untrusted",
                f"{host} cannot prove that it is {host}: {reason.verify_message}",
                "check the clock and the network: somebody may be in between",
            ) from None
        raise Passing("hub-unreachable", f"cannot reach {host}: {_in_words(reason)}", again) from None


def _refusal(status: int, address: str) -> MortarError:
    host, path = urlsplit(address).netloc, urlsplit(address).path
    if status in BUSY:
        return Passing("hub-busy", f"{host} answers {_status_in_words(status)}", "try again in a while")
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Passing("hub-range", f"{host} has less of the file than is here", "try again")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return MortarError(
            "hub-refuses",
            f"{host} does not give {path} to everybody ({_status_in_words(status)})",
            "fetch it by hand, where its terms can be agreed to: docs/installing-models.md",
        )
    return MortarError(
        "hub-file-missing",
        f"{host} has no {path} ({_status_in_words(status)})",
        "it may have been moved: correct the entry in a catalogue of your own, docs/installing-models.md",
    )


def _status_in_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _in_words(reason: object) -> str:
    told = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return " ".join(str(told).split())
