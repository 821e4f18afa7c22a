"""Profiles from a folder, and the set that comes with Duologue.

    profiles/
      motivations/distrust.md       one file a motivation: its text; the file's name is its name
      dispositions/sarcastic.md     likewise
      pairs.yaml                    motivation: [disposition, …]; without it all pairs are allowed

Instead of a folder of texts there may be one file `motivations.yaml` (name: text), and likewise `dispositions.yaml`.

    read_profiles(SHIPPED).pairs
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from duologue.corpora.profiles.profile import Profile, Profiles, Trait
from duologue.errors import InputError

SHIPPED = Path(__file__).parent / "shipped"
"""Seven motivations and seven dispositions written for this project."""

PAIRS = "pairs.yaml"


def read_profiles(folder: Path) -> Profiles:
    """Read a folder of profiles.

    Raises:
        InputError: there are no motivations or no dispositions, a text is empty, or a pair names one that is not there.
    """
    motivations, dispositions = _traits(folder, "motivations"), _traits(folder, "dispositions")
    allowed = (
        _pairs(folder / PAIRS) if (folder / PAIRS).exists() else {name: list(dispositions) for name in motivations}
    )
    pairs = []
    for name in sorted(allowed):
        for other in sorted(set(allowed[name])):
            for known, wanted, kind in ((motivations, name, "motivation"), (dispositions, other, "disposition")):
                if wanted not in known:
                    raise InputError(
                        f"no {kind} '{wanted}'",
                        where=str(folder / PAIRS),
                        mend=f"take one of {', '.join(sorted(known))}, or write {kind}s/{wanted}.md",
                    )
            pairs.append(Profile(motivations[name], dispositions[other]))
    return Profiles(list(motivations.values()), list(dispositions.values()), pairs)


def write_profile_text(folder: Path, kind: str, trait: Trait) -> Path:
    """Write a motivation or disposition into a folder of profiles.

    Args:
        folder: of the profiles.
        kind: `motivations` or `dispositions`.
        trait: what is written, as `<name>.md`.
    """
    path = folder / kind / f"{trait.name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(trait.text.strip() + "\n", encoding="utf-8")
    return path


def _traits(folder: Path, kind: str) -> dict[str, Trait]:
    single = folder / f"{kind}.yaml"
    texts: dict[str, Any] = {}
    if single.exists():
        texts = _mapping(single, "a text for each name")
    for path in sorted((folder / kind).glob("*.md")):
        texts[path.stem] = _read(path)
    if not texts:
        raise InputError(
            f"no {kind}", where=str(folder), mend=f"write one text a file into {folder / kind}, e.g. {kind}/calm.md"
        )
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise InputError(
                f"'{name}' has no text", where=f"{folder}, {kind}", mend="describe the person, 2-4 sentences"
            )
    return {name: Trait(name, " ".join(texts[name].split())) for name in sorted(texts)}


def _pairs(path: Path) -> dict[str, list[str]]:
    found = _mapping(path, "motivation: [disposition, …]")
    for name, others in found.items():
        if not isinstance(others, list) or not all(isinstance(other, str) for other in others):
            raise InputError(
                f"'{name}' has no list of dispositions", where=str(path), mend="expected motivation: [a, b]"
            )
    return found


def _mapping(path: Path, expected: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(_read(path))
    except yaml.YAMLError as error:
        raise InputError(
            f"no YAML ({' '.join(str(error).split())})", where=str(path), mend=f"expected {expected}"
        ) from None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise InputError(f"found {type(found).__name__}", where=str(path), mend=f"expected {expected}")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path), mend="save it as UTF-8 text") from None
