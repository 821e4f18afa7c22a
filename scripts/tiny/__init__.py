"""The parts of `scripts/build_tiny.py`: how the embedded model is made."""
