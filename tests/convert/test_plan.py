"""What a request comes to: which files, under which names, in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mortar.errors import UsageError
from mortar.runtimes.forms import Precision, Role, Runtime
from mortar_tools.vision.convert.plan import Job, Request, plan

TFLITE, RKNN, ONNX = Runtime.TFLITE, Runtime.RKNN, Runtime.ONNX
INT8 = Precision.INT8


@pytest.mark.parametrize(
    ("job", "tag", "name"),
    [
        (
            Job(RKNN, Role.WHOLE, Precision.F16, 1, "rk3588"),
            "rknn2.5.0",
            "vision-rk3588-f16-1x96x128-rknn2.5.0",
        ),
        (Job(TFLITE, Role.WHOLE, Precision.INT8, 4), "tflite", "vision-cpu-int8-4x96x128-tflite"),
        (Job(TFLITE, Role.PATCHES, Precision.F32, 1), "tflite", "vision-patches-cpu-f32-1x96x128-tflite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_name_says_soc_precision_batch_height_width_and_toolkit(job: Job, tag: str, name: str) -> None:
    assert job.stem(96, 128, tag) == name


def test_every_name_of_a_plan_is_another() -> None:
    everything = Request(tuple(Runtime), (), ("rk3588", "rk3566"), (1, 4), split=True, calibrated=True)
    names = [f"{job.stem(128, 128, 'x')}.{job.runtime}" for job in plan(everything)]
    assert len(set(names)) == len(names)


def test_rknn_is_built_from_onnx_that_is_written_before_it() -> None:
    jobs = plan(Request((RKNN,), (Precision.F16,), ("rk3588",), (1, 4)))
    assert [(job.runtime, job.batch) for job in jobs] == [(ONNX, 1), (ONNX, 4), (RKNN, 1), (RKNN, 4)]


def test_without_pictures_to_calibrate_with_the_npu_has_no_int8() -> None:
    """TFLite has one that finds its ranges as they come."""
    request = Request((TFLITE, RKNN), ())
    assert INT8 in {job.precision for job in plan(request) if job.runtime is TFLITE}
    assert {job.precision for job in plan(request) if job.runtime is RKNN} == {Precision.F16}
    calibrated = plan(replace(request, calibrated=True))
    assert {job.precision for job in calibrated if job.runtime is RKNN} == {Precision.F16, INT8}


def test_only_the_blocks_have_linear_layers_for_tflites_int8() -> None:
    jobs = plan(Request((TFLITE,), (INT8,), split=True, calibrated=True))
    assert {job.role for job in jobs} == {Role.WHOLE, Role.BLOCKS}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request((RKNN,), (INT8,)), "calibration-missing"),
        (Request((RKNN,), (Precision.F32,)), "precision-impossible"),
    ],
    ids=["int8 of nothing", "an NPU in float32"],
)
def test_what_cannot_be_is_said(request_: Request, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(request_)
    assert caught.value.code == code
