"""Small towers for the tests."""

from __future__ import annotations

from dataclasses import replace

from mortar_tools.vision.towers.shape import Gelu, Projector, TowerShape

SMALL = TowerShape(picture_px=64, patch_px=16, width=64, layers=2, heads=2, mlp=96, n_embd=32, shuffle=2)

SHAPES = {
    "matrix": SMALL,
    "no reduction": replace(SMALL, shuffle=1, projector=Projector.LINEAR),
    "mlp": replace(SMALL, projector=Projector.MLP, hidden=48),
    "odd grid": replace(SMALL, picture_px=80),
    "odd grid, mlp": replace(SMALL, picture_px=80, projector=Projector.MLP, hidden=48),
    "norm before the projector": replace(SMALL, projector=Projector.MLP, hidden=48, projector_norm=True),
    "erf": replace(SMALL, gelu=Gelu.ERF),
    "patches of 14": replace(SMALL, picture_px=56, patch_px=14),
    "patches of 7": replace(SMALL, picture_px=28, patch_px=7),
}
