"""Names by which a person or their computer could be known, and texts without them.

A report is made of what may be told (shareable.py); this is the net below it, for what comes with a text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Any

from mortar.doctor.machine import Machine

LEFT_OUT = "(left out)"

NOBODYS = frozenset(
    {
        *("admin", "armbian", "debian", "linaro", "localhost", "mortar", "nobody", "orangepi", "pi"),
        *("radxa", "raspberrypi", "rock", "root", "ubuntu", "user"),
    }
)
"""What users and hosts are called as they come: it tells of nobody, and "pi" stands in many texts."""

SHORTEST = 2
"""Characters of a name that is looked for."""

SERIALS = (
    "etc/machine-id",
    "proc/device-tree/serial-number",
    "proc/sys/kernel/random/boot_id",
    "sys/class/dmi/id/board_serial",
    "sys/class/dmi/id/chassis_serial",
    "sys/class/dmi/id/product_serial",
    "sys/class/dmi/id/product_uuid",
    "sys/class/net/*/address",
    "sys/block/*/device/serial",
    "sys/block/*/device/cid",
)

WIFI = {
    "etc/NetworkManager/system-connections/*": re.compile(r"^(?:id|ssid|psk)=(.+)$", re.MULTILINE),
    "etc/wpa_supplicant/*.conf": re.compile(r'^\s*(?:ssid|psk)="?([^"\n]+)"?$', re.MULTILINE),
}

MAC = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[:_-][0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f])")
ADDRESS = re.compile(r"[0-9A-Fa-f]*(?:[.:][0-9A-Fa-f.]*){2,}")
"""May be an IP address; `ipaddress` says whether it is."""


class Names:
    """Of one computer and its user."""

    def __init__(self, known: Iterable[str]) -> None:
        wanted = {name for name in known if len(name) >= SHORTEST and name.lower() not in NOBODYS}
        # The longest first: a host's name may have the user's in it.
        either = "|".join(re.escape(name) for name in sorted(wanted, key=len, reverse=True))
        self._known = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE) if wanted else None

    def without(self, text: str) -> str:
        """The text with none of them in it, nor any hardware or network address."""
        if self._known is not None:
            text = self._known.sub(LEFT_OUT, text)
        return ADDRESS.sub(_unless_address, MAC.sub(LEFT_OUT, text))

    def cleaned(self, value: Any) -> Any:
        """A value of JSON, with every text in it without names; the keys are the program's own."""
        match value:
            case str():
                return self.without(value)
            case dict():
                return {key: self.cleaned(held) for key, held in value.items()}
            case list() | tuple():
                return [self.cleaned(held) for held in value]
        return value


def of_machine(machine: Machine) -> Names:
    """All that this user can read."""
    found = [*_host(machine), *_user(machine), *_serials(machine), *_wifi(machine)]
    return Names(name.strip() for name in found)


def _host(machine: Machine) -> Iterator[str]:
    for path in ("proc/sys/kernel/hostname", "etc/hostname"):
        if name := machine.text(path):
            yield from (name, name.split(".")[0])


def _user(machine: Machine) -> Iterator[str]:
    """Login name, full name and its parts, and home."""
    for variable in ("HOME", "LOGNAME", "SUDO_USER", "USER"):
        yield machine.environment.get(variable, "")
    for line in (machine.text("etc/passwd") or "").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[2] == str(machine.uid):
            login, full, home = fields[0], fields[4].split(",")[0], fields[5]
            yield from (login, home, full, *full.split())


def _serials(machine: Machine) -> Iterator[str]:
    for pattern in SERIALS:
        yield from (machine.text(path) or "" for path in machine.find(pattern))
    for line in (machine.text("proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "Serial":
            yield value


def _wifi(machine: Machine) -> Iterator[str]:
    for pattern, said in WIFI.items():
        for path in machine.find(pattern):
            yield path.stem
            yield from said.findall(machine.text(path) or "")


def _unless_address(found: re.Match[str]) -> str:
    try:
        ipaddress.ip_address(found[0].rstrip("."))
    except ValueError:
        return found[0]
    return LEFT_OUT
