"""How a clear question over a database becomes ambiguous: what is found in it, taken away, proven and asked for."""
