"""Profiles of the person who wrote a seed message: why they wrote it (motivation) and how they talk (disposition)."""

from duologue.corpora.profiles.experiment_folder import Experiment, read_experiment
from duologue.corpora.profiles.folder import SHIPPED, read_profiles, write_profile_text
from duologue.corpora.profiles.pairing import Pairing, paired
from duologue.corpora.profiles.profile import Profile, Profiles, Trait

__all__ = [
    "SHIPPED",
    "Experiment",
    "Pairing",
    "Profile",
    "Profiles",
    "Trait",
    "paired",
    "read_experiment",
    "read_profiles",
    "write_profile_text",
]
