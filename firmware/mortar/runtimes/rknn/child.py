"""The process that owns the NPU, as far as Mortar's share of it goes.

python -m mortar.runtimes.rknn.child --engine librknnrt --library PATH --soc rk3588 --cores auto \
    --toolkit VERSION --lease PATH --unit rknn/npu --parent PID SOCKET

SOCKET is the descriptor of one end of a SOCK_SEQPACKET pair; both outputs go to one file. A driver that hangs
or crashes takes this process with it, and nothing else.
"""

from __future__ import annotations

import argparse
import socket
from contextlib import AbstractContextManager
from pathlib import Path

from mortar.errors import MortarError
from mortar.lease import Lease
from mortar.runtimes.rknn import protocol
from mortar.runtimes.rknn.protocol import Failed
from mortar.runtimes.rknn.service import Engine, Hold, Log, die_with, serve


def main() -> None:
    options = _options()
    die_with(options.parent)
    log = Log()
    with socket.socket(fileno=options.socket) as sock:
        try:
            engine = _engine(options, log)
        except MortarError as error:
            protocol.receive(sock)  # the eye's first request, which this answers
            protocol.send(sock, Failed(error.code, error.what, error.do, is_broken=False))
        else:
            serve(sock, engine, _holding(Lease(options.lease), options.unit), log)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("engine", "library", "soc", "cores", "toolkit", "unit"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--lease", required=True, type=Path)
    parser.add_argument("--parent", required=True, type=int)
    parser.add_argument("socket", type=int)
    return parser.parse_args()


def _engine(options: argparse.Namespace, log: Log) -> Engine:
    if options.engine == "rknn-toolkit-lite2":
        from mortar.runtimes.rknn.lite import Lite  # brings numpy

        return Lite(options.soc, options.cores, log.said)
    from mortar.runtimes.rknn.direct import Direct

    return Direct(options.library, options.soc, options.cores, options.toolkit, log.said)


def _holding(lease: Lease, unit: str) -> Hold:
    def hold(reason: str, deadline_ms: float, wait_ms: float) -> AbstractContextManager[None]:
        return lease.hold(unit, reason, deadline_ms=deadline_ms, wait_ms=wait_ms)

    return hold


if __name__ == "__main__":
    main()
