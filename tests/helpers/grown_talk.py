"""Grown conversations in miniature, with whatever their users say."""

from __future__ import annotations

from duologue.dialogue import Dialogue, Origin, Turn


def grown(
    number: int,
    said: list[str],
    *,
    seed: str | None = None,
    disposition: str | None = None,
    motivation: str | None = None,
    text: str = "",
) -> Dialogue:
    """A conversation that begins with a seed; then SocBot and User take turns, SocBot first."""
    seed = seed or f"s{number}"
    facts = {
        kind: {"name": name, "text": text}
        for kind, name in (("disposition", disposition), ("motivation", motivation))
        if name is not None
    }
    turns = [Turn("user", f"message {seed}", source=(seed, 0))]
    turns += [Turn("system" if at % 2 == 0 else "user", each) for at, each in enumerate(said)]
    origin = Origin("conversation", parent=seed)
    return Dialogue(
        f"{seed}~{number:08x}", turns, facts=facts, roles={"user": "User", "system": "SocBot"}, origin=origin
    )
