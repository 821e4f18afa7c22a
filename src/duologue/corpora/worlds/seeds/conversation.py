"""The conversation that grows from a message: SocBot and the user in turn, by stages.

SocBot opens, asks, reasons, offers and closes, each in a way that fits the motivation, and from its second line on
takes up what the user just said. The user answers in the voice of the disposition (explains, agrees, doubts, objects,
asks, thanks, closes), takes up SocBot's words, and says what the motivation wants said at this stage.

    >>> converse(random.Random(4), load_voice("train"), cast, "my dog", "socializing", "cynical")[0].text
    "Good to see your post, what do your friends say about your hamster's great escape?"
"""

from __future__ import annotations

import random
from typing import Literal, NamedTuple

from duologue.corpora.worlds.seeds.cast import Cast, days, shortened, turned
from duologue.corpora.worlds.seeds.manner import punctuated, shape
from duologue.corpora.worlds.voice import Line, Voice

STAGES: dict[int, tuple[str, ...]] = {
    3: ("open", "reason", "close"),
    4: ("open", "ask", "reason", "close"),
    5: ("open", "ask", "reason", "offer", "close"),
    6: ("open", "ask", "reason", "reason", "offer", "close"),
    7: ("open", "ask", "ask", "reason", "reason", "offer", "close"),
    8: ("open", "ask", "ask", "reason", "reason", "offer", "offer", "close"),
}
"""Number of exchanges (SocBot's line and the user's answer) -> their stages."""

FUNCTIONS = ("elaborate", "agree", "doubt", "push", "ask", "thank", "close")
_LENGTHS = {"impatient": (3, 4, 4, 5, 5), "passive": (3, 4, 4, 5, 6)}
_USUAL_LENGTHS = (4, 5, 5, 6, 6, 7, 8)
_WISH = {"open": "want", "ask": "why", "reason": "stand", "offer": "deal", "close": "end"}
_TURN_LIMIT = 240

# Weights of agree, doubt, push, ask, thank where SocBot reasons or offers.
_BY_DISPOSITION = {
    "amiable": (6, 2, 0.5, 2, 4), "analytical": (3, 4, 2, 4, 2), "cynical": (1.5, 5, 4, 2, 1),
    "emotive": (4, 3, 3, 2, 4), "impatient": (3, 2, 5, 3, 2), "passive": (6, 3, 1.5, 2, 3),
    "sarcastic": (3, 3, 4, 2, 3),
}  # fmt: skip
_BY_MOTIVATION = {
    "altruism": (2, 1, 1, 1, 2), "curiosity": (1, 1, 0.4, 3, 2), "disinformant": (0.2, 2, 3, 0.5, 0.1),
    "distrust": (0.4, 3, 2, 1.5, 0.4), "persuasion": (1, 1.5, 2, 1, 0.7), "socializing": (3, 0.6, 0.5, 1.5, 2),
    "venting": (1.5, 1, 2, 0.5, 1),
}  # fmt: skip


class Said(NamedTuple):
    """A line of the conversation.

    Attributes:
        speaker: `user` or `system` (SocBot).
        text: the line.
        stage: open, ask, reason, offer or close.
        function: what the user does with SocBot's line; empty for SocBot.
    """

    speaker: Literal["user", "system"]
    text: str
    stage: str
    function: str = ""


def converse(
    rng: random.Random, voice: Voice, cast: Cast, message: str, motivation: str, disposition: str
) -> list[Said]:
    """Grow a conversation: 6 to 16 lines after the message, SocBot first, the user last.

    Args:
        rng: the source of chance.
        voice: the split's phrases.
        cast: what the message is about.
        message: turn 0.
        motivation: why the user wrote it.
        disposition: how the user talks.
    """
    talk = _Talk(rng, voice, cast, message, motivation, disposition)
    for stage in STAGES[rng.choice(_LENGTHS.get(disposition, _USUAL_LENGTHS))]:
        talk.exchange(stage)
    return talk.lines


