"""Decoding that compares whole continuations: beams, diverse beams, contrastive search; and the options of decoding."""
