"""Rows of chat messages, as trainers and services take them: one module per format, and what they share."""
