"""Vision towers as ONNX, TFLite and RKNN: `mortar tools convert`."""
