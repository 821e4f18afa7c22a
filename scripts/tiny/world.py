"""Examples of the `tod` world: SimpleToD in its three variants, and the interference prompts with gold answers.

tasks = WorldTasks(random.Random(0), "train"); tasks.simpletod(); tasks.backstory()
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.worlds.tod.sample import Sample, sample
from duologue.dialogue import Dialogue, Insertion, Turn
from duologue.views.simpletod import SimpleTodExample, Variant, simpletod_examples
from scripts.tiny.examples import Mark, Text
from scripts.tiny.tasks import Said, backstory_text, reaction_text, safe, situation_text
from scripts.tiny.texts import Writer, all_words
from scripts.tiny.tokenizer import END

Split = Literal["train", "val", "test"]

CLOSED = {"pricerange", "area", "type", "day", "stars", "internet", "parking", "department", "bookday"}
CLOSED_WEIGHT, VALUE_WEIGHT = 4.0, 3.0
PSEUDO_SHARE, NOISE_SHARE = 0.3, 0.25
_FROM_EACH = 3  # SimpleToD examples drawn from one dialogue
_ITEM = re.compile(r"(?:^|, )(\w+) (book \w+|\w+) ([^,]+)")


class Told(NamedTuple):
    """A sample as a dialogue without and one with the chat before it."""

    sample: Sample
    plain: Dialogue
    interfered: Dialogue
    fused: Dialogue


def told(one: Sample) -> Told:
    """Read a sample's native layouts."""
    plain = dialogue_from_native(one.id, one.dialogue, lambda problem: None)
    first, second = one.interference["augmented_idx"]
    added = {
        first: Insertion("backstory", one.interference["backstory"], "after"),
        second: Insertion("reaction", one.interference["reaction"], "before"),
    }
    turns = [_copy(t, insertions=[added[i]]) if i in added else t for i, t in enumerate(plain.turns)]
    interfered = Dialogue(plain.id, turns)
    kinds, texts = one.chat["types"], one.chat["turns"]
    chat = [
        Turn("user" if i % 2 == 0 else "system", text, labels={"fusedchat": ["prepended"]})
        for i, text in enumerate(texts[: kinds.index("rewritten")])
    ]
    rewritten = Turn("user", texts[len(chat)], state=plain.turns[0].state, labels={"fusedchat": ["rewritten"]})
    return Told(one, plain, interfered, Dialogue(plain.id, [*chat, rewritten, *plain.turns[1:]]))


def _copy(turn: Turn, insertions: list[Insertion]) -> Turn:
    return Turn(turn.speaker, turn.text, insertions=insertions, state=turn.state, acts=turn.acts, spans=turn.spans)


def simpletod_text(example: SimpleTodExample) -> Text:
    """A SimpleToD example whose belief values are marked by slot."""
    completion = example.completion.strip() + END
    marks: list[Mark] = []
    action = completion.find("<|action|>")
    if action >= 0:  # what is hard is the belief: the rest counts half
        marks.append(Mark(action, len(completion), 0.5, "rest"))
    start = completion.find("<|belief|> ") + len("<|belief|> ")
    end = completion.find(" <|endofbelief|>")
    if start >= len("<|belief|> ") and end > start:
        for item in _ITEM.finditer(completion[start:end]):
            slot = item[2].replace("book ", "book")
            weight = CLOSED_WEIGHT if slot in CLOSED else VALUE_WEIGHT
            marks.append(Mark(start + item.start(3), start + item.end(3), weight, f"{item[1]}-{slot}"))
    return Text("simpletod", example.prompt, completion, tuple(marks))


def with_pseudo_value(example: SimpleTodExample, writer: Writer) -> SimpleTodExample:
    """The example with one closed value that its context names replaced by an invented word, everywhere.

    "Cheap", "north" and "friday" are so frequent that a small model learns to guess them; where any word can stand in
    their place it has to look.
    """
    items = [
        m[3]
        for m in _ITEM.finditer(example.completion.partition("<|endofbelief|>")[0].replace("<|belief|> ", ""))
        if m[2].replace("book ", "book") in CLOSED | {"food"}
    ]
    named = [
        v.strip()
        for v in items
        if v.strip().isalpha() and len(v) > 3 and re.search(rf"\b{v.strip()}\b", example.prompt, re.I)
    ]
    if not named:
        return example
    value, word = writer.rng.choice(named), writer.invented()
    pattern = re.compile(rf"(?<!\|)\b{re.escape(value)}\b(?!\|)", re.I)

    def instead(match: re.Match[str]) -> str:
        return word.capitalize() if match[0][0].isupper() else word

    belief, mark, rest = example.completion.partition("<|endofbelief|>")
    items_only = re.sub(rf"(?<= ){re.escape(value)}(?=,| $)", word, belief)
    return SimpleTodExample(
        example.dialogue, example.turn, pattern.sub(instead, example.prompt), items_only + mark + rest
    )


