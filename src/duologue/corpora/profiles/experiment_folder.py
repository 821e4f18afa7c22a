"""The ConvoGen experiment folder, as its authors lay it out (spec of the seed system, §8.1-8.3).

    datasets/inst-templates/expt3/
      expt-setup.json     {"llm", "user_profiles": [{"motivation", "path", "dispositions": [{"name", "path"}]}]}
      conv-gen.txt        the instruction, with positional slots {} for disposition, motivation and seed message
      conv-restyle.txt    the instruction to restyle, with one slot for the conversation

Paths in the setup are relative to a folder `notebooks` beside `datasets`; they are looked up from there, whether or not
that folder exists, and from the experiment folder itself.

    experiment = read_experiment(Path("datasets/inst-templates/expt3"))
    experiment.profiles.pairs, experiment.instruction(disposition=…, motivation=…, message=…)
"""

from __future__ import annotations

import os
import string
from pathlib import Path

import msgspec

from duologue.corpora.profiles.profile import Profile, Profiles, Trait
from duologue.errors import InputError

SETUP, GENERATE, RESTYLE = "expt-setup.json", "conv-gen.txt", "conv-restyle.txt"
_SLOTS = {2: ("disposition", "message"), 3: ("disposition", "motivation", "message")}


class _Disposition(msgspec.Struct):
    name: str
    path: str


class _UserProfile(msgspec.Struct):
    motivation: str
    path: str
    dispositions: list[_Disposition]


class _Setup(msgspec.Struct):
    llm: str
    user_profiles: list[_UserProfile]


class Experiment(msgspec.Struct, frozen=True):
    """What an experiment folder says.

    Attributes:
        model: the model it was made for.
        profiles: the profiles with their allowed pairs.
        generate: template of the instruction that makes a conversation.
        restyle: template of the instruction that restyles one; None where there is none.
    """

    model: str
    profiles: Profiles
    generate: str
    restyle: str | None

    def instruction(self, *, disposition: str, motivation: str, message: str) -> str:
        """The instruction for one seed message: the template's slots filled in their order."""
        given = {"disposition": disposition, "motivation": motivation, "message": message}
        return self.generate.format(*(given[name] for name in _SLOTS[_slots(self.generate)]))


def read_experiment(folder: Path) -> Experiment:
    """Read an experiment folder.

    Raises:
        InputError: a file is missing or laid out otherwise, or a template has another number of slots.
    """
    path = folder / SETUP
    try:
        setup = msgspec.json.decode(_text(path), type=_Setup)
    except msgspec.DecodeError as error:
        raise InputError(
            f"no experiment setup ({error})", where=str(path), mend="expected llm and user_profiles with paths"
        ) from None
    motivations: dict[str, Trait] = {}
    dispositions: dict[str, Trait] = {}
    pairs: dict[str, Profile] = {}
    for each in setup.user_profiles:
        motivation = motivations.setdefault(each.motivation, Trait(each.motivation, _profile(folder, each.path)))
        for other in each.dispositions:
            disposition = dispositions.setdefault(other.name, Trait(other.name, _profile(folder, other.path)))
            pair = Profile(motivation, disposition)
            pairs.setdefault(pair.name, pair)
    if not pairs:
        raise InputError("no user profile with a disposition", where=str(path), mend="list at least one")
    generate = _text(folder / GENERATE)
    _must_have(generate, folder / GENERATE, tuple(_SLOTS))
    restyle = _text(folder / RESTYLE) if (folder / RESTYLE).exists() else None
    if restyle is not None:
        _must_have(restyle, folder / RESTYLE, (1,))
    profiles = Profiles(
        list(motivations.values()), list(dispositions.values()), [pairs[name] for name in sorted(pairs)]
    )
    return Experiment(setup.llm, profiles, generate, restyle)


def _profile(folder: Path, path: str) -> str:
    """The text behind a path of the setup, which is meant relative to the notebooks folder."""
    for root in (*(parent / "notebooks" for parent in folder.resolve().parents), folder):
        found = Path(os.path.normpath(root / path))  # not resolve(): `notebooks` itself may be missing
        if found.is_file():
            return " ".join(_text(found).split())
    raise InputError(f"no file {path}", where=str(folder / SETUP), mend="paths are relative to the folder notebooks")


def _must_have(template: str, path: Path, counts: tuple[int, ...]) -> None:
    try:
        found = _slots(template)
    except ValueError as error:
        raise InputError(
            f"the template's braces do not match ({error})", where=str(path), mend="slots are {}, a brace itself {{"
        ) from None
    if found not in counts:
        wanted = " or ".join(map(str, counts))
        raise InputError(
            f"expected {wanted} slots {{}}, found {found}", where=str(path), mend="see the published order"
        )


def _slots(template: str) -> int:
    """How many positional slots a template has.

    Raises:
        ValueError: its braces do not match, or a slot has a name or an attribute.
    """
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    odd = [name for name in names if name and not name.isdigit()]
    if odd:
        raise ValueError(f"slot {{{odd[0]}}}")
    return len(set(names)) if all(names) else len(names)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path), mend="check the experiment folder") from None
