"""What is taken out of a question: characters, what stands there instead, and the question without them.

>>> Edit.of("What is the average age of the dogs?", Span(12, 20)).apply("What is the average age of the dogs?")
'What is the age of the dogs?'
"""

from __future__ import annotations

from typing import NamedTuple

from duologue.operators.ambiguity.words import Span


class Edit(NamedTuple):
    """One replacement; applying it and undoing it gives the text back."""

    start: int
    end: int
    replacement: str
    removed: str

    @classmethod
    def of(cls, text: str, span: Span, replacement: str = "") -> Edit:
        """Replace what stands at a span; with nothing, the space before it goes, too, and the text begins large.

        Args:
            text: the text.
            span: where.
            replacement: what stands there instead.
        """
        start, end = span
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if not replacement:
            if start > 0 and text[start - 1].isspace():
                while start > 0 and text[start - 1].isspace():
                    start -= 1
            else:
                while end < len(text) and text[end].isspace():
                    end += 1
        if start == 0:
            if replacement:
                replacement = replacement[0].upper() + replacement[1:]
            elif end < len(text):
                replacement, end = text[end].upper(), end + 1
        return cls(start, end, replacement, text[start:end])

    def apply(self, text: str) -> str:
        """The text with the replacement."""
        return text[: self.start] + self.replacement + text[self.end :]

    def undo(self, text: str) -> str:
        """The text as it was."""
        return text[: self.start] + self.removed + text[self.start + len(self.replacement) :]
