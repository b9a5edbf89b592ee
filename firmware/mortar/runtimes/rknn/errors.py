"""What librknnrt and rknn-toolkit-lite2 report, turned into errors that say what to do.

Their codes are coarse (a missing driver, an old runtime and a broken model are all -1), so their log is read
first: its lines are those that people meet in the makers' issue trackers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mortar.drivers.npu import GET_RUNTIME, closed_node
from mortar.errors import MortarError

DOCS = "docs/npu.md has more"

LONGEST_QUOTE_chars = 160


class RknnError(MortarError):
    """An error of the runtime."""

    def __init__(self, code: str, what: str, do: str, *, is_broken: bool) -> None:
        super().__init__(code, what, do)
        self.is_broken = is_broken
        """The process that it came up in is of no more use, and another may do better. Otherwise none will:
        the board, the model or the settings have to change."""


class Cause(StrEnum):
    NO_LIBRARY = "no library"
    NO_BINDING = "no binding"
    NOT_A_BOARD = "not a board"
    IN_CONTAINER = "in a container"
    NO_DRIVER = "no driver"
    NOT_ALLOWED = "not allowed"
    DRIVER_UNFIT = "driver unfit"
    RUNTIME_OLD = "runtime old"
    MODEL_BROKEN = "model broken"
    OTHER_SOC = "other soc"
    SHAPE = "shape"
    CORES = "cores"
    NO_MEMORY = "no memory"
    TIMEOUT = "timeout"
    VANISHED = "vanished"
    JOB_FAILED = "job failed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Row:
    error: MortarError
    """With {call}, {code}, {said} and {detail} in its texts."""
    is_broken: bool = False


CAUSES = {
    Cause.NO_LIBRARY: Row(
        MortarError("npu-runtime-missing", "librknnrt.so cannot be loaded ({detail})", GET_RUNTIME)
    ),
    Cause.NO_BINDING: Row(
        MortarError(
            "npu-binding-missing",
            "rknn-toolkit-lite2 is not installed",
            "run: pip install 'mortar[rk]', or leave eye.npu_binding at librknnrt",
        )
    ),
    Cause.NOT_A_BOARD: Row(
        MortarError(
            "npu-not-here", "this computer has no NPU that RKNN knows ({said})", "set eye.unit to tflite/cpu"
        )
    ),
    Cause.IN_CONTAINER: Row(
        MortarError(
            "npu-not-in-container",
            "the container that Mortar runs in does not see the NPU",
            "give it /dev/dri, /proc/device-tree/compatible and /usr/lib/librknnrt.so of the board, with -v",
        )
    ),
    Cause.NO_DRIVER: Row(
        MortarError(
            "npu-driver-missing",
            "the kernel has no NPU driver, or the board's NPU is switched off ({said})",
            "use a vendor kernel (5.10 or 6.1); on RK3566 enable the NPU overlay in rsetup, then restart",
        )
    ),
    Cause.NOT_ALLOWED: Row(
        MortarError(
            "npu-not-allowed",
            "this user may not use the NPU ({detail})",
            "run: sudo usermod -aG render,video $USER, then log in again",
        )
    ),
    Cause.DRIVER_UNFIT: Row(
        MortarError(
            "npu-driver-unfit",
            "the NPU's driver does not go with librknnrt ({call}: {code}; {said})",
            "update the kernel (rknpu 0.9.8 is advised) and librknnrt.so",
        )
    ),
    Cause.RUNTIME_OLD: Row(
        MortarError(
            "npu-runtime-old",
            "librknnrt is older than what the model was converted with ({detail})",
            f"{GET_RUNTIME}, or convert the model with an older toolkit",
        )
    ),
    Cause.MODEL_BROKEN: Row(
        MortarError(
            "rknn-model-broken",
            "librknnrt does not take the file as a model ({said})",
            "convert it again: mortar tools convert",
        )
    ),
    Cause.OTHER_SOC: Row(
        MortarError(
            "rknn-model-other-soc",
            "the model was converted for another SoC ({said})",
            "convert it for this one: mortar tools convert",
        )
    ),
    Cause.SHAPE: Row(
        MortarError(
            "rknn-model-shape",
            "the compiled model is not of the shape that its sidecar says ({detail})",
            "convert it again: mortar tools convert",
        )
    ),
    Cause.CORES: Row(
        MortarError(
            "npu-cores-unknown",
            "eye.npu_cores: {detail}",
            'set it to "auto", or to cores that the SoC has',
        )
    ),
    Cause.NO_MEMORY: Row(
        MortarError(
            "npu-memory",
            "there is too little memory for the NPU ({call}; {said})",
            "end other programs that use it; on RK3566 give the kernel more CMA (cma=256M)",
        )
    ),
    Cause.TIMEOUT: Row(
        MortarError(
            "npu-timeout", "the NPU's driver gave a job up ({said})", f"update kernel and librknnrt; {DOCS}"
        ),
        is_broken=True,
    ),
    Cause.VANISHED: Row(
        MortarError(
            "npu-vanished", "the NPU went away ({call}: {code}; {said})", "look into dmesg for rknpu's reason"
        ),
        is_broken=True,
    ),
    Cause.JOB_FAILED: Row(
        MortarError(
            "npu-job-failed",
            "the NPU could not do a job ({call}: {code}; {said})",
            f"bring kernel, librknnrt and the model's toolkit to one version; {DOCS}",
        ),
        is_broken=True,
    ),
    Cause.REFUSED: Row(
        MortarError(
            "npu-call-refused",
            "librknnrt refused {call} ({code}; {said})",
            f"bring librknnrt and the model's toolkit to one version; {DOCS}",
        )
    ),
}

SAID = (
    (r"failed to open rknpu|failed to open rknn device|driver open fail", Cause.NO_DRIVER),
    (r"[Ii]nvalid RKNN model version|incompatible model version", Cause.RUNTIME_OLD),
    (r"does not match the RKNPU|target platform.*(unmatch|current platform)", Cause.OTHER_SOC),
    (r"failed to (malloc|allocate) npu|malloc.*fail|out of memory", Cause.NO_MEMORY),
    (r"Can not find dynamic library", Cause.NO_LIBRARY),
    (r"Unsupported run platform|Please specify the target", Cause.NOT_A_BOARD),
    (r"core_mask is only supported", Cause.CORES),
    (r"TARGET_PLATFORM_UNMATCH", Cause.OTHER_SOC),
    (r"MALLOC_FAIL", Cause.NO_MEMORY),
    (r"MODEL_INVALID", Cause.MODEL_BROKEN),
    (r"DEVICE_UNMATCH|INCOMPATILE", Cause.DRIVER_UNFIT),
    (r"DEVICE_UNAVAILABLE|CTX_INVALID", Cause.VANISHED),
    (r"files are missing in the container", Cause.IN_CONTAINER),
)
"""Pattern in the log → what it means. The capitals are in rknn-toolkit-lite2's exceptions."""

