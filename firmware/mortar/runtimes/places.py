"""Where the vision encoder can run: a list of places, the best first, decided from probes.

A place that cannot be used stays in the list with the reason, for `mortar status` and `mortar doctor`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mortar.errors import MortarError
from mortar.runtimes.forms import Precision, Runtime
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.manifest import GGUF
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.place import Place, Site, no_unit, same_shape
from mortar.runtimes.vision import Batches, ShouldStop, never
from mortar.settings import AUTO, Eye, Point


def _npu(site: Site) -> Place:
    from mortar.runtimes.rknn.place import UNIT, encoder, probe

    found = probe(site)
    return Place(UNIT, found.reason, partial(encoder, site, found) if found.is_usable else None)


def _cpu(site: Site) -> Place:
    """INT8 that was checked and holds, which takes less time and memory; else the model's own file where it
    is what is wanted, and forms beside it for several tiles at once."""
    from mortar.runtimes.tflite_interpreter import runs_ranging

    own = site.model.vision
    forms = [one for one in site.forms(Runtime.TFLITE) if runs_ranging() or not one.form.ranges_itself]
    holding = [one for one in forms if one.form.precision is Precision.INT8 and one.form.holds]
    is_own = False
    if site.point is None and any(one.form.batch == 1 for one in holding):
        forms = holding
    elif not own.file.endswith(GGUF) and (
        site.point is None or (site.point.precision == OWN_PRECISION and same_shape(site.part, own))
    ):
        is_own = True
        forms = [one for one in forms if one.form.precision == OWN_PRECISION and one.form.batch > 1]
    elif not any(one.form.batch == 1 for one in forms):
        return Place("tflite/cpu", "no form of this size and precision is installed")

    def load() -> VisionEncoder:
        from mortar.runtimes.tflite import TfliteVisionGraph

        files = {1: site.model.verified(own)} if is_own else {}
        files |= {one.form.batch: one.verified() for one in forms}
        threads = site.settings.threads
        graphs = [TfliteVisionGraph(file, site.part, threads=threads, batch=n) for n, file in files.items()]
        return Batches(
            graphs,
            site.part.n_tok,
            site.part.n_embd,
            most=site.settings.tile_batch,
            should_stop=site.should_stop,
        )

    told = ["the model's own file"] if is_own else []
    return Place("tflite/cpu", " and ".join([*told, *(one.name for one in forms)]), load)


def _delegated(site: Site) -> Place:
    """Full INT8, which is what delegates of NPUs take."""
    library, threads = site.settings.delegate, site.settings.threads
    if not library:
        return Place(DELEGATED, "eye.delegate names no library")
    forms = [
        one
        for one in site.forms(Runtime.TFLITE)
        if one.form.precision is Precision.INT8 and not one.form.ranges_itself
    ]
    if not forms:
        told = "no INT8 form is installed that was calibrated: mortar tools convert --calibration"
        return Place(DELEGATED, told)

    def load() -> VisionEncoder:
        from mortar.runtimes.tflite import TfliteVisionGraph

        graphs = [
            TfliteVisionGraph(
                one.verified(), site.part, threads=threads, batch=one.form.batch, delegate=library
            )
            for one in forms
        ]
        return Batches(
            graphs,
            site.part.n_tok,
            site.part.n_embd,
            most=site.settings.tile_batch,
            should_stop=site.should_stop,
        )

    return Place(DELEGATED, f"{' and '.join(one.name for one in forms)}, by {library}", load)


def _libmtmd(site: Site) -> Place:
    """The model's mmproj file, which has the size that the model was made for."""
    mmproj = site.model.manifest.mmproj
    if mmproj is None:
        return Place(LIBMTMD, "the model has no mmproj file")
    if not same_shape(site.part, site.model.vision):
        return Place(LIBMTMD, "the mmproj file is of another size")

    def load() -> VisionEncoder:
        from mortar.runtimes.mtmd import MtmdVisionGraph

        tower, language = map(site.model.verified, (mmproj, site.model.manifest.language))
        graph = MtmdVisionGraph(tower, language, site.part, threads=site.settings.threads)
        return Batches([graph], site.part.n_tok, site.part.n_embd, should_stop=site.should_stop)

    return Place(LIBMTMD, "the model's mmproj file, by llama.cpp", load)


def _simulator(site: Site) -> Place:
    from mortar.runtimes.rknn_sim.graph import UNIT, place

    if site.settings.unit != UNIT:
        return Place(UNIT, "simulates an NPU, slowly: only where eye.unit names it")
    forms = site.forms(Runtime.RKNN, soc=None)
    return place([one for one in forms if one.form.batch == 1], site.part, site.settings.deadline_ms)


OWN_PRECISION = Precision.F16
"""Of a model folder's own TFLite file."""

DELEGATED, LIBMTMD = "tflite/npu", "mtmd/cpu"

PROBES: dict[str, Callable[[Site], Place]] = {
    "rknn/npu": _npu,
    DELEGATED: _delegated,
    "tflite/cpu": _cpu,
    LIBMTMD: _libmtmd,
    "rknn-sim/cpu": _simulator,
}
"""Unit → what finds out whether it can be used; the best first."""


def places(
    settings: Eye, model: ModelFolder, point: Point | None = None, should_stop: ShouldStop = never
) -> list[Place]:
    """Every place for the vision encoder of `model`. The one that `eye.unit` names comes first; raises
    MortarError where there is no such unit."""
    if settings.unit not in (AUTO, *PROBES):
        raise MortarError(
            "unit-unknown",
            f"eye.unit names {settings.unit}, which Mortar does not know",
            f"set it to {AUTO}, or to one of {', '.join(PROBES)}",
        )
    site = Site(settings, model, point, should_stop)
    found = [probe(site) for probe in PROBES.values()]
    if settings.unit == AUTO:
        return found
    named = [one for one in found if one.unit == settings.unit]
    others = [one for one in found if one.unit != settings.unit]
    return [*(replace(one, reason=f"eye.unit names it; {one.reason}") for one in named), *others]


def best(settings: Eye, model: ModelFolder) -> VisionEncoder:
    """The encoder of the first place that can be used. Raises MortarError."""
    for place in places(settings, model):
        if place.open is not None:
            return place.open()
    raise no_unit()
