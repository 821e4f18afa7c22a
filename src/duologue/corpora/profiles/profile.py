"""A profile: the motivation and the disposition of the person behind a seed message, and which of them go together.

profiles = read_profiles(Path("profiles"))
profiles.pairs[0].motivation.text, profiles.pairs[0].disposition.name
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Trait(msgspec.Struct, frozen=True):
    """A motivation or a disposition: its name, and the text that a model is given."""

    name: str
    text: str


class Profile(msgspec.Struct, frozen=True):
    """Why somebody writes, and how they talk."""

    motivation: Trait
    disposition: Trait

    @property
    def name(self) -> str:
        """`distrust-sarcastic`."""
        return f"{self.motivation.name}-{self.disposition.name}"


class Profiles(msgspec.Struct, frozen=True):
    """A set of profiles.

    Attributes:
        motivations: in order of name.
        dispositions: in order of name.
        pairs: the profiles that are allowed, by motivation, then disposition; each once.
    """

    motivations: Sequence[Trait]
    dispositions: Sequence[Trait]
    pairs: Sequence[Profile]
