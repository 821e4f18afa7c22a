"""Seed talk: conversations grown from single messages, restyled, judged by whether the control worked (ConvoGen)."""
