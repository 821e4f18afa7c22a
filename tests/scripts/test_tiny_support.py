"""The embedded model's examples of support conversations are what the steering prompts ask, and its mixture adds up."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tokenizers import Tokenizer

from duologue.corpora.strategies import BY_COLLECTION, ESCONV, EXTENDED
from duologue.prompts.steering import LAYOUTS, WORDINGS, steered_prompt
from scripts.build_tiny import note_shares
from scripts.tiny.examples import Text, chat_prompt, encode
from scripts.tiny.mixture import SHARES
from scripts.tiny.packing import LENGTHS
from scripts.tiny.support import SupportTasks
from scripts.tiny.tokenizer import END

PACKAGE = Path(__file__).resolve().parents[2] / "src/duologue/models/tiny"


def test_examples_are_prompted_as_the_operator_prompts_in_every_layout_and_wording() -> None:
    tasks = SupportTasks(random.Random(7), "train")
    for layout in LAYOUTS:
        for wording in WORDINGS:
            place = tasks.place()
            strategy = next(iter(BY_COLLECTION[place.one.collection].values()))
            text = tasks.steered_at(place, strategy, layout, wording)
            prompts = [
                steered_prompt(place.history, strategy, layout, wording, system_role=role, situation=told).messages
                for role in (True, False)
                for told in (None, place.one.case.situation)
            ]
            assert text.prompt in list(map(chat_prompt, prompts))
            assert f'"{strategy.name}"' in text.prompt
            assert text.answer.startswith("assistant: ") == ("assistant: <your turn>" in text.prompt)


def test_at_one_point_the_strategy_alone_decides_the_reply() -> None:
    tasks = SupportTasks(random.Random(8), "train")
    places = [tasks.place() for _ in range(12)]
    for place in places:
        strategies = BY_COLLECTION[place.one.collection]
        replies = [tasks.steered_at(place, each, "c1_hf", "training").answer for each in strategies.values()]
        assert len(set(replies)) == len(strategies)


def test_without_a_strategy_no_strategy_is_named() -> None:
    tasks = SupportTasks(random.Random(9), "train")
    for _ in range(30):
        assert not any(f'"{name}"' in tasks.unconditional().prompt for name in (*EXTENDED, *ESCONV))


def test_the_drill_asks_for_a_strategy_by_reply_or_description() -> None:
    tasks = SupportTasks(random.Random(9), "train")
    drills = [tasks.recognised() for _ in range(60)]
    assert {_answer(drill) for drill in drills} <= {*EXTENDED, *ESCONV}
    assert len({drill.prompt.count("assistant:") for drill in drills}) == 2


def test_histories_are_short_and_long_and_fit_the_context() -> None:
    tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
    tasks = SupportTasks(random.Random(10), "train")
    places = [tasks.place() for _ in range(200)]
    lengths = [len(place.history) for place in places]
    assert (min(lengths), max(lengths) >= 21) == (1, True)
    texts = [tasks.steered_at(place, None, "standard", "expert") for place in places]
    assert max(len(row.tokens) for row in encode(tokenizer, texts)) < LENGTHS[-1]


def test_a_run_that_goes_on_with_other_shares_says_so(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    record = {"tokens": 2_500_000, "recipe": {"shares": {"simpletod": 0.5, "talk": 0.5}}}
    (tmp_path / "model" / "recipe.json").write_text(json.dumps(record))
    note_shares(tmp_path)
    history = (tmp_path / "history.txt").read_text()
    assert history == "From 2.5 million tokens on the shares are those above; before: simpletod 0.5, talk 0.5.\n"


def test_shares_add_up_and_beliefs_have_more_than_a_third() -> None:
    assert abs(sum(SHARES.values()) - 1) < 1e-9
    assert SHARES["simpletod"] > 1 / 3


def _answer(text: Text) -> str:
    return text.answer.removesuffix(END).strip()
