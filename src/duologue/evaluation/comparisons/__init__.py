"""Answers of systems to the same histories, put beside one another for people and for judges."""