def with_noise(example: SimpleTodExample, writer: Writer) -> SimpleTodExample:
    """The example with a tenth of its context's plain words replaced, lost or joined by others.

    What the belief names stays, so the value has to be found in a sentence that nobody has ever said.
    """
    rng = writer.rng
    kept = set(re.findall(r"\w+", example.completion.lower()))
    words = example.prompt.split(" ")
    out: list[str] = []
    for word in words:
        plain = word.isalpha() and word.islower() and word not in kept
        if not plain or rng.random() > 0.1:
            out.append(word)
            continue
        kind = rng.randrange(4)
        if kind < 2:
            out.append(rng.choice(all_words()))
        elif kind == 2:
            out += [word, rng.choice(all_words())]
    return SimpleTodExample(example.dialogue, example.turn, " ".join(out), example.completion)


class WorldTasks:
    """Draws examples from freshly sampled dialogues of the world.

    Args:
        rng: the source of chance: towns, dialogues, variants, styles.
        split: whose names and phrases.
        vary: with pseudo-values and other corpora's styles (training), or as the world has it (figures).
    """

    def __init__(self, rng: random.Random, split: Split, *, vary: bool = True) -> None:
        self.rng = rng
        self.split = split
        self.vary = vary
        self.writer = Writer(rng)
        self.seed = rng.randrange(1_000_000)
        self.start = 0
        self.last: Told | None = None
        self._examples: list[Text] = []

    def draw(self) -> Told:
        """The next dialogue; a new town after every thirty."""
        if self.start == 30:
            self.seed, self.start = self.rng.randrange(1_000_000), 0
        self.last = told(next(sample(1, seed=self.seed, split=self.split, start=self.start)))
        self.start += 1
        return self.last

    def said(self, speaker: str) -> str:
        """A turn of a recent dialogue, or a sentence of its situation where `speaker` is `situation`."""
        dialogue = self.last if self.last is not None and self.rng.random() < 0.9 else self.draw()
        if speaker == "situation":
            return self.rng.choice(re.split(r"(?<=[.!]) ", dialogue.sample.situation["gen_sit"]))
        return self.rng.choice([t.text for t in dialogue.plain.turns if t.speaker == speaker])

    def simpletod(self) -> Text:
        """One system turn in one of the three variants."""
        if not self._examples:
            dialogue = self.draw()
            variants: list[Variant] = ["simpletod", "interference", "fusedchat"]
            variant = self.rng.choices(variants, (4, 4, 2))[0]
            examples = list(simpletod_examples(self._of(dialogue, variant), variant))
            for example in self.rng.sample(examples, min(_FROM_EACH, len(examples))):
                if self.vary and self.rng.random() < PSEUDO_SHARE:
                    example = with_pseudo_value(example, self.writer)
                if self.vary and self.rng.random() < NOISE_SHARE:
                    example = with_noise(example, self.writer)
                self._examples.append(simpletod_text(example))
        return self._examples.pop()

    @staticmethod
    def _of(dialogue: Told, variant: Variant) -> Dialogue:
        return {"simpletod": dialogue.plain, "interference": dialogue.interfered, "fusedchat": dialogue.fused}[variant]

    def situation(self) -> Text:
        """The chat before a dialogue and the situation it tells."""
        one = self.draw()
        return situation_text(chat_of(one.sample), one.sample.situation["gen_sit"], one.sample.entities)

    def backstory(self) -> Text:
        """The gold backstory, mostly at its own place in the dialogue."""
        one = self.draw()
        context, utterance, _ = self._exchange(one)
        return backstory_text(
            one.sample.situation["gen_sit"],
            context,
            utterance,
            one.sample.interference["backstory"],
            one.sample.entities,
        )

    def reaction(self) -> Text:
        """The gold reaction."""
        one = self.draw()
        context, utterance, response = self._exchange(one)
        story = one.sample.interference
        return reaction_text(context, utterance, story["backstory"], response, story["reaction"], one.sample.entities)

    def _exchange(self, one: Told) -> tuple[list[Said], str, str]:
        """Context, utterance and response; now and then elsewhere in the dialogue or written in another style."""
        at = one.sample.interference["augmented_idx"][0]
        if self.vary and self.rng.random() < 0.3:
            at = 2 * self.rng.randrange(len(one.plain.turns) // 2)
        texts = [t.text for t in one.plain.turns[: at + 2]]
        if self.vary and self.rng.random() < 0.5:
            state = self.rng.getstate()
            styled = []
            for text in texts:  # one hand wrote them all
                self.rng.setstate(state)
                styled.append(safe(self.writer.styled(text)))
            texts = styled
        context = [Said(("user", "system")[i % 2], text) for i, text in enumerate(texts[:-2])]
        return context, texts[-2], texts[-1]


def chat_of(one: Sample) -> list[Said]:
    """The prepended chat without its last turn, as the situation prompt shows it."""
    count = one.chat["types"].index("rewritten")
    return [Said(("user", "system")[i % 2], text) for i, text in enumerate(one.chat["turns"][: count - 1])]


def exchange_of(one: Told) -> tuple[list[Said], str, str]:
    """Context, utterance and response of the exchange that the sample's own interference chose."""
    at = one.sample.interference["augmented_idx"][0]
    context = [Said(turn.speaker, turn.text) for turn in one.plain.turns[:at]]
    return context, one.plain.turns[at].text, one.plain.turns[at + 1].text


def held_out(count: int, *, seed: int, split: Split = "test") -> Iterator[Told]:
    """Dialogues for the figures: of a split that the training never drew from."""
    yield from map(told, sample(count, seed=seed, split=split))
