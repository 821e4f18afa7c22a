"""Which seeds are worth growing: scrubbing, length, language, near-duplicates, in this order, over a stream.

For use in an operator's plan, whose options inherit `SeedOptions`:

    for seed in chosen_seeds(dialogues, options):
        yield seed if isinstance(seed, Skipped) else WorkItem.of(seed)

Every filter is off unless its option is given. A scrubbed seed keeps its id and nothing else of what was scrubbed: the
message before is not kept, and neither are the file's other columns, which may name people as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, model_validator

from duologue.dialogue import Dialogue
from duologue.measures.language import LanguageFilter
from duologue.measures.near_duplicates import NearDuplicates, Shingles
from duologue.operators.items import Skipped
from duologue.operators.scrub import PLACEHOLDERS, Kind, scrub


class SeedOptions(BaseModel):
    """Which seeds are taken, and what is taken out of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scrub: tuple[Kind, ...] = ()
    """Put placeholders for links, emails, handles or phones (repeat it for several)."""
    min_words: int | None = Field(default=None, ge=0)
    """Skip seeds of fewer words, separated by white space."""
    max_words: int | None = Field(default=None, ge=1)
    """Skip seeds of more words."""
    max_characters: int | None = Field(default=None, ge=1)
    """Skip seeds of more characters."""
    language: str | None = None
    """Skip seeds that are evidently in another language than this one (ISO 639, e.g. en)."""
    near_duplicates: float | None = Field(default=None, gt=0, le=1)
    """Skip seeds that repeat an earlier one: Jaccard index of their shingles at least this, e.g. 0.8."""
    shingles: Shingles = "characters"
    """What near-duplicates share: runs of five characters, or of two words."""

    @model_validator(mode="after")
    def _ordered(self) -> SeedOptions:
        if self.min_words is not None and self.max_words is not None and self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} is more than max_words {self.max_words}")
        return self


def chosen_seeds(dialogues: Iterable[Dialogue], options: SeedOptions, seed: int = 0) -> Iterator[Dialogue | Skipped]:
    """Stream the seeds, scrubbed where that is asked for, and those that are passed over, in the order they came.

    Args:
        dialogues: seeds; what counts is what their first turn says.
        options: which filters are on.
        seed: of the hash functions that propose near-duplicates.

    Raises:
        InputError: a language that nobody knows.
        MissingExtra: language or near-duplicates without the extra `data`.
    """
    language = LanguageFilter(options.language) if options.language is not None else None
    seen = None
    if options.near_duplicates is not None:
        seen = NearDuplicates(options.near_duplicates, options.shingles, seed)
    for each in dialogues:
        dialogue = scrubbed(each, options.scrub)
        text = dialogue.turns[0].text if dialogue.turns else ""
        skipped = _unfit(dialogue.id, text, options) or _foreign(dialogue.id, text, language)
        yield skipped or _repeated(dialogue.id, text, seen) or dialogue


def scrubbed(dialogue: Dialogue, kinds: tuple[Kind, ...]) -> Dialogue:
    """The seed with placeholders in its first turn and without its other columns."""
    if not dialogue.turns or not kinds:
        return dialogue
    first, *rest = dialogue.turns
    text = scrub(first.text, kinds)
    bare = replace(first, text=text, spans=[], native={})
    return replace(dialogue, turns=[bare, *rest], native={})


def _unfit(id: str, text: str, options: SeedOptions) -> Skipped | None:
    words, characters = len(text.split()), len(text.strip())
    if not words:
        return Skipped(id, "empty")
    if options.min_words is not None and words < options.min_words:
        return Skipped(id, "too short", f"{words} words")
    if options.max_words is not None and words > options.max_words:
        return Skipped(id, "too long", f"{words} words")
    if options.max_characters is not None and characters > options.max_characters:
        return Skipped(id, "too long", f"{characters} characters")
    return None


def _foreign(id: str, text: str, language: LanguageFilter | None) -> Skipped | None:
    if language is None:
        return None
    other = language.other(_prose(text))
    return Skipped(id, "another language", f"{other.language} ({other.probability:.2f})") if other else None


def _repeated(id: str, text: str, seen: NearDuplicates | None) -> Skipped | None:
    repeats = seen.add(id, text) if seen is not None else None
    return Skipped(id, "near-duplicate", f"repeats {repeats.id} ({repeats.similarity:.2f})") if repeats else None


def _prose(text: str) -> str:
    """A message without what is in no language: links, handles, the signs of hashtags."""
    text = scrub(text)
    for placeholder in PLACEHOLDERS.values():
        text = text.replace(placeholder, " ")
    return text.replace("#", "")
