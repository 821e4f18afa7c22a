"""A language model as judge: of two answers, and of one by a rubric."""
