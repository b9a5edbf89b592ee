"""Two copies of TensorFlow Lite meet only in tests, where one process plays every brick."""

# pymicro-wakeword carries a TensorFlow Lite of its own. Loaded first, it makes tflite-runtime's crash
# ("stack smashing detected"); loaded second, both work. In the program they are in different processes.
import tflite_runtime.interpreter  # noqa: F401
