"""Steering: how much attention a strategy gets, and whether replies follow it."""