CODES = {
    -2: Cause.TIMEOUT,
    -3: Cause.VANISHED,
    -4: Cause.NO_MEMORY,
    -6: Cause.MODEL_BROKEN,
    -7: Cause.VANISHED,
    -10: Cause.DRIVER_UNFIT,
    -11: Cause.DRIVER_UNFIT,
    -12: Cause.DRIVER_UNFIT,
    -13: Cause.OTHER_SOC,
}
"""Return code → what it means by itself. -1 (failed), -5, -8 and -9 (a wrong argument) tell no more."""

_LOGGED = re.compile(r"^E (?!Catch exception|Traceback)")
_RAISED = re.compile(r"^\w*(Exception|Error): ")
"""The last line of a traceback: rknn-toolkit-lite2 logs what it catches."""

_FAILED_JOB = re.compile(r"^E RKNN", re.MULTILINE)


def error(cause: Cause, *, call: str = "", code: int = 0, said: str = "", detail: str = "") -> RknnError:
    row = CAUSES[cause]
    facts = {"call": call, "code": code, "said": said or "it said nothing", "detail": detail or said}
    made = row.error
    return RknnError(made.code, made.what.format(**facts), made.do.format(**facts), is_broken=row.is_broken)


def explained(call: str, code: int, log: str) -> RknnError:
    """The error for a return code of `call`, with what was logged meanwhile."""
    said = last_words(log)
    read = next((cause for pattern, cause in SAID if re.search(pattern, log)), None)
    cause = read or CODES.get(code, Cause.JOB_FAILED if call in ("rknn_run", "inference") else Cause.REFUSED)
    if cause is Cause.NO_DRIVER and (node := closed_node()) is not None:
        return error(Cause.NOT_ALLOWED, detail=f"{node} is closed to it")
    return error(cause, call=call, code=code, said=said)


def complains(log: str) -> bool:
    """Whether librknnrt itself has logged an error."""
    return _FAILED_JOB.search(log) is not None


def last_words(log: str) -> str:
    """The line of a log that says most: the first of its errors, else what was raised, else the last."""
    lines = [line.strip() for line in log.splitlines() if re.search(r"\w", line)]
    logged = [line for line in lines if _LOGGED.match(line)]
    raised = [line for line in lines if _RAISED.match(line)]
    return next(iter(logged[:1] or raised[-1:] or lines[-1:]), "")[:LONGEST_QUOTE_chars]
