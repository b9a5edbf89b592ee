"""What systemd wants to hear (sd_notify(3)), where it started us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send "READY=1", "WATCHDOG=1" or "STOPPING=1"; outside systemd nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        # systemd may be restarting or behind; what it must know it asks for again by its watchdog
        contextlib.suppress(OSError),
    ):
        sock.sendto(state.encode(), socket.MSG_DONTWAIT, address)


def feed_watchdog(loop: asyncio.AbstractEventLoop) -> None:
    """Give signs of life from `loop` as long as it runs: two in each limit that systemd has set."""
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    is_for_us = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    if limit_us.isdecimal() and is_for_us:
        notify("WATCHDOG=1")
        loop.call_later(int(limit_us) / 1e6 / 2, feed_watchdog, loop)
