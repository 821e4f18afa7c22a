"""How well a policy knows when to ask, and where its conversations lead."""
