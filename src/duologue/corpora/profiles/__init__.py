"""Profiles of the person who wrote a seed message: why they wrote it (motivation) and how they talk (disposition)."""
