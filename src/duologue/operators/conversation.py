"""A whole conversation from one message: why its author wrote it, how they talk, and somebody who answers (ConvoGen).

Two ways. `whole`, as published: one answer holds the conversation, which is parsed. `turns`: two agents write message
by message, each seeing only its own profile, with a moderator who says when it is over. In both a plan may come first.

    duologue synthesize conversation seeds.tsv --format seeds --model tiny --out runs/talk
    duologue synthesize conversation seeds.tsv --format seeds --mode turns --model user=tiny --model system=hf:PATH …
    duologue synthesize conversation crowd.tsv --format seeds --experiment datasets/inst-templates/expt3 …
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.conversation_text.speakers import NAMES
from duologue.corpora.profiles.experiment_folder import Experiment, read_experiment
from duologue.corpora.profiles.folder import SHIPPED, read_profiles
from duologue.corpora.profiles.pairing import Pairing, paired
from duologue.corpora.profiles.profile import Profile
from duologue.dialogue import Dialogue, Turn
from duologue.operators.agents import ANSWERER, ROLES, Person, TalkOptions, converse
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, whole
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator
from duologue.operators.rejects import Rejected
from duologue.operators.seed_filters import SeedOptions, chosen_seeds
from duologue.operators.texts import read_text
from duologue.operators.written import conversation_drawn
from duologue.prompts.ask import Answer, Ask


class ConversationOptions(TalkOptions, SeedOptions):
    """How conversations grow, and from which profiles."""

    exchanges: int = Field(default=8, ge=1)
    """Most exchanges (an answer and a reply) after the message."""
    least: int = Field(default=6, ge=2)
    """Fewest messages of a conversation, the seed among them."""
    plan: bool = False
    """Ask for a plan of the conversation first."""
    pairing: Pairing = "sample"
    """Which profiles a seed gets: `cross` all, `sample` drawn ones, `balanced` each pair equally often."""
    each: int = Field(default=1, ge=1)
    """Profiles a seed, for `sample` and `balanced`."""
    profiles: Path | None = Field(default=None, exclude=True)
    """Folder of motivations and dispositions; without it those that come with Duologue."""
    answerer: Path | None = Field(default=None, exclude=True)
    """A text that says who answers, in `turns`."""
    experiment: Path | None = Field(default=None, exclude=True)
    """A published experiment folder: its profiles are used, and in `whole` its template."""


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


def _seeds(dialogues: Iterable[Dialogue], options: ConversationOptions, skipped: deque[Skipped]) -> Iterator[Dialogue]:
    for each in chosen_seeds(dialogues, options):
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


def questions(item: WorkItem, options: ConversationOptions) -> int | None:
    """One a conversation in one answer; with a plan there is no second one when the first fails."""
    return 1 if options.mode == "whole" and not options.plan else None


async def conversation(
    item: WorkItem, ask: Ask, options: ConversationOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Grow a conversation from one message, a motivation and a disposition."""
    seed = item.dialogue
    first = Turn("user", seed.turns[0].text, source=(seed.id, 0))
    person = Person(item.fields["motivation"]["text"], item.fields["disposition"]["text"])
    planned = await _planned(ask, options, first.text, person) if options.plan else None
    if isinstance(planned, Verdict):
        yield Rejected(item.id, planned.gate, planned.evidence)
        return
    if options.mode == "whole":
        written = await _whole(ask, options, first.text, person, planned, item.fields["instruction"])
    else:
        written = await converse(
            ask,
            options,
            [first],
            count=2 * options.exchanges,
            least=options.least - 1,
            person=person,
            answerer=item.fields["answerer"],
            plan=planned,
        )
    if isinstance(written, Verdict):
        yield Rejected(item.id, written.gate, written.evidence)
        return
    facts = {name: item.fields[name] for name in ("motivation", "disposition")} | ({"plan": planned} if planned else {})
    yield replace(seed, turns=[first, *written], roles=dict(NAMES), facts=seed.facts | facts)


CONVERSATION = Operator(
    name="conversation",
    run=conversation,
    options=ConversationOptions,
    prompts=tuple(
        f"conversation/{name}" for name in ("whole", "template", "plan", "user_turn", "system_turn", "moderator")
    ),
    roles=ROLES,
    plan=plan,
    questions=questions,
)


async def _planned(ask: Ask, options: ConversationOptions, message: str, person: Person) -> str | Verdict:
    told = await first_that_passes(
        ask, "conversation/plan", options, _one_line, role="writer", message=message, names=NAMES, **person._asdict()
    )
    return told if isinstance(told, Verdict) else told.found


def _one_line(answer: Answer) -> str | Verdict:
    text = " ".join(answer.text.split())
    return first_failure([whole(answer), not_empty("plan", text), no_loop("plan", text)]) or text


async def _whole(
    ask: Ask,
    options: ConversationOptions,
    message: str,
    person: Person,
    planned: str | None,
    instruction: str | None,
) -> list[Turn] | Verdict:
    """One answer holds the conversation; by an instruction of one's own, or by our prompt."""
    prompt, fields = "conversation/template", dict[str, Any](instruction=instruction)
    if instruction is None:
        prompt, fields = "conversation/whole", {"message": message, "plan": planned, **person._asdict()}
        fields |= {"exchanges": options.exchanges, "names": NAMES}
    written = await conversation_drawn(
        ask, prompt, options, opens="system", least=options.least - 1, seed=message, **fields
    )
    return written if isinstance(written, Verdict) else written[: 2 * options.exchanges]
