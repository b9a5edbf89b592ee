"""Vision encoders on Rockchip's NPU: the eye's proxy (`graph`), and the process that drives it (`child`)."""
