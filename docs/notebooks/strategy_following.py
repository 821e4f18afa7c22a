# %% [markdown]
# # Strategies in long conversations
#
# A model is told by which strategy it should answer a person who seeks support. Does it do so, in which layout of the
# prompt, how deep into a conversation, and how much attention does the strategy get? This notebook runs the steering
# recipe at a small scale and computes its figures once more from the rows, so that you can take other cuts of them.
# It runs on two CPU cores in a few minutes, and as it stands in Colab: the next cell installs what is missing.

# %%
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("duologue") is None:  # e.g. in Colab; or name a checkout instead
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "duologue[all]"], check=True)

# %%
import math
import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, classification_report, f1_score

from duologue.dialogue import read, read_rows
from duologue.evaluation.steering.following import FollowingRow
from duologue.evaluation.steering.sra_row import SRARow
from duologue.experiments import experiment
from duologue.experiments.recipe import load_recipe
from duologue.experiments.steering.judging import read_results

# %% [markdown]
# ## What to change
#
# `continuation.model=hf:ORG/NAME` (and `taught.model`, or `train=null`) takes a checkpoint of yours;
# `corpus.file.path=ESConv.json` a corpus. A run that was interrupted goes on where it stopped.

# %%
CHANGES = os.environ.get("DUOLOGUE_NOTEBOOK_CHANGES", "scale=full").split(";")
RUN = Path("runs/strategy-following")
recipe = load_recipe("demo/steering", CHANGES)
ran = experiment.run(recipe, RUN)
print(ran.report)

# %% [markdown]
# ## What was said
#
# A history, and what the model answered by a few strategies.

# %%
dialogue = next(read(RUN / "stages/continue/c1_hf/dialogues.jsonl"))
for turn in dialogue.turns[-3:]:
    print(f"{dialogue.roles[turn.speaker]:>10}  {turn.text}")
for branch in dialogue.branches[:4]:
    print(f"{'→':>10}  [{branch.labels['strategy'][0]}] {branch.turns[0].text}")

# %% [markdown]
# ## Following
#
# A row a reply: which strategy was asked for, and which one a classifier recognised. `layout` names the condition.

# %%
rows = list(read_rows(RUN / "stages/evaluate/following.jsonl", FollowingRow))
by_condition = defaultdict(list)
for row in rows:
    by_condition[row.layout or "–"].append(row)
results = read_results(RUN / "stages/evaluate")
for condition, own in by_condition.items():
    asked, recognised = [row.strategy for row in own], [row.recognised for row in own]
    labels = sorted({*asked, *recognised})
    right = 100 * accuracy_score(asked, recognised)
    macro = 100 * f1_score(asked, recognised, labels=labels, average="macro", zero_division=0)
    told = results.conditions[condition].following
    same = math.isclose(right, told.accuracy.value) and math.isclose(macro, told.macro_f1.value)
    equal = "equal" if same else f"{told.accuracy.value} and {told.macro_f1.value}"
    print(f"{condition:<16} followed {right:5.1f} %  macro F1 {macro:5.1f}  the run's figures: {equal}")

# %% [markdown]
# Which strategies are told apart, and what the others are taken for:

# %%
condition = next(iter(by_condition))
own = by_condition[condition]
print(condition)
print(classification_report([row.strategy for row in own], [row.recognised for row in own], zero_division=0))
taken = Counter((row.strategy, row.recognised) for row in own if not row.followed)
for (asked_for, taken_for), count in taken.most_common(5):
    print(f"{count:3} times {asked_for} was taken for {taken_for}")

# %% [markdown]
# ## Depth
#
# How much is lost with each utterance between the instruction and its reply: percent that follow, by the number of
# utterances before the reply, and the slope of a straight line through all replies.

# %%
for condition, own in by_condition.items():
    depths = defaultdict(list)
    for row in own:
        depths[row.depth].append(100.0 * row.followed)
    course = "  ".join(f"{depth}: {np.mean(values):3.0f}" for depth, values in sorted(depths.items()))
    slope = (
        np.polyfit([row.depth for row in own], [100.0 * row.followed for row in own], 1)[0] if len(depths) > 1 else 0.0
    )
    print(f"{condition:<16} {course}   ({10 * slope:+.1f} points per ten utterances)")

# %% [markdown]
# ## Attention
#
# SRA is the mean attention that a reply's tokens pay to a token of the strategy's name. Does a reply that pays more
# follow more often? Over replies, and over conditions, as the paper has it.

# %%
sra = {
    (row.id, row.layout): value
    for row in read_rows(RUN / "stages/evaluate/attention.jsonl", SRARow)
    if (value := row.sra.get("response_mean", {}).get("strategy_name")) is not None
}
pairs = [(math.log(sra[row.id, row.layout]), float(row.followed)) for row in rows if (row.id, row.layout) in sra]
x, y = np.array(pairs).T
print(
    f"{len(pairs)} replies, r of log SRA and following: {np.corrcoef(x, y)[0, 1]:.2f}"
    if y.any()
    else "nothing is followed"
)
for condition, own in by_condition.items():
    values = [sra[row.id, row.layout] for row in own if (row.id, row.layout) in sra]
    followed = 100 * np.mean([row.followed for row in own])
    print(f"{condition:<16} log SRA {np.mean(np.log(values)):6.2f}   followed {followed:5.1f} %")

# %% [markdown]
# ## What the paper claimed
#
# And what these figures say of it: supported or contradicted where a 95 % interval lies on one side.

# %%
for claim in results.claims:
    print(f"{claim.answer:<18} {claim.says}\n{'':<18} here: {claim.measured}\n{'':<18} paper: {claim.paper}")
