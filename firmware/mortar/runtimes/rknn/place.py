"""Whether the vision encoder can run on this board's NPU, and how it is opened there."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mortar import lease, resources
from mortar.clock import moment
from mortar.drivers.kernel import Kernel
from mortar.drivers.npu import BINDING, RUNTIME, Npu, closed_node, look, shown, version
from mortar.runtimes.forms import Form, Installed, Precision, Role, Runtime
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.place import Site
from mortar.runtimes.rknn.graph import Bounds, RknnGraph, Shape
from mortar.runtimes.vision import Batches, Pair, Pipeline
from mortar.settings import Eye, NpuBinding

UNIT = "rknn/npu"

LOAD_ms = 40_000
"""Some hundred megabytes from a slow card; large encoders take 2.4 s on an RK3588 (reference: Radxa)."""


@dataclass(frozen=True)
class Found:
    """What a probe found out."""

    soc: str
    """That the forms are for."""
    forms: list[Installed]
    """Those that would be run, all of one precision: whole encoders, or blocks."""
    patches: list[Installed]
    """What the processor embeds patches with, for blocks of the same batches; empty: whole encoders run."""
    reason: str
    """Why the NPU can be used, or why it cannot."""
    is_usable: bool


def probe(site: Site, kernel: Kernel | None = None) -> Found:
    """Reads some small files and librknnrt's own; runs nothing."""
    kernel = kernel or Kernel()
    npu = look(kernel, _installed())
    if npu is None:
        return Found("", [], [], "this computer has no NPU that RKNN knows", is_usable=False)
    forms, patches = _halves(site, npu.model_soc)
    if not patches:
        forms = _of_one_precision(site.forms(Runtime.RKNN, npu.model_soc))
    trouble = _of_the_board(kernel, npu, site.settings) or _of_the_model(npu, forms) or _of_others()
    if trouble:
        return Found(npu.model_soc, forms, patches, trouble, is_usable=False)
    named = " and ".join(one.name for one in [*patches, *forms])
    return Found(npu.model_soc, forms, patches, named, is_usable=True)


def _of_the_board(kernel: Kernel, npu: Npu, settings: Eye) -> str:
    if not npu.has_driver:
        return f"the kernel has no rknpu driver for this {npu.soc}, or the NPU's overlay is off"
    if (node := closed_node(kernel)) is not None:
        return f"{node} is closed to this user: sudo usermod -aG render,video $USER"
    if npu.runtime is None:
        return "there is no librknnrt.so in /usr/lib"
    if settings.npu_binding is NpuBinding.LITE and npu.binding is None:
        return f"{BINDING} is not installed"
    return ""


def _of_the_model(npu: Npu, forms: list[Installed]) -> str:
    if not forms:
        return f"no form of this size is installed for {npu.model_soc}: mortar tools convert makes one"
    toolkit = version(forms[0].form.toolkit)
    if toolkit and npu.runtime and npu.runtime < toolkit:
        return f"librknnrt {shown(npu.runtime)} is older than the form's toolkit, {shown(toolkit)}"
    return ""


def _of_others() -> str:
    held = lease.look(resources.runtime_folder() / lease.FILE)
    if held is not None and held.state(moment()) is lease.State.LOST:
        return f"process {held.pid} hangs in its driver: start the board again"
    return ""


def _of_one_precision(forms: list[Installed]) -> list[Installed]:
    """INT8 where it was checked and holds: the NPU is fastest with it. Else floats; what nobody checked
    comes last. A form of that precision for a single picture has to be there."""
    single = sorted((one.form for one in forms if one.form.batch == 1), key=_doubt)
    return [one for one in forms if single and one.form.precision == single[0].precision]


def _doubt(form: Form) -> int:
    """0 for the form to be run first."""
    if form.precision is Precision.F16:
        return 2
    if not form.holds:
        return 3
    return 0 if form.precision is Precision.INT8 else 1


def _halves(site: Site, soc: str) -> tuple[list[Installed], list[Installed]]:
    """Blocks for the NPU and patches for the processor, of the same batches."""
    patches = {one.form.batch: one for one in site.forms(Runtime.TFLITE, role=Role.PATCHES)}
    found = _of_one_precision(site.forms(Runtime.RKNN, soc, Role.BLOCKS))
    blocks = [one for one in found if one.form.batch in patches]
    return blocks, [patches[one.form.batch] for one in blocks]


def encoder(site: Site, found: Found) -> VisionEncoder:
    """Raises MortarError where a form is damaged, or does not load."""
    part, most = site.part, site.settings.tile_batch
    with ExitStack() as opened:
        if found.patches:
            pairs = [
                _pair(site, found.soc, *two, opened) for two in zip(found.patches, found.forms, strict=True)
            ]
            overlapped = Pipeline(pairs, part.n_tok, part.n_embd, most=most, should_stop=site.should_stop)
            opened.pop_all()
            return overlapped
        graphs = []
        for one in found.forms:
            given = Shape("uint8", (one.form.batch, part.height_px, part.width_px, 3))
            graphs.append(_graph(site, found.soc, one, given))
            opened.callback(graphs[-1].close)
        opened.pop_all()
    return Batches(graphs, part.n_tok, part.n_embd, most=most, should_stop=site.should_stop)


def _pair(site: Site, soc: str, patches: Installed, blocks: Installed, opened: ExitStack) -> Pair:
    """Patches on one core of the processor, blocks on the NPU."""
    from mortar.runtimes.tflite import TfliteVisionGraph

    first = TfliteVisionGraph(
        patches.verified(), site.part, threads=1, batch=patches.form.batch, role=Role.PATCHES
    )
    opened.callback(first.close)
    second = _graph(site, soc, blocks, Shape("float32", first.gives))
    opened.callback(second.close)
    _, n_patches, width = first.gives
    return Pair(first, second, (n_patches, width))


def _graph(site: Site, soc: str, one: Installed, given: Shape) -> RknnGraph:
    out = Shape("float32", (one.form.batch, site.part.n_tok, site.part.n_embd))
    # Half of it leaves time to end a process that hangs, and for the next unit.
    bounds = Bounds(load_ms=LOAD_ms, run_ms=site.settings.deadline_ms / 2)
    return RknnGraph(UNIT, command(soc, site.settings, one.form.toolkit), one.verified(), given, out, bounds)


def command(soc: str, settings: Eye, toolkit: str, library: Path = Path("/") / RUNTIME) -> list[str]:
    """What starts a process that owns the NPU. -P: the folder that it is started in has no modules for it."""
    held = {
        "engine": str(settings.npu_binding),
        "library": str(library),
        "soc": soc,
        "cores": settings.npu_cores,
        "toolkit": toolkit,
        "lease": str(resources.runtime_folder() / lease.FILE),
        "unit": UNIT,
    }
    options = [word for name, value in held.items() for word in (f"--{name}", value)]
    return [sys.executable, "-P", "-m", "mortar.runtimes.rknn.child", *options]


def _installed() -> str | None:
    try:
        return metadata.version(BINDING)
    except metadata.PackageNotFoundError:
        return None
