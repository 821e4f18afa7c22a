"""A whole conversation from one message: why its author wrote it, how they talk, and somebody who answers (ConvoGen).

Two ways. `whole`, as published: one answer holds the conversation, which is parsed. `turns`: two agents write message
by message, each seeing only its own profile, with a moderator who says when it is over. In both a plan may come first.

    duologue synthesize conversation seeds.tsv --format seeds --model tiny --out runs/talk
    duologue synthesize conversation seeds.tsv --format seeds --mode turns --model user=tiny --model system=openai:NAME …
    duologue synthesize conversation crowd.tsv --format seeds --experiment datasets/inst-templates/expt3 …
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.profiles.experiment_folder import Experiment, read_experiment
from duologue.corpora.profiles.folder import SHIPPED, read_profiles
from duologue.corpora.profiles.pairing import Pairing, paired
from duologue.dialogue import Dialogue, Turn
from duologue.operators.conversation_text.outcome import read_conversation
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.message import read_message
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.operators.seed_filters import SeedOptions, filtered
from duologue.prompts.ask import Ask

NAMES = {"user": "User", "system": "SocBot"}
ANSWERER = (
    "You talk with people about what they wrote in public. You answer what was just said, ask when something is unclear, "
    "reason with care and stay friendly."
)


class ConversationOptions(OperatorOptions, SeedOptions):
    """How conversations grow, and from which profiles."""

    mode: Literal["whole", "turns"] = "whole"
    """`whole`: one answer holds the conversation; `turns`: two agents, message by message."""
    exchanges: int = Field(default=8, ge=1)
    """Most exchanges (an answer and a reply) after the message."""
    least: int = Field(default=6, ge=2)
    """Fewest messages of a conversation, the seed among them."""
    pairing: Pairing = "sample"
    """Which profiles a seed gets: `cross` all, `sample` drawn ones, `balanced` each pair equally often."""
    each: int = Field(default=1, ge=1)
    """Profiles a seed, for `sample` and `balanced`."""
    plan: bool = False
    """Ask for a plan of the conversation first."""
    moderate: bool = True
    """In `turns`: ask after every exchange whether it is over."""
    limit: int = Field(default=280, ge=1)
    """Characters above which a message is flagged."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw; the published setting."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one is a conversation."""
    profiles: Path | None = Field(default=None, exclude=True)
    """Folder of motivations and dispositions; without it those that come with Duologue."""
    answerer: Path | None = Field(default=None, exclude=True)
    """A text that says who answers, in `turns`."""
    experiment: Path | None = Field(default=None, exclude=True)
    """A published experiment folder: its profiles and its template are used, in `whole`."""


def plan(
    dialogues: Iterable[Dialogue], options: ConversationOptions, rng: random.Random
) -> Iterator[WorkItem | Skipped]:
    """An item for every seed message that passes the filters, with each of its profiles."""
    experiment = read_experiment(options.experiment) if options.experiment else None
    profiles = experiment.profiles if experiment else read_profiles(options.profiles or SHIPPED)
    answerer = ANSWERER if options.answerer is None else read_text(options.answerer)
    skipped: deque[Skipped] = deque()
    pairs = paired(
        _seeds(dialogues, options, skipped),
        profiles.pairs,
        options.pairing,
        each=options.each,
        seed=rng.getrandbits(32),
    )
    for dialogue, profile in pairs:
        while skipped:
            yield skipped.popleft()
        yield WorkItem(
            f"{dialogue.id}~{profile.name}",
            (dialogue,),
            {
                "motivation": msgspec.to_builtins(profile.motivation),
                "disposition": msgspec.to_builtins(profile.disposition),
                "answerer": answerer,
                "instruction": _instruction(experiment, profile, dialogue),
            },
        )
    yield from skipped


def _seeds(
    dialogues: Iterable[Dialogue], options: ConversationOptions, skipped: deque[Skipped]
) -> Iterator[Dialogue]:
    for each in filtered(dialogues, options):
        if isinstance(each, Skipped):
            skipped.append(each)
        elif not each.turns or each.turns[0].speaker != "user":
            skipped.append(Skipped(each.id, "no message of a user to grow from"))
        else:
            yield each


def _instruction(experiment: Experiment | None, profile: Profile, seed: Dialogue) -> str | None:
    if experiment is None:
        return None
    return experiment.instruction(
        disposition=profile.disposition.text, motivation=profile.motivation.text, message=seed.turns[0].text
    )


async def conversation(
    item: WorkItem, ask: Ask, options: ConversationOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Grow a conversation from one message, a motivation and a disposition."""
    seed = item.dialogue
    first = Turn("user", seed.turns[0].text, source=(seed.id, 0))
    planned = await _plan(ask, options, item, first.text) if options.plan else None
    write = _whole if options.mode == "whole" else _turn_by_turn
    written = planned if isinstance(planned, Verdict) else await write(item, ask, options, first, planned)
    if isinstance(written, Verdict):
        yield Rejected(item.id, written.gate, written.evidence)
        return
    facts = {name: item.fields[name] for name in ("motivation", "disposition")}
    facts |= {"plan": planned} if planned else {}
    yield replace(seed, turns=[first, *written], roles=NAMES, facts=seed.facts | facts)


