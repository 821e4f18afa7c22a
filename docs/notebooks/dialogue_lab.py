# %% [markdown]
# # The dialogue lab
#
# A language model learns to answer in a dialogue: what it says as it is, what an adapter changes, what decoding
# changes, and how conversations flow. It runs on two CPU cores in a few minutes, and as it stands in Colab: the next
# cell installs what is missing. `docs/lab` has the same as commands, with more tasks and with questions.

# %%
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("duologue") is None:  # e.g. in Colab; or name a checkout instead
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "duologue[all]"], check=True)

# %%
import os
from functools import partial
from pathlib import Path

from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.venues import Venues
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.tod import sample
from duologue.corpora.worlds.tod.write import write_databases
from duologue.dialogue import Dialogue, DialoguePrediction
from duologue.evaluation.flow.flow import measure_flow
from duologue.evaluation.tod.databases import Databases
from duologue.experiments.dev_metrics import RENDERED, chat_dev, dialogue_evaluation, evaluation_of
from duologue.models import open_model
from duologue.models.desk import ModelDesk
from duologue.models.generation.options import DecodingOptions
from duologue.systems.chat import ChatOptions, respond_with
from duologue.training.data import response_data
from duologue.training.metrics_file import read_metrics
from duologue.training.options import SFTOptions
from duologue.training.sft import train_sft

# %% [markdown]
# ## What to change
#
# `MODEL` is any checkpoint: `tiny` is the one that comes with Duologue, `hf:ORG/NAME` one of the hub. With a larger one
# take `bits=4` in the training's options, which makes it QLoRA.

# %%
MODEL = os.environ.get("DUOLOGUE_NOTEBOOK_MODEL", "tiny")
STEPS = int(os.environ.get("DUOLOGUE_NOTEBOOK_STEPS", "150"))
DIALOGUES = int(os.environ.get("DUOLOGUE_NOTEBOOK_DIALOGUES", "20"))
RUN = Path("runs/dialogue-lab")
INSTRUCTION = "You help visitors of a town to find places and to book them."

# %% [markdown]
# ## Dialogues
#
# They come from a made-up town with MultiWOZ's domains. `formats.read("my.jsonl", "messages")` reads your own.


# %%
def made(count: int, split: Split) -> list[Dialogue]:
    """Dialogues of the town."""
    return [dialogue_from_native(each.id, each.dialogue) for each in sample(count, 0, split)]


train, val, test = made(5 * DIALOGUES, "train"), made(max(2, DIALOGUES // 4), "val"), made(DIALOGUES, "test")
write_databases(RUN / "db", 0)
venues = Venues.load(RUN / "db")
for turn in train[0].turns[:6]:
    print(f"{turn.speaker:>6}  {turn.text}")

# %% [markdown]
# ## Answers, and what they are worth
#
# A system answers every system turn, with the history as it was in the corpus. Its words are delexicalised with the
# databases before they are compared; inform and success take the belief states of the corpus, since it writes none.

# %%
greedy = DecodingOptions(max_new_tokens=48)
asked = ChatOptions(instruction=INSTRUCTION)


async def answers(spec: str, decoding: DecodingOptions) -> list[DialoguePrediction]:
    """What a model says in the test dialogues."""
    model = open_model(spec, dtype="float32")
    async with ModelDesk({"system": model}) as desk:
        rows = respond_with(model, asked, test, partial(desk.complete, "system"), decoding)
        return [row async for row in rows]


def figures(rows: list[DialoguePrediction]) -> dict[str, float]:
    """What it is worth."""
    system = chat_dev(asked, greedy, venues)
    score = evaluation_of(rows, test, system, Databases(venues)).score()
    return {
        "BLEU": score.bleu[RENDERED],
        "inform": score.inform["total"],
        "success": score.success["total"],
        "richness": score.richness["cond_entropy"],
    }


def told(name: str, rows: list[DialoguePrediction]) -> None:
    """A line of figures."""
    print(f"{name:<22}", "  ".join(f"{key} {value:.2f}" for key, value in figures(rows).items()))


zero_shot = await answers(MODEL, greedy)
told("zero-shot", zero_shot)
for answer in zero_shot[0].turns[:3]:
    print(f"  user      {test[0].turns[answer.turn - 1].text}\n  model     {answer.response}")
    print(f"  reference {test[0].turns[answer.turn].text}")

# %% [markdown]
# ## An adapter
#
# The loss covers the responses alone. At each evaluation the model answers validation dialogues: those figures stand
# beside the loss.

# %%
options = SFTOptions(learning_rate=5e-4, max_steps=STEPS, eval_steps=max(1, STEPS // 3), max_length=512, log_steps=10)
trained = train_sft(
    response_data(lambda: train, options, instruction=INSTRUCTION),
    model=MODEL,
    out=RUN / "lora",
    options=options,
    validation=response_data(lambda: val, options, instruction=INSTRUCTION),
    evaluation=dialogue_evaluation(val, chat_dev(asked, greedy, venues), Databases(venues), on="validation"),
    instruction=INSTRUCTION,
)
print(f"{trained.record['trainable']:,} of {trained.record['parameters']:,} parameters were trained")
for row in read_metrics(RUN / "lora/metrics.jsonl"):
    if "eval_loss" in row:
        print(f"step {row['step']:>4}  loss {row['eval_loss']:.3f}  BLEU {row['eval_bleu']:.1f}")

# %% [markdown]
# ## Decoding

# %%
decodings = {
    "greedy": greedy,
    "beams": DecodingOptions(num_beams=4, max_new_tokens=48),
    "nucleus": DecodingOptions(do_sample=True, top_p=0.9, max_new_tokens=48),
    "contrastive": DecodingOptions(penalty_alpha=0.6, top_k=4, max_new_tokens=48),
}
for name, decoding in decodings.items():
    told(f"LoRA, {name}", await answers(f"hf:{RUN / 'lora'}", decoding))

# %% [markdown]
# The same history and seed give the same answer, whatever else is asked at the same time; run the cell again and see.
#
# ## The flow of conversations
#
# Utterances in clusters of meaning, and what follows what. `duologue flow` draws it as a graph.

# %%
found = measure_flow(train)
for cluster in found.clusters:
    words = ", ".join(word.word for word in cluster.words["log_linear"][:6])
    print(f"{cluster.number:>2}  {cluster.utterances:>4} utterances  {words}")
