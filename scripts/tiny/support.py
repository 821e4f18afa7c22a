"""Examples of the `support` world: replies by a strategy in every layout, replies without one, strategies recognised.

The prompts are those of `duologue.prompts.steering`, so that the model is asked as it was taught. At one point of a
conversation the world can write a reply with any strategy, so what the reply does depends on the instruction alone.

    tasks = SupportTasks(random.Random(0), "train"); tasks.steered(); tasks.unconditional(); tasks.recognised()
"""

from __future__ import annotations

import random
from typing import NamedTuple

from duologue.corpora.continuation_points import merged
from duologue.corpora.strategies import BY_COLLECTION, Strategy
from duologue.corpora.worlds.support.moves import Collection
from duologue.corpora.worlds.support.sample import Sample, sample
from duologue.dialogue import Dialogue, Turn
from duologue.models.request import Message
from duologue.prompts.steering import LAYOUTS, Layout, Wording, steered_prompt
from scripts.tiny.examples import Text, chat_text
from scripts.tiny.world import Split

ESCONV_SHARE = 0.25
"""Share of conversations with ESConv's eight strategies; the others have the fifteen."""
NO_SYSTEM_SHARE = 0.05
DESCRIBED_SHARE = 0.4
"""Share of the drill that names a strategy by its description, not by a reply."""
SEEDS = 1_000_000
_WORDINGS: dict[Wording, int] = {"current": 4, "training": 4, "expert": 1, "friend": 1, "short": 1}
_FORM = "assistant: <"


class Place(NamedTuple):
    """A point of a conversation: the sample, the message there, and the turns before from the seeker's first on."""

    one: Sample
    at: int
    history: list[Turn]


class SupportTasks:
    """Draws examples from freshly sampled conversations of the world.

    Args:
        rng: the source of chance.
        split: whose phrases and names.
    """

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng = rng
        self.split: Split = split
        self._places: list[Place] = []

    def place(self) -> Place:
        """A point at which the seeker has told its trouble; three from each conversation."""
        while not self._places:
            collection: Collection = "esconv" if self.rng.random() < ESCONV_SHARE else "extended"
            seed, start = self.rng.randrange(SEEDS), self.rng.randrange(30)
            one = next(sample(1, seed, self.split, start=start, collection=collection))
            found = [Place(one, at, history_of(one, at)) for at in one.heard if one.told(at)]
            self._places = self.rng.sample(found, min(3, len(found)))
        return self._places.pop()

    def steered(self) -> Text:
        """The next turn with a strategy."""
        place = self.place()
        strategy = self.rng.choice([*BY_COLLECTION[place.one.collection].values()])
        return self.steered_at(place, strategy, self.rng.choice(LAYOUTS), self._wording())

    def steered_at(self, place: Place, strategy: Strategy | None, layout: Layout, wording: Wording) -> Text:
        """The next turn of a certain point; None for no strategy, which gives the conversation's own turn."""
        prompt = steered_prompt(
            place.history,
            strategy,
            layout,
            wording,
            system_role=self.rng.random() > NO_SYSTEM_SHARE,
            situation=place.one.case.situation if self.rng.random() < 0.7 else None,
        )
        said = own_turn(place) if strategy is None else place.one.reply(place.at, strategy.name, self.rng)
        form = "assistant: " if _FORM in prompt.messages[0].content else ""
        return chat_text("unconditional" if strategy is None else "steered", prompt.messages, form + said, [said])

    def unconditional(self) -> Text:
        """The next turn without a strategy."""
        return self.steered_at(self.place(), None, "standard", self._wording())

    def recognised(self) -> Text:
        """The strategy of a reply, or the one that a description means: a drill that ties names to ways of talking."""
        place = self.place()
        strategies = BY_COLLECTION[place.one.collection]
        strategy = self.rng.choice([*strategies.values()])
        if self.rng.random() < DESCRIBED_SHARE:
            told = self.rng.choice([strategy.description, *strategy.examples])
            return chat_text("strategy", [Message("user", f"{told}\nWhich strategy is this?")], strategy.name)
        reply = place.one.reply(place.at, strategy.name, self.rng)
        asked = f"user: {place.history[-1].text}\nassistant: {reply}\nWhich strategy does this reply follow?"
        return chat_text("strategy", [Message("user", asked)], strategy.name, [strategy.name])

    def _wording(self) -> Wording:
        return self.rng.choices([*_WORDINGS], [*_WORDINGS.values()])[0]


def history_of(one: Sample, at: int) -> list[Turn]:
    """The merged turns before a message of the supporter, without an opening of the supporter."""
    before = Dialogue("", [Turn(message.speaker, message.text) for message in one.messages[:at]])
    turns = [Turn(turn.speaker, turn.text) for turn in merged(before).turns]
    return turns[1:] if turns and turns[0].speaker == "system" else turns


def own_turn(place: Place) -> str:
    """What the supporter says there in the conversation itself."""
    said = []
    for message in place.one.messages[place.at :]:
        if message.speaker == "user":
            break
        said.append(message.text)
    return " ".join(said)