class _Talk:
    """A conversation in the making: what was said, which phrases are used up, what may be taken up next."""

    def __init__(
        self, rng: random.Random, voice: Voice, cast: Cast, message: str, motivation: str, disposition: str
    ) -> None:
        self.rng, self.voice, self.cast = rng, voice, cast
        self.motivation, self.disposition = motivation, disposition
        self.lines: list[Said] = []
        self._history = message.lower()
        self._used: set[str] = set()
        self._names = (cast.friend, *cast.slots.values())
        self._mark = ""  # what the user said last that SocBot may take up
        self._function = ""

    def exchange(self, stage: str) -> None:
        """SocBot's line and the user's answer."""
        offered = self._system(stage)
        self._user(stage, offered)

    def _add(self, line: Said) -> None:
        self.lines.append(line)
        self._history += " " + line.text.lower()

    def _system(self, stage: str) -> str:
        """SocBot speaks; what the user may take up, as the user would say it, or nothing."""
        values = self.cast.heard(self.rng)
        known = self._history + turned(self._history)
        line = self.voice.pick(self.rng, f"{self.motivation}.{stage}", values, said=known, used=self._used)
        text = line.text
        if self._function:
            take = self._take_up(values, line.text)
            if len(take) + len(text) < _TURN_LIMIT:
                text = f"{take} {text}"
        self._add(Said("system", text, stage))
        return turned(line.mark)

    def _take_up(self, values: dict[str, str], following: str) -> str:
        """What SocBot says to the user's last line, with words of it unless they come up in what follows."""
        said = turned(self._mark)
        if self._function == "ask":
            pool = "take.ask.social" if self.motivation == "socializing" else "take.ask"
            return self.voice.pick(self.rng, pool, values, used=self._used).text
        pool = f"take.{self._function}"
        if not said or shortened(said).lower() in following.lower():
            pool += ".plain"
        return self.voice.pick(self.rng, pool, values | {"said": said}, used=self._used).text

    def _user(self, stage: str, offered: str) -> None:
        function = self._react(stage)
        if function != "elaborate" and shortened(offered) == shortened(self.cast.topic):
            offered = ""  # one agrees with what was said of a subject, not with the subject
        values = self.cast.values(self.rng) | days(self.rng) | {"last": offered}
        form = shape(self.rng, self.disposition, not self._function)
        pool = f"{self.disposition}.{function}"
        lead = self.voice.pick(self.rng, pool, values, used=self._used).text if form != "wish" else ""
        if lead.endswith(":") and form == "lead":
            form = "both"
        wishes: list[Line] = []
        for _ in range({"lead": 0, "more": 2}.get(form, 1)):
            fresh = values | self.cast.values(self.rng) if wishes else values
            pool = f"{self.motivation}.{_WISH[stage]}"
            wishes.append(self.voice.pick(self.rng, pool, fresh, used=self._used))
        said = " ".join(wish.text for wish in wishes)
        if len(lead) + len(said) > _TURN_LIMIT:
            said = wishes[0].text
        if lead.endswith(":") and said[:1].isupper() and not said.startswith(("I ", "I'", *self._names)):
            said = said[0].lower() + said[1:]
        last = function == "ask" or (function == "close" and self.rng.random() < 0.5)
        text = " ".join(part for part in ((said, lead) if last else (lead, said)) if part)
        self._add(Said("user", punctuated(self.rng, self.disposition, text), stage, function))
        self._mark = next((wish.mark for wish in wishes if wish.mark), "")
        self._function = "ask" if text.endswith("?") else function

    def _react(self, stage: str) -> str:
        """What the user does with SocBot's line."""
        if stage in ("open", "ask"):
            return "elaborate"
        if stage == "close":
            return "close"
        weights = [
            a * b for a, b in zip(_BY_DISPOSITION[self.disposition], _BY_MOTIVATION[self.motivation], strict=True)
        ]
        if stage == "reason":
            weights[4] = 0
        return self.rng.choices(("agree", "doubt", "push", "ask", "thank"), weights)[0]
