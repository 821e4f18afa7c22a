# %% [markdown]
# # Conversations from single messages
#
# Somebody posts a short message. Why do they write it, and how do they talk? Tell a language model the message, a
# *motivation* and a *disposition*, and it can write the conversation that follows. This notebook grows conversations
# from a table of messages, shows what was made and what was refused, and saves them one file each.
# `restyle_conversations` goes on from there.
#
# Nothing is asked twice: every answer is kept in the run's ledger, so a cell that was stopped goes on where it was.

# %%
import os
from itertools import islice
from pathlib import Path

from duologue.corpora import formats
from duologue.corpora.profiles import SHIPPED, read_profiles
from duologue.corpora.worlds.seeds import sample
from duologue.dialogue import Dialogue, read, read_rows
from duologue.models import open_desk
from duologue.operators import Rejected, RunFolder, run
from duologue.operators.conversation import CONVERSATION, ConversationOptions
from duologue.operators.preview import preview

# %% [markdown]
# ## What to change
#
# `tiny` is the model that comes with Duologue. `openai:NAME` is a model on any OpenAI-compatible server, whose address
# goes into `BASE_URL`, and `hf:PATH` a checkpoint on this machine. One run folder is one experiment: with another model
# or other options, take another folder.

# %%
MODEL = os.environ.get("DUOLOGUE_NOTEBOOK_MODEL", "tiny")
BASE_URL = os.environ.get("DUOLOGUE_NOTEBOOK_BASE_URL")  # for openai:NAME, e.g. "http://127.0.0.1:8000/v1"
MESSAGES = int(os.environ.get("DUOLOGUE_NOTEBOOK_MESSAGES", "42"))

TABLE: Path | None = None  # your own messages, e.g. Path("messages.tsv") with the columns tweet_id and tweet
PROFILES = SHIPPED  # or a folder of your own: motivations/*.md, dispositions/*.md, pairs.yaml
RUN = Path("runs/notebook")
SEED = 0

# %% [markdown]
# ## Messages
#
# Each message is a dialogue of one turn. Without a table they come from a made-up world, as many as you like.

# %%
if TABLE is None:
    seeds = [each.seed_dialogue() for each in sample(MESSAGES, seed=SEED, split="test")]
else:
    seeds = list(islice(formats.read(TABLE, "seeds"), MESSAGES))

for seed in seeds[:5]:
    print(f"{seed.id}  {seed.turns[0].text}")

# %% [markdown]
# ## Profiles
#
# A profile is a motivation with a disposition. Not all go together: `pairs.yaml` says which do.

# %%
profiles = read_profiles(PROFILES)
print(len(profiles.motivations), "motivations:", *(trait.name for trait in profiles.motivations))
print(len(profiles.dispositions), "dispositions:", *(trait.name for trait in profiles.dispositions))
print(len(profiles.pairs), "pairs, among them:")
for profile in profiles.pairs[:2]:
    print(f"\n{profile.name}\n  {profile.motivation.text}\n  {profile.disposition.text}")

# %% [markdown]
# Each message gets one pair, and every pair comes equally often (`balanced`; `sample` draws, `cross` takes all): 42
# messages are each of the 42 once. With `experiment=Path("datasets/inst-templates/expt3")` profiles and instruction
# come from a published experiment folder.

# %%
options = ConversationOptions(profiles=PROFILES, pairing="balanced", exchanges=6, least=6, answer_tokens=900)

# %% [markdown]
# ## One prompt
#
# Before many are asked, look at one: what the model is told, and what it answers. The answer is the one that the run
# will have, and the ledger keeps it.

# %%
desk = open_desk(dict.fromkeys(CONVERSATION.roles, MODEL), ledger=RUN / "ledger", base_url=BASE_URL)
look = await anext(preview(CONVERSATION, seeds, desk, options, count=1, seed=SEED))

print(look.item)
for asked in look.asked[:1]:
    for message in asked.messages:
        print(f"\n[{message.role}]\n{message.content}")
    print(f"\n[answer]\n{asked.answer.text}")

# %% [markdown]
# ## All of them
#
# Requests are made many at a time; results are written in the order of the messages.

# %%
GROWN = RUN / "conversations"
with RunFolder(GROWN) as folder:
    outcome = await run(CONVERSATION, seeds, desk, options, folder, seed=SEED)
if outcome.stopped is not None:
    raise outcome.stopped  # what was finished is kept; run the cell again to go on

print(f"{outcome.made} of {outcome.tried} became conversations")
print(desk.receipt)

# %% [markdown]
# An answer that does not pass is drawn again, up to three times (`draws`). What is refused even then stands in
# `rejected.jsonl`, with the gate that refused it and what the gate saw.

# %%
for gate, count in outcome.rejected.most_common():
    print(f"{count} × {gate}")
for rejected in islice(read_rows(GROWN / "rejected.jsonl", Rejected), 3):
    print(f"\n{rejected.id}: {rejected.gate}\n  {rejected.evidence}")

# %% [markdown]
# ## A conversation
#
# The first message is the seed. `facts` says who its author was meant to be, `origin` how the dialogue was made.


# %%
def show(dialogue: Dialogue) -> None:
    """Print a conversation with its profile."""
    print(dialogue.id, *(dialogue.facts[trait]["name"] for trait in ("motivation", "disposition")))
    for turn in dialogue.turns:
        print(f"  {dialogue.roles[turn.speaker]}: {turn.said}")


grown = list(read(GROWN / "dialogues.jsonl"))
for dialogue in grown[:2]:
    show(dialogue)

# %% [markdown]
# ## Turn by turn
#
# The other way: two agents write in turn. The user's knows motivation and disposition, SocBot's does not, and a
# moderator says when they have come to an end. Each role may have a model of its own:
# `open_desk({"writer": …, "user": …, "system": …, "moderator": …})`.

# %%
by_turns = options.model_copy(update={"mode": "turns", "exchanges": 3, "least": 4, "answer_tokens": 160})
with RunFolder(RUN / "turn-by-turn") as folder:
    await run(CONVERSATION, seeds[:2], desk, by_turns, folder, seed=SEED)
for dialogue in read(RUN / "turn-by-turn/dialogues.jsonl"):
    show(dialogue)

# %% [markdown]
# ## Saving
#
# One file a conversation, in the published layout: `tweet_id`, `disposition`, `motivation`, `tweet`, `conv`.
# `dialogues.jsonl` holds more: the names of the profiles, and where everything came from.

# %%
PUBLISHED = RUN / "published"
count = formats.write(PUBLISHED, grown, "convogen")
print(f"{count} files in {PUBLISHED / 'conversations'}")
for path in sorted((PUBLISHED / "conversations").glob("*.json"))[:1]:
    print(f"\n{path.name}\n{path.read_text(encoding='utf-8')}")

# %%
await desk.close()
