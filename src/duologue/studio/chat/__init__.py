"""Visitors talk to models: one conversation each, with one model or two, saved as dialogues."""
