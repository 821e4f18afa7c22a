"""How well replies follow the strategy that was asked for, and what a strategy does to text and representations."""
