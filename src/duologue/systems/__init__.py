"""A model as a dialogue system: it answers the system turns of a dialogue."""
