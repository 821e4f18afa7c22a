"""Times of day as the evaluator reads them: `5:30 pm`, `after 9`, `noon` -> `HH:MM`, and minutes.

Faithful to the public evaluator (spec/tod.md §5.1), its quirks included ("by 9:00" loses three characters, "12 pm" is
24:00): they decide which trains a state finds.

    canonical_time("1:15 p.m."), minutes_after_midnight("13:15")        # "13:15", 795
"""

from __future__ import annotations

import re
from functools import lru_cache

_SPOKEN = {
    "morning": "08:00",
    "noon": "12:00",
    "lunch": "12:00",
    "mid-day": "12:00",
    "around lunch time": "12:00",
    "afternoon": "13:00",
    "six fourty five": "06:45",
    "seven o'clock tomorrow evening": "07:00",
    "eight thirty": "08:30",
    "one thirty p.m.": "13:30",
    "three forty five p.m": "15:45",
}
_SPOKEN_STARTS = {"one o'clock p.m": "13:00", "ten o'clock a.m": "10:00"}
_CLOCK = re.compile(r"(\d\d):(\d\d+)")


@lru_cache(maxsize=65_536)
def canonical_time(text: str) -> str:
    """A time as `HH:MM` where it can be understood, else the cleaned text."""
    text = text.strip().lower()
    if text in _SPOKEN:
        return _SPOKEN[text]
    for start, time in _SPOKEN_STARTS.items():
        if text.startswith(start):
            return time
    text = _without_preposition(text)
    for ending in ("am", "a.m."):
        text = _without_ending(text, ending)
    if text.endswith(("pm", "p.m.")):
        text = _without_ending(_without_ending(text, "pm"), "p.m.")
        hour, *minutes = text.split(":")
        if len(minutes) <= 1 and hour.strip().isdecimal():
            return f"{int(hour) + 12}:{minutes[0] if minutes else '00'}"
    return _padded(text)


def minutes_after_midnight(time: str) -> int:
    """The minutes of a text that begins with `HH:MM`; 0 for any other."""
    found = _CLOCK.match(time)
    return int(found[1]) * 60 + int(found[2]) if found else 0


def _without_preposition(text: str) -> str:
    if text.startswith("by"):
        text = text[3:]
    for preposition in ("after", "afer"):
        if text.startswith(preposition):
            text = text[len(preposition) :].strip()
    return text


def _without_ending(text: str, ending: str) -> str:
    return text[: -len(ending)].strip() if text.endswith(ending) else text


def _padded(text: str) -> str:
    if not text:
        return "00:00"
    if text[-1] in ".,?":
        text = text[:-1]
    if text.isdigit():
        return f"{text[:2]}:{text[2:]}" if len(text) == 4 else f"{text.zfill(2)}:00"
    if ":" in text:
        text = text.replace(" ", "")
    if len(text) == 4 and text[1] == ":":
        return text.zfill(5)
    return text
