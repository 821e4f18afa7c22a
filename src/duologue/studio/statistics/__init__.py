"""What annotations say so far: agreement, means and win rates, checks, and how much more is needed."""
