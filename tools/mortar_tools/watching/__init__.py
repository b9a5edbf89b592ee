"""What watching is measured with: drawn sequences of frames, and how the gate does on them."""
