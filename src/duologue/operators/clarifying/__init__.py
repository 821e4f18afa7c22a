"""Conversations in which a model may ask back: who names actions, who plays the user, how they go to their end."""
