"""Makes one form after the other, each in a folder of its own until it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
import torch

from mortar.runtimes import forms
from mortar.runtimes.forms import Form, Precision, Role, Runtime
from mortar.runtimes.interfaces import Floats, Pixels
from mortar_tools.vision.convert import agreement, foreign, onnx_file
from mortar_tools.vision.convert.calibration import Calibration
from mortar_tools.vision.convert.graphs import Graph
from mortar_tools.vision.convert.lean import Lean, Target
from mortar_tools.vision.convert.plan import Job
from mortar_tools.vision.convert.source import Source
from mortar_tools.vision.towers.tower import Tower

SEED = 1
AT_ONCE = 8
"""Pictures whose patches torch embeds at a time."""


@dataclass(frozen=True)
class Made:
    """A form in the draft folder."""

    form: Form
    path: Path
    cosine: float | None = None
    """Least of any row of the output, to the source's; None where it runs nowhere but on its board."""
    beside: tuple[Path, ...] = ()
    """What has to lie beside it, so that the simulator can build the same again."""


@dataclass
class Workshop:
    """A source, and what its forms have in common."""

    source: Source
    draft: Path
    """A folder that is deleted afterwards."""
    calibration: Calibration | None
    tell: Callable[[str], None]
    """Is told if the toolkit has to be installed."""
    _onnx: dict[tuple[Role, int], Made] = field(default_factory=dict)
    _wide: dict[tuple[Role, int], Path] = field(default_factory=dict)
    _leans: dict[Target, Lean] = field(default_factory=dict)

    def make(self, job: Job) -> Made:
        """One form, checked against its source. Raises MortarError."""
        makers = {
            Runtime.ONNX: self._onnx_form,
            Runtime.TFLITE: self._tflite_form,
            Runtime.RKNN: self._rknn_form,
        }
        return makers[job.runtime](job)

    def _onnx_form(self, job: Job) -> Made:
        path = self._path(job, "onnx", "onnx")
        if isinstance(self.source.weights, Tower):
            onnx_file.write(self._lean(Target.ONNX), job.role, job.batch, path)
            toolkit = f"torch {torch.__version__.partition('+')[0]}"
        else:
            foreign.write(self.source.weights, job.batch, path)
            toolkit = f"onnxruntime {version('onnxruntime')}"
        made = self._onnx[job.role, job.batch] = self._made(job, path, toolkit, forms.Source())
        return made

    def _tflite_form(self, job: Job) -> Made:
        # Importing it takes some seconds.
        from mortar_tools.vision.convert import tflite_file

        path, source = self._path(job, "tflite", "tflite"), forms.Source()
        wide = self._float32(job)
        if job.precision is Precision.F16:
            tflite_file.write_float16(wide, path)
        elif job.precision is Precision.INT8 and self.calibration is None:
            recipe = tflite_file.write_ranging_int8(wide, path)
            source = forms.Source(config={"recipe": json.dumps(recipe)})
        elif job.precision is Precision.INT8:
            recipe = tflite_file.write_int8(wide, self._inputs(job.role), path)
            source = self._calibrated(config={"recipe": json.dumps(recipe)})
        return self._made(job, path, f"litert-torch {version('litert-torch')}", source)

    def _float32(self, job: Job) -> Path:
        """The file that all precisions are made of; made once."""
        from mortar_tools.vision.convert import tflite_file

        key = (job.role, job.batch)
        if key not in self._wide:
            self._wide[key] = self._path(
                Job(job.runtime, job.role, Precision.F32, job.batch), "tflite", "tflite"
            )
            tflite_file.write_float32(self._lean(Target.TFLITE), job.role, job.batch, self._wide[key])
        return self._wide[key]

    def _rknn_form(self, job: Job) -> Made:
        from mortar.runtimes.rknn_sim import toolkit
        from mortar_tools.vision.toolkit import ToolkitConfig, build

        graph, pixels = self._onnx[job.role, job.batch], job.role is not Role.BLOCKS
        source = forms.Source(onnx=graph.form.file, onnx_sha256=graph.form.sha256)
        given = None
        if job.precision is Precision.INT8:
            given, source = self._kept_calibration(job.role, source)
        config = ToolkitConfig(
            job.soc,
            job.precision,
            self.source.mean if pixels else None,
            self.source.std if pixels else None,
            calibration=given,
        )
        path = self._path(job, f"rknn{toolkit.VERSION}", "rknn")
        built = build(graph.path, path, config, self.tell)
        source = msgspec.structs.replace(source, config=built.config)
        return replace(self._made(job, path, built.toolkit, source), beside=(given,) if given else ())

    def _kept_calibration(self, role: Role, source: forms.Source) -> tuple[Path, forms.Source]:
        """The toolkit's input for this role as a file, and the source that names it."""
        assert self.calibration is not None
        given = self._inputs(role) if role is Role.BLOCKS else self.calibration.pictures
        digest = hashlib.sha256(np.ascontiguousarray(given).data).hexdigest()
        path = self.draft / f"calibration-{digest[:12]}.npy"
        np.save(path, given)
        kept = {"calibration_file": path.name, "calibration_sha256": digest, "calibration": len(given)}
        return path, msgspec.structs.replace(source, **kept)

    def _lean(self, target: Target) -> Lean:
        if target not in self._leans:
            assert isinstance(self.source.weights, Tower)
            self._leans[target] = Lean(self.source.weights, target).eval()
        return self._leans[target]

    def _path(self, job: Job, tag: str, ending: str) -> Path:
        # Not with_suffix: the tag may have dots.
        return self.draft / f"{job.stem(*self.source.size_px, tag)}.{ending}"

    def _calibrated(self, config: dict[str, object]) -> forms.Source:
        assert self.calibration is not None
        return forms.Source(
            calibration=len(self.calibration.pictures),
            calibration_sha256=self.calibration.sha256,
            config=config,
        )

    def _normalised(self, pictures: Pixels) -> Floats:
        """float32 [n, h, w, 3] as the weights have it."""
        mean, std = (np.array(one, np.float32) for one in (self.source.mean, self.source.std))
        normalised: Floats = (pictures.astype(np.float32) / 255 - mean) / std
        return normalised

    def _inputs(self, role: Role) -> Floats:
        """What INT8 is calibrated with, as a TFLite graph of this role takes it."""
        assert self.calibration is not None
        return self._given(role, self.calibration.pictures)

    def _given(self, role: Role, pictures: Pixels) -> Floats:
        """A graph's input, channels last."""
        normalised = self._normalised(pictures)
        if role is not Role.BLOCKS:
            return normalised
        # As our patches graphs write them, without their mean: TFLite's blocks rely on that.
        embed = Graph(self._lean(Target.TFLITE), Role.PATCHES, channels_last=True)
        parts = range(0, len(normalised), AT_ONCE)
        return np.concatenate([agreement.by_torch(embed, normalised[n : n + AT_ONCE]) for n in parts])

    def _made(self, job: Job, path: Path, toolkit: str, source: forms.Source) -> Made:
        content = path.read_bytes()
        form = Form(
            file=path.name,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            runtime=job.runtime,
            role=job.role,
            precision=job.precision,
            batch=job.batch,
            toolkit=toolkit,
            vision_sha256=self.source.vision_sha256,
            soc=job.soc,
            source=source,
        )
        return Made(form, path, self._cosine(job, path))

    def _cosine(self, job: Job, path: Path) -> float | None:
        """How alike a form's output and its source's are. Raises MortarError where they are not."""
        if job.runtime is Runtime.RKNN:
            return None
        given = self._given(job.role, self._samples(job.batch))
        colours_first = given.transpose(0, 3, 1, 2) if job.role is not Role.BLOCKS else given
        if isinstance(self.source.weights, Tower):
            wanted = agreement.by_torch(
                Graph(self.source.weights, job.role, channels_last=False), colours_first
            )
        else:
            wanted = foreign.reference(self.source.weights, colours_first)
        if job.role is Role.PATCHES:
            # Written without their mean, which the blocks' norms take off anyway.
            wanted = wanted - wanted.mean(-1, keepdims=True)
        if job.runtime is Runtime.ONNX:
            found = agreement.by_onnx(path, colours_first)
        else:
            found = agreement.by_tflite(path, given)
        cosine = agreement.least_cosine(found, wanted)
        agreement.require(path.name, job.precision, cosine)
        return cosine

    def _samples(self, batch: int) -> Pixels:
        """Pictures to compare with: those of the calibration, or coarse noise."""
        if self.calibration is not None:
            return self.calibration.pictures.take(range(batch), axis=0, mode="wrap")
        height, width = self.source.size_px
        random = np.random.default_rng(SEED)
        coarse = random.integers(0, 256, (batch, -(-height // 8), -(-width // 8), 3), np.uint8)
        return coarse.repeat(8, 1).repeat(8, 2)[:, :height, :width]
