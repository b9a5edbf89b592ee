"""Where a server is, and whether it is on the user's own network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from mortar.errors import MortarError, UsageError

PORTS = {"http": 80, "https": 443}

SHARED = ipaddress.ip_network("100.64.0.0/10")
"""Addresses within a provider's or an overlay network (RFC 6598): neither private nor public to Python."""


@dataclass(frozen=True)
class Address:
    scheme: str
    host: str
    port: int
    base: str
    """Path before /v1, without a slash at its end."""

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    def __str__(self) -> str:
        """For people; never with a name or password that stood in the URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.base}"


def parsed(url: str) -> Address:
    """Raises UsageError where it is no http(s) address."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in PORTS or not host or parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "server-address-wrong",
            "cascade.server.url is no plain http or https address",
            'write it as "http://192.168.1.20:8080"; a key belongs in key_file',
        )
    base = parts.path.rstrip("/").removesuffix("/v1")
    return Address(scheme, host, port or PORTS[scheme], base)


def is_own(ip: str) -> bool:
    """Whether an IP address is this computer's, or of a network that the internet does not route."""
    held = ipaddress.ip_address(ip)
    if isinstance(held, ipaddress.IPv6Address) and held.ipv4_mapped is not None:
        held = held.ipv4_mapped
    return held.is_private or held.is_loopback or held.is_link_local or held in SHARED


async def resolved(address: Address, allow_public: bool) -> list[str]:
    """IP addresses to connect to. Raises MortarError where the name is unknown, or none is on the user's own
    network: nothing is sent elsewhere by a wrong name or a spoofed answer of the name server."""
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise MortarError(
            "server-unreachable", f"{address} is not known here: {error.strerror}", CHECK_ADDRESS
        ) from None
    ips = list(dict.fromkeys(str(where[0]) for *_, where in found))
    allowed = [ip for ip in ips if allow_public or is_own(ip)]
    if not allowed:
        raise MortarError(
            "server-public",
            f"{address} is {ips[0]}, which is not on your own network",
            "give a server of your own, or set allow_public in [cascade.server]",
        )
    return allowed


CHECK_ADDRESS = "check that it runs, and cascade.server.url"
