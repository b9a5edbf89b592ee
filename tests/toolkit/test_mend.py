"""What is made of an INT8 form that loses too much."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from mortar.runtimes.forms import Form, Installed, Precision
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.vision.check.encoders import Reference
from mortar_tools.vision.check.hybrid import mended
from mortar_tools.vision.check.layers import Layer, worst_first
from mortar_tools.vision.check.mend import mend
from mortar_tools.vision.check.results import Result
from mortar_tools.vision.check.study import Study
from toolkit.environments import make_form, pictures
from toolkit.studies import halves, result

TABLE = """\
# simulator_error: calculate the output error of each layer of the simulator (compared to the 'golden' value).
layer_name                                       simulator_error
                                             entire              single
                                          cos      euc        cos      euc
--------------------------------------------------------------------------
[Input] picture                         1.00000 | 0.00000   1.00000 | 0.00000
[exDataConvert] picture_int8            0.99996 | 0.86942   0.99996 | 0.86942
[Conv] picture_conv                     0.99980 | 18.53870  0.99980 | 18.53870
[Reshape] /patch_rs                     0.30000 | 6.70892   0.20000 | 6.31759
[exGelu] /blocks.4/up/Add_output_0      0.99732 | 26.34968  0.91994 | 4.03641
[exNorm] /post/LayerNormalization#1     0.99721 | 8.48909   0.99946 | 3.71853
"""


def test_layers_are_put_in_order_by_their_own_harm() -> None:
    """Not by what reaches them."""
    assert worst_first(TABLE) == [
        Layer("Reshape", "/patch_rs", 0.2),
        Layer("exGelu", "/blocks.4/up/Add_output_0", 0.91994),
        Layer("exNorm", "/post/LayerNormalization#1", 0.99946),
        Layer("Conv", "picture_conv", 0.9998),
    ]


def test_more_layers_stay_floats_until_it_holds() -> None:
    layers = [Layer("Conv", f"layer{number}", number / 100) for number in range(20)]
    told: list[str] = []
    attempts = mend(layers, lambda names: 3.0 - len(names) / 4, 1.0, told.append)
    assert [len(one.float_layers) for one in attempts] == [4, 8]
    assert attempts[-1].holds and not attempts[0].holds
    assert attempts[1].float_layers[:2] == ("layer0", "layer1")
    assert "2.00 points lost" in told[0] and "which holds" in told[1]


def test_what_never_holds_ends_with_all_layers_in_floats() -> None:
    layers = [Layer("Conv", f"layer{number}", 0.5) for number in range(9)]
    attempts = mend(layers, lambda names: 5.0, 1.0, lambda line: None)
    assert [len(one.float_layers) for one in attempts] == [4, 8, 9]
    assert not any(one.holds for one in attempts)


class Asked(Study):
    """Knows what the whole model would answer: with `enough` layers in floats it loses nothing."""

    enough = 0

    def result(self, encode: object, name: str, precision: Precision, by: str) -> Result:
        shown = super().result(encode, name, precision, by)
        asked = result(precision, 0.9, 0.0 if self.enough else 4.0)
        return Result(name, precision, by, shown.against, shown.nearness, asked.accuracy, asked.lost)


@pytest.mark.parametrize("enough", [True, False])
def test_an_int8_form_that_loses_too_much_becomes_a_hybrid_one(
    installed_toolkit: Path, model: ModelFolder, tmp_path: Path, enough: bool
) -> None:
    """Written beside it where that helps; where it does not, nothing is left of the attempts."""
    form = make_form(tmp_path, Precision.INT8)
    asked = Asked(model, Reference("by hand", halves), pictures(4), [], 0)
    asked.enough = enough
    told: list[str] = []
    before = {path.name for path in tmp_path.iterdir()}
    found = mended(asked, form, result(Precision.INT8, 0.9, 4.0), told.append)
    assert "3 of 3 layers in float16 (moved, second, first" in told[0]
    new = {path.name for path in tmp_path.iterdir()} - before
    if not enough:
        assert found is None and not new
        return
    stem = "vision-rk3588-hybrid-1x6x4-rknn2.5.0"
    assert new == {f"{stem}.rknn", f"{stem}.toml"}
    hybrid = Installed(
        msgspec.toml.decode((tmp_path / f"{stem}.toml").read_bytes(), type=Form), tmp_path / f"{stem}.toml"
    )
    assert hybrid.verified().name == hybrid.form.file == f"{stem}.rknn"
    assert hybrid.form.precision is Precision.HYBRID and hybrid.form.checked == found.checked
    assert hybrid.form.source == replace(form.form.source, float_layers=("moved", "second", "first"))
