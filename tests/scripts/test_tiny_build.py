"""The whole build of the embedded model on a tiny budget, and the parts that can go wrong unseen."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from duologue.corpora.conversation_text.speakers import NAMES, aliases
from duologue.corpora.worlds.seeds.sample import sample
from duologue.models.request import Message
from duologue.operators.conversation_reading import read_conversation
from duologue.operators.gates import Verdict, first_failure
from duologue.operators.meaning import meaning_gates
from duologue.operators.message import read_message
from duologue.prompts.ask import Answer
from scripts.build_tiny import begin_with
from scripts.tiny.drills import drill
from scripts.tiny.examples import Text, chat_prompt, encode, marks_of
from scripts.tiny.mixture import ChunkMaker
from scripts.tiny.packing import BATCH_TOKENS, pack
from scripts.tiny.talk import TalkTasks
from scripts.tiny.tasks import RandomTasks
from scripts.tiny.texts import Writer
from scripts.tiny.tokenizer import END

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/duologue/models/tiny"


def test_smoke_goes_through_every_stage_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    command = [sys.executable, "scripts/build_tiny.py", "--run", str(tmp_path), "--smoke"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    first = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert first.returncode == 0, first.stderr[-2000:]
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model", local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model", local_files_only=True)
    assert model.config.vocab_size == len(tokenizer)
    record = json.loads((tmp_path / "model" / "recipe.json").read_text())
    assert record["tokens"] > 0
    assert "slot recall" in record["figures"]["simpletod"]
    assert "## Figures" in (tmp_path / "model" / "README.md").read_text()

    again = subprocess.run(
        [*command, "--more", "0.01"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
    )
    assert again.returncode == 0, again.stderr[-2000:]
    longer = json.loads((tmp_path / "model" / "recipe.json").read_text())
    assert longer["tokens"] > record["tokens"]
    assert longer["curve"][: len(record["curve"])] == record["curve"]


def test_a_run_can_begin_with_the_shipped_model(tmp_path: Path) -> None:
    begin_with(PACKAGE, tmp_path)
    assert "million tokens" in (tmp_path / "history.txt").read_text()
    ours, shipped = load_file(tmp_path / "start.safetensors"), load_file(PACKAGE / "model.safetensors")
    assert ours.keys() == shipped.keys()
    assert all((ours[name] == shipped[name].float()).all() for name in shipped)
    assert (tmp_path / "model" / "tokenizer.json").read_bytes() == (PACKAGE / "tokenizer.json").read_bytes()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))


def test_training_prompts_are_what_the_chat_template_renders() -> None:
    messages = [Message("system", "You condense."), Message("user", "Chat:\nUser: Hi there")]
    template = AutoTokenizer.from_pretrained(PACKAGE, local_files_only=True)
    rendered = template.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in messages], tokenize=False, add_generation_prompt=True
    )
    assert chat_prompt(messages) == rendered + " "


def test_weights_lie_on_the_marked_value_and_on_the_answer(tokenizer: Tokenizer) -> None:
    answer = "hotel area north"
    text = Text("x", "<|question|> say<|end|><|answer|> ", answer + "<|end|>", marks_of(answer, ["north"], "area"))
    (row,) = encode(tokenizer, [text])
    decoded = [tokenizer.decode([int(t)], skip_special_tokens=False) for t in row.tokens]
    assert "".join(d for d, w in zip(decoded, row.weights, strict=True) if w == 3.0).strip() == "north"
    assert row.weights[-1] == 1.0
    assert row.weights[0] < 1.0


def test_a_packed_line_keeps_whole_examples_and_predicts_no_first_token(tokenizer: Tokenizer) -> None:
    tasks = RandomTasks(random.Random(0))
    rows = encode(tokenizer, [tasks.backstory() for _ in range(120)])
    whole = {tuple(row.tokens.tolist()) for row in rows}
    batches = list(pack(rows, np.random.default_rng(0), lift=0.0))
    assert batches
    for batch in batches:
        assert batch.tokens.size == BATCH_TOKENS
        for line in range(len(batch.tokens)):
            for number in range(batch.segments[line].max() + 1):
                inside = batch.segments[line] == number
                assert tuple(batch.tokens[line][inside].tolist()) in whole
                assert batch.weights[line][inside][0] == 0.0


def test_a_chunk_is_the_same_for_the_same_seed_and_another_for_another(tokenizer: Tokenizer) -> None:
    maker = ChunkMaker(PACKAGE / "tokenizer.json", texts=40)
    assert maker.texts_of("1/2") == maker.texts_of("1/2")
    assert maker.texts_of("1/2") != maker.texts_of("1/3")


def test_random_answers_repeat_the_utterance_and_stay_within_the_gates() -> None:
    from duologue.operators.backstory import read_backstory
    from duologue.operators.reaction import read_reaction
    from duologue.prompts.ask import Answer

    tasks = RandomTasks(random.Random(4))
    for _ in range(60):
        told = tasks.backstory().answer.removesuffix("<|end|>")
        utterance = told[2 : told.index("** + <")]
        assert isinstance(read_backstory(Answer(told, "", "stop"), utterance, {}), str)
        said = tasks.reaction().answer.removesuffix("<|end|>")
        response = said[said.index("> + **") + 6 : -2]
        passed = read_reaction(Answer(said, "", "stop"), response)
        assert isinstance(passed, str) or passed.gate in ("token-overlap", "fuzzy-ratio")


def test_drills_count_only_what_can_be_known() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        tokens, weights = drill(rng, length=256, vocabulary=(39, 1344), end=2)
        assert len(tokens) == len(weights) == 256
        first = int(np.argmax(weights > 0))
        assert first > 2
        assert weights.sum() > 0


def test_random_text_is_varied() -> None:
    writer = Writer(random.Random(0))
    texts = [writer.utterance() for _ in range(300)]
    assert len(set(texts)) > 295
    assert any(" ." in text for text in texts)
    assert any(text == text.lower() for text in texts)


def test_talk_examples_are_what_the_operators_read() -> None:
    tasks = TalkTasks(random.Random(5), "train")
    for _ in range(40):
        whole = read_conversation(_answer(tasks.whole()), speakers=aliases(NAMES), least=5, opens="system")
        assert not isinstance(whole, Verdict)
        for speaker, make in (("user", tasks.user_turn), ("system", tasks.system_turn)):
            assert isinstance(read_message(_answer(make()), speaker=speaker, names=NAMES, earlier=()), str)
        assert _answer(tasks.moderator()).text in ("yes", "no")
        more = read_conversation(_answer(tasks.more()), speakers=aliases(NAMES), least=1)
        assert not isinstance(more, Verdict)
        name, colon, text = _answer(tasks.suggest()).text.partition(": ")
        assert (name.isalpha(), colon, len(text.split()) >= 5) == (True, ": ", True)


def test_restyled_examples_pass_the_gates_for_meaning() -> None:
    tasks = TalkTasks(random.Random(6), "train", vary=False)
    for one in sample(30, seed=8, split="train"):
        for at, line in enumerate(one.lines, 1):
            before, after = line.text, _answer(tasks.restyle_of(one, at)).text
            assert after != before
            assert first_failure(meaning_gates(before, after, least=0)) is None


def _answer(text: Text) -> Answer:
    return Answer(text.answer.removesuffix(END).strip(), "", "stop")


def test_the_data_process_ends_with_the_training(tmp_path: Path) -> None:
    script = tmp_path / "holds.py"
    script.write_text(
        "import sys, time\n"
        "from scripts.tiny.stream import Stream\n"
        "def maker(seed, chunk):\n"
        "    yield 1\n"
        "if __name__ == '__main__':\n"
        "    with Stream(maker, seed=0) as stream:\n"
        "        stream.next()\n"
        "        print(stream._process.pid, flush=True)\n"
        "        time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    with subprocess.Popen([sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        os.kill(child, 0)  # it lives
        process.kill()
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("the data process goes on without the training")
