"""Attention maps as the studio shows them: what a span attends to, and who attends to it, summed on the server."""
