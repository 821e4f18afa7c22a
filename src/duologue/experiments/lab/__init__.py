"""The dialogue lab: systems trained in different ways, decoded in different ways, in one table."""