CONVERSATION = Operator(
    name="conversation",
    run=conversation,
    options=ConversationOptions,
    prompts=tuple(f"conversation/{name}" for name in ("whole", "template", "plan", "user_turn", "system_turn", "moderator")),
    roles=("writer", "user", "system", "moderator"),
    plan=plan,
)


async def _plan(ask: Ask, options: ConversationOptions, item: WorkItem, message: str) -> str | Verdict:
    told = await first_that_passes(
        ask, "conversation/plan", options, one_line,
        role="writer", message=message, names=NAMES, **_person(item),
    )  # fmt: skip
    return told if isinstance(told, Verdict) else told.text


async def _whole(
    item: WorkItem, ask: Ask, options: ConversationOptions, first: Turn, planned: str | None
) -> list[Turn] | Verdict:
    """One answer holds the conversation; an answer that is none is drawn again."""
    verdict: list[ParsedTurn] | Verdict = []
    for draw in range(options.draws):
        if item.fields["instruction"]:
            answer = await ask(
                "conversation/template",
                role="writer",
                draw=draw,
                sampling=options.sampling(draw),
                instruction=item.fields["instruction"],
            )
        else:
            answer = await ask(
                "conversation/whole",
                role="writer",
                draw=draw,
                sampling=options.sampling(draw),
                message=first.text,
                plan=planned,
                exchanges=options.exchanges,
                names=NAMES,
                **_person(item),
            )
        verdict = read_conversation(
            answer, speakers=aliases(NAMES), seed=first.text, least=options.least - 1, limit=options.limit
        )
        if not isinstance(verdict, Verdict):
            return [to_turn(turn) for turn in verdict[: 2 * options.exchanges]]
    return verdict


async def _turn_by_turn(
    item: WorkItem, ask: Ask, options: ConversationOptions, first: Turn, planned: str | None
) -> list[Turn] | Verdict:
    """Two agents, each with its own profile only, until the moderator says that it is over."""
    turns = [first]
    for _ in range(options.exchanges):
        for speaker in ("system", "user"):
            fields = {"profile": item.fields["answerer"]} if speaker == "system" else _person(item)
            judge = partial(read_message, speaker=speaker, names=NAMES, earlier=turns, limit=options.limit)
            said = await first_that_passes(
                ask, f"conversation/{speaker}_turn", options, judge,
                role=speaker, turns=turns, plan=planned, names=NAMES, **fields,
            )  # fmt: skip
            if isinstance(said, Verdict):
                # what was said so far may be a conversation; a last word that fails ends it
                return turns[1:] if len(turns) >= options.least else said
            turns.append(Turn(speaker, said.text))
        if options.moderate and len(turns) >= options.least:
            over = await ask("conversation/moderator", role="moderator", turns=turns, names=NAMES)
            if over.text.strip().lower().startswith("yes"):
                break
    return turns[1:] if len(turns) >= options.least else _too_few(turns, options.least)
