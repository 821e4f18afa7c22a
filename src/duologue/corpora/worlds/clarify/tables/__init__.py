"""Tables of places, figures and years with a few paragraphs, and conversations about them (PACIFIC's kind)."""
