"""rknn-toolkit2 and its NPU simulator, on a computer: in an environment and a process of their own."""
