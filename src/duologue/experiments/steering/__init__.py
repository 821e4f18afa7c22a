"""Steering: strategies in long conversations, by layout, depth and fine-tuning, and the attention they get (SRA)."""
