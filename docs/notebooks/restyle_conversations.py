# %% [markdown]
# # Conversations in another style
#
# Models write tidy prose; people on a micro-blog do not. This notebook takes the conversations that
# `generate_conversations` saved, has every message written again as a casual post, and measures what that did: is each
# message still there, does it still say the same, and can one still tell who is talking?

# %%
import os
from itertools import islice
from pathlib import Path

from duologue.corpora import formats
from duologue.dialogue import parent_id, read, read_rows
from duologue.evaluation.control import score_control
from duologue.evaluation.restyle_fidelity import score_restyle_fidelity
from duologue.evaluation.turn_taking import score_turn_taking
from duologue.models import open_desk
from duologue.operators import Rejected, RunFolder, run
from duologue.operators.restyle import RESTYLE, RestyleOptions
from duologue.prompts.render import style_file

# %% [markdown]
# ## What to change
#
# The model is named as in the first notebook. Any folder in the published layout will do in the place of `PUBLISHED`.

# %%
MODEL = os.environ.get("DUOLOGUE_NOTEBOOK_MODEL", "tiny")
BASE_URL = os.environ.get("DUOLOGUE_NOTEBOOK_BASE_URL")  # for openai:NAME, e.g. "http://127.0.0.1:8000/v1"
MESSAGES = int(os.environ.get("DUOLOGUE_NOTEBOOK_MESSAGES", "42"))

RUN = Path("runs/notebook")
PUBLISHED = RUN / "published"
STYLE = style_file("microblog")  # or a text of your own
SEED = 0

# %% [markdown]
# ## Conversations
#
# The published files hold a conversation as text; reading makes turns of it. They keep the texts of motivation and
# disposition, but no names.

# %%
conversations = list(islice(formats.read(PUBLISHED, "convogen", restyled=False), MESSAGES))
print(f"{len(conversations)} conversations, {sum(len(each.turns) for each in conversations)} messages")
print(f"\n{STYLE.read_text(encoding='utf-8')}")

# %% [markdown]
# ## Restyling
#
# Message by message, so that both forms stay side by side. The first message comes from a person and is kept. An answer
# is refused when it is too long, when its meaning is too far from the original's, or when a name or a number is gone;
# then another is drawn, up to three times. `mode="whole"` asks for the conversation in one answer, as was published.

# %%
options = RestyleOptions(style=STYLE, characters=280, similarity=0.5, draws=3, answer_tokens=160)
STYLED = RUN / "restyled"
desk = open_desk(dict.fromkeys(RESTYLE.roles, MODEL), ledger=RUN / "ledger", base_url=BASE_URL)
with RunFolder(STYLED) as folder:
    outcome = await run(RESTYLE, conversations, desk, options, folder, seed=SEED)
await desk.close()
if outcome.stopped is not None:
    raise outcome.stopped  # what was finished is kept; run the cell again to go on

print(f"{outcome.made} of {outcome.tried} were restyled")
for rejected in islice(read_rows(STYLED / "rejected.jsonl", Rejected), 3):
    print(f"\n{rejected.id}: {rejected.gate}\n  {rejected.evidence}")

# %% [markdown]
# ## Side by side

# %%
styled = list(read(STYLED / "dialogues.jsonl"))
plain = {each.id: each for each in conversations}
for dialogue in styled[:2]:
    print(dialogue.id)
    for turn, styled_turn in zip(plain[parent_id(dialogue)].turns, dialogue.turns, strict=True):
        name = dialogue.roles[turn.speaker]
        print(f"  {name}: {turn.said}")
        print(f"  {'→':>{len(name) + 1}} {styled_turn.said}")

# %% [markdown]
# ## Does it say the same?
#
# `aligned` is the share of messages that stand where they stood, `similarity` the mean cosine between a message and its
# restyled form, `length_ratio` the words after over the words before. Each figure has a 95 % interval over
# conversations.

# %%
for name, figure in score_restyle_fidelity(styled, conversations).figures.items():
    span = "" if figure.interval is None else f"   {figure.interval.low:.2f} to {figure.interval.high:.2f}"
    print(f"{name:16}{figure.value:8.2f}{span}")

# %% [markdown]
# ## Who talks how much?

# %%
before, after = score_turn_taking(conversations).figures, score_turn_taking(styled).figures
print(f"{'':26}{'plain':>10}{'restyled':>10}")
for name in before:
    print(f"{name:26}{before[name].value:10.1f}{after[name].value:10.1f}")

# %% [markdown]
# ## Can one still tell who is talking?
#
# Not by name, but by how they talk: a classifier reads what the user says, without the words that name a profile, and
# tells the disposition (or the motivation) in conversations that it has not learnt from. It takes some dozens of them
# to say anything; with fewer, the verdict says so.

# %%
for kind in ("disposition", "motivation"):
    for form, dialogues in (("plain", conversations), ("restyled", styled)):
        score = score_control(dialogues, kind, permutations=20)
        chance = max(score.chance["most_frequent"], score.chance["uniform"])
        right = "" if score.accuracy is None else f"{score.accuracy.value:.0f} % right, {chance:.0f} % by guessing; "
        print(f"{kind}, {form}: {right}{score.verdict}")

# %% [markdown]
# ## Saving
#
# Beside the plain conversations in the published layout, and as rows that trainers read.

# %%
print(formats.write(PUBLISHED, styled, "convogen"), "files in", PUBLISHED / "restyled-conversations")
print(formats.write(RUN / "messages.jsonl", styled, "messages"), "rows in", RUN / "messages.jsonl")
print(formats.write(RUN / "sharegpt.json", styled, "sharegpt"), "rows in", RUN / "sharegpt.json")
