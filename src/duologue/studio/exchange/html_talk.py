"""Conversations that Label Studio holds as HTML, read back as turns: `<b>seeker</b>: Hello.<br><b>supporter</b>: Hi.`

turns_of(history)       # [Said("seeker", "Hello."), Said("supporter", "Hi.")]
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3"}
_BOLD = {"b", "strong"}


class Said(NamedTuple):
    """A turn; the speaker is empty where none is told."""

    speaker: str
    text: str


def turns_of(html: str) -> list[Said]:
    """What is said: a line that begins with a name in bold letters begins a turn, the others go on with it."""
    found: list[Said] = []
    for name, text in _lines(html):
        if name or not found:
            found.append(Said(name, text))
        else:
            found[-1] = found[-1]._replace(text=f"{found[-1].text}\n{text}".strip("\n"))
    return [each for each in found if each.speaker or each.text]


def text_of(html: str) -> str:
    """The same as text, a line each."""
    return "\n".join(f"{name}: {text}" if name else text for name, text in _lines(html)).strip()


def _lines(html: str) -> list[Said]:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return [_line(pieces) for pieces in parser.lines]


def _line(pieces: list[tuple[str, bool]]) -> Said:
    whole = "".join(text for text, _ in pieces).strip()
    bold = ""
    for text, heavy in pieces:
        if not heavy and (bold or text.strip()):
            break
        bold += text
    name = bold.strip().removesuffix(":").strip()
    rest = whole[len(bold.strip()) :].lstrip()
    if name and (rest.startswith(":") or bold.strip().endswith(":")):
        return Said(name, rest.removeprefix(":").strip())
    return Said("", whole)


class _Parser(HTMLParser):
    """Lines of pieces, each with whether it is in bold letters; tags are dropped, nothing of them is obeyed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[tuple[str, bool]]] = [[]]
        self._bold = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BREAKS:
            self.lines.append([])
        self._bold += tag in _BOLD

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.lines.append([])
        self._bold -= tag in _BOLD and self._bold > 0

    def handle_data(self, data: str) -> None:
        first, *others = data.split("\n")
        self.lines[-1].append((first, self._bold > 0))
        self.lines += [[(each, self._bold > 0)] for each in others]
