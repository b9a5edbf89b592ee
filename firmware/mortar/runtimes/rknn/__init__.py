"""Vision encoders on Rockchip's NPU: the eye's proxy (`graph`), and the process that owns the NPU (`child`)."""
