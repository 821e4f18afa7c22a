"""Plays one task-oriented dialogue between the agenda-based user and the rule system.

>>> played = play(random.Random(5), build_town(3), "train")
>>> len(played.log) % 2
0
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from duologue.corpora.worlds.names import title
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.tod.goal import DomainGoal, native_goal, sample_goal
from duologue.corpora.worlds.tod.moves import Belief, Move
from duologue.corpora.worlds.tod.phrasing import load_voice
from duologue.corpora.worlds.tod.system import System
from duologue.corpora.worlds.tod.system_speech import SystemSpeech
from duologue.corpora.worlds.tod.town import Town
from duologue.corpora.worlds.tod.user import User
from duologue.corpora.worlds.tod.user_speech import UserSpeech

_MOST_TURNS = 80


@dataclass(frozen=True)
class Played:
    """A finished dialogue: native goal and log, with the goals and user moves behind them.

    ``moves[k]`` are the user's intentions in ``log[2 * k]``; ``greeting`` is how many characters of the first
    turn greet.
    """

    goals: list[DomainGoal]
    goal: dict[str, Any]
    log: list[dict[str, Any]]
    moves: list[list[Move]]
    greeting: int


def play(rng: random.Random, town: Town, split: Split) -> Played:
    """Let user and system talk until the user takes leave."""
    goals = sample_goal(rng, town, split)
    voice = load_voice(split)
    user, user_speech = User(rng, goals, town, split), UserSpeech(rng, voice)
    system = System(rng, town, split, {g.domain: g.fail_book for g in goals})
    system_speech = SystemSpeech(rng, voice)
    belief = Belief()
    log: list[dict[str, Any]] = []
    history: list[list[Move]] = []
    moves = user.open()
    while True:
        belief.update(moves)
        log.append(user_speech.turn(moves))
        history.append(moves)
        answer = system.react(moves, belief)
        text, acts, spans = system_speech.turn(answer)
        log.append({"text": text, "metadata": belief.metadata(), "dialog_act": acts, "span_info": spans})
        if answer[-1].kind == "bye" or len(log) >= _MOST_TURNS:
            break
        moves = user.react(answer)
    return Played(goals, native_goal(goals, title(town.name)), log, history, user_speech.greeting)
