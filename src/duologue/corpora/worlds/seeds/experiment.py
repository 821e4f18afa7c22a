"""A folder in the layout of the published experiments, ready to be run as it is.

published/
  notebooks/                            empty: paths in the setup are relative to it
  datasets/seeds.tsv                    tweet_id, tweet
  datasets/inst-templates/expt/
    expt-setup.json                     {"llm", "user_profiles": [{"motivation", "path", "dispositions"}]}
    conv-gen.txt                        three slots {}: disposition, motivation, message
    conv-restyle.txt                    one slot {}: the conversation
    motivations/*.txt  dispositions/*.txt

>>> write_experiment(Path("published"))
"""

from __future__ import annotations

import json
from pathlib import Path

from duologue.corpora.worlds.seeds.phrases import folder
from duologue.corpora.worlds.seeds.profiles import pairs, shipped, shipped_text

_EXPERIMENT = "datasets/inst-templates/expt"
TEMPLATES = ("conv-gen.txt", "conv-restyle.txt")


def write_experiment(root: Path) -> Path:
    """Write the experiment folder, without its seeds.

    Args:
        root: the folder that holds `datasets` and `notebooks`.

    Returns:
        The folder with `expt-setup.json`.
    """
    experiment = root / _EXPERIMENT
    (root / "notebooks").mkdir(parents=True, exist_ok=True)
    for kind, traits in (("motivations", shipped().motivations), ("dispositions", shipped().dispositions)):
        (experiment / kind).mkdir(parents=True, exist_ok=True)
        for trait in traits:
            text = shipped_text(trait.name) + "\n"
            (experiment / kind / f"{trait.name}.txt").write_text(text, encoding="utf-8", newline="\n")
    for name in TEMPLATES:
        text = folder().joinpath(f"templates/{name}").read_text("utf-8")
        (experiment / name).write_text(text, encoding="utf-8", newline="\n")
    setup = json.dumps(_setup(), indent=2) + "\n"
    (experiment / "expt-setup.json").write_text(setup, encoding="utf-8", newline="\n")
    return experiment


def _setup() -> dict[str, object]:
    profiles = []
    for motivation in (trait.name for trait in shipped().motivations):
        own = [disposition for other, disposition in pairs() if other == motivation]
        listed = [{"name": name, "path": f"../{_EXPERIMENT}/dispositions/{name}.txt"} for name in own]
        path = f"../{_EXPERIMENT}/motivations/{motivation}.txt"
        profiles.append({"motivation": motivation, "path": path, "dispositions": listed})
    return {"llm": "tiny", "user_profiles": profiles}
