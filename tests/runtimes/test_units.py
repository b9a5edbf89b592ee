"""The units beside TensorFlow Lite's own: found by what a model folder has and by what is set."""

from __future__ import annotations

from msgspec.structs import replace

from mortar import resources
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import Place, best, places
from mortar.settings import Eye

MODEL = ModelFolder(resources.bundled_model())


def found(settings: Eye) -> dict[str, Place]:
    return {place.unit: place for place in places(settings, MODEL)}


def test_libmtmd_comes_after_the_models_own_file() -> None:
    units = list(found(Eye()))
    assert units.index("tflite/npu") < units.index("tflite/cpu") < units.index("mtmd/cpu")
    assert best(Eye(unit="mtmd/cpu"), MODEL).unit == "mtmd/cpu"


def test_a_model_without_an_mmproj_file_is_none_for_libmtmd() -> None:
    bare = ModelFolder(MODEL.path)
    bare.manifest = replace(MODEL.manifest, extra={})
    (place,) = (one for one in places(Eye(), bare) if one.unit == "mtmd/cpu")
    assert not place.is_usable and "no mmproj file" in place.reason


def test_a_delegate_needs_a_library_and_an_int8_form() -> None:
    without, with_one = (found(Eye(delegate=library))["tflite/npu"] for library in ("", "/lib/libteflon.so"))
    assert not without.is_usable and "eye.delegate names no library" in without.reason
    assert not with_one.is_usable and "no INT8 form is installed" in with_one.reason
