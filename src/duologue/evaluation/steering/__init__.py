"""Steering: how much attention a strategy gets, whether replies follow it, and what it does to them."""
