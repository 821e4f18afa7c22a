"""Prompts: Jinja files, one folder per operator, and `ask`, which renders, completes and parses."""
