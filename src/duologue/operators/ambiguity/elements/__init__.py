"""What can be left out of a question, an operator a file (see `ambiguity/element.py`)."""
