"""`duologue train sft` in its modes: views, instructions, from scratch, encoder-decoder, Gemma 2, four bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_templates import ALTERNATING
from command_line import duologue
from random_families import make_random
from safetensors.torch import load_file
from toy_task import AREAS, encode, options

from duologue.dialogue import Dialogue, Turn, write
from duologue.errors import InputError
from duologue.training import LoRA, SFTOptions
from duologue.training.adapter import load_adapter
from duologue.training.base_model import load_base
from duologue.training.data import response_data
from duologue.training.metrics_file import read_metrics
from duologue.training.sft import train_sft
from duologue.training.small_models import small_t5
from duologue.views.encoder_decoder import sequence_pairs
from duologue.views.tokens import Tokens

SPECIAL = ("<|im_start|>", "<|im_end|>")


def talk(number: int) -> Dialogue:
    area = AREAS[number % 5]
    turns = [
        Turn("user", f"a hotel in the {area}"),
        Turn("system", f"which day in the {area}?"),
        Turn("user", "friday"),
        Turn("system", f"booked in the {area}"),
    ]
    return Dialogue(f"d{number}", turns)


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    path = tmp_path / "talks.jsonl"
    write(path, [talk(number) for number in range(8)])
    return path


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory, tied_llama: Path) -> Path:
    folder = tmp_path_factory.mktemp("t5") / "t5"
    return small_t5(folder, tokenizer=f"hf:{tied_llama}", seed=3, width=32, layers=2, heads=4)


def record_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "training.json").read_text()))


def test_the_response_view_has_an_example_per_response_or_per_dialogue(tied_llama: Path) -> None:
    tokenizer = load_base(str(tied_llama)).tokenizer
    greeted = Dialogue("g", [Turn("system", "welcome"), *talk(0).turns, Turn("user", "bye")])
    each = list(response_data(lambda: [greeted], SFTOptions(), instruction="be kind.")(tokenizer))
    assert [tokens.name for tokens in each] == ["dialogue g, turn 2", "dialogue g, turn 4"]
    (whole,) = response_data(lambda: [greeted], SFTOptions(loss="all"), instruction="be kind.")(tokenizer)
    assert whole.ids == each[-1].ids
    assert tokenizer.decode(whole.ids).startswith("be kind.\n\nbot> welcome\nuser> a hotel in the north\nbot> which")


def test_responses_that_share_a_history_have_the_same_loss_in_one_example() -> None:
    base = load_base("tiny")
    greeted = Dialogue("g", [Turn("system", "welcome"), *talk(0).turns, Turn("user", "bye"), Turn("system", "bye bye")])

    def trained(**options: Any) -> list[Tokens]:
        return list(response_data(lambda: [greeted, talk(1)], SFTOptions(**options))(base.tokenizer))

    def losses(examples: list[Tokens]) -> list[float]:
        found = []
        for each in examples:
            logits = base.model(torch.tensor([each.ids])).logits[0, :-1].log_softmax(-1)
            said = -logits[torch.arange(len(each.ids) - 1), torch.tensor(each.ids[1:])]
            found += said[torch.tensor(each.trained[1:])].tolist()
        return sorted(found)

    alone, together = trained(), trained(share_history=True)
    assert (len(alone), len(together)) == (5, 2)
    assert [each.ids for each in together] == [alone[2].ids, alone[4].ids]
    assert losses(together) == pytest.approx(losses(alone), abs=1e-5)
    longest = max(len(each.ids) for each in alone)
    cut = trained(
        share_history=True, max_length=longest - 1
    )  # the last response of the first has lost its oldest turns
    assert losses(cut) == pytest.approx(losses(trained(max_length=longest - 1)), abs=1e-5)
    assert len(cut) == 3


def test_the_command_trains_on_responses_after_an_instruction(talks: Path, tied_llama: Path, tmp_path: Path) -> None:
    command = ["train", "sft", talks, "--format", "duologue", "--view", "response", "--model", tied_llama]
    command += ["--max-steps", 2, "--instruction"]
    told = tmp_path / "told.txt"
    told.write_text("you book hotels.\n")
    for name, instruction in (("text", "you book hotels."), ("file", told)):
        assert duologue(*command, instruction, "--out", tmp_path / name) == 0
        record = record_of(tmp_path / name)
        assert (record["examples"], record["added_tokens"], record["instruction"]) == (16, 0, "you book hotels.")
    assert record["inputs"] == record_of(tmp_path / "text")["inputs"]
    assert duologue(*command, "be brief", "--loss", "all", "--out", tmp_path / "all") == 0
    assert record_of(tmp_path / "all")["examples"] == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--view", "response"], "name the format of dialogues with --format"),
        (["--format", "duologue", "--instruction", "be kind"], "add --view response"),
        (["--format", "duologue", "--view", "response", "--instruction", "nowhere.txt"], "there is no such file"),
        (["--share-history"], "only the response view shares a history; add --view response"),
        (["--format", "duologue", "--view", "response", "--share-history", "--loss", "all"], "leave loss out"),
        (["--from-scratch", "--lora.r", "4"], "from_scratch trains every weight"),
        (["--from-scratch", "--bits", "4"], "from_scratch trains every weight"),
        (["--optimizer", "adamw"], "no optimiser 'adamw'"),
        (["--bits", "4", "--optimizer", "paged_adamw_8bit"], "pages a GPU's memory, and there is none"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    arguments: list[str], message: str, talks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if torch.cuda.is_available() and "paged_adamw_8bit" in arguments:
        pytest.skip("there is a GPU")
    assert duologue("train", "sft", talks, "--out", tmp_path / "x", *arguments) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0


def test_from_scratch_forgets_the_weights_and_keeps_the_tokenizer(
    talks: Path, tied_llama: Path, tmp_path: Path
) -> None:
    command = ["train", "sft", talks, "--format", "duologue", "--view", "response", "--model", tied_llama]
    command += ["--from-scratch", "--max-steps", 1, "--learning-rate", 1e-12]
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert duologue(*command, "--seed", seed, "--out", tmp_path / name) == 0
    a, b, c = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    old = load_file(tied_llama / "model.safetensors")
    assert a.keys() == old.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)
    drawn = [name for name in a if "norm" not in name]
    assert drawn
    assert not any(torch.allclose(a[name], other[name], atol=1e-4) for name in drawn for other in (c, old))
    assert (tmp_path / "a" / "tokenizer.json").read_bytes() == (tied_llama / "tokenizer.json").read_bytes()
    record = record_of(tmp_path / "a")
    assert record["options"]["from_scratch"]
    assert record["options"]["lora"] is None
    assert record["adapters"] == []
    assert record["trainable"] == record["parameters"] == load_base(str(tied_llama)).model.num_parameters()


def test_from_scratch_learns(tied_llama: Path, tmp_path: Path) -> None:
    settings = SFTOptions(from_scratch=True, max_steps=20, learning_rate=5e-3, log_steps=2)
    train_sft(encode(), model=str(tied_llama), out=tmp_path / "s", options=settings)
    losses = [row["loss"] for row in read_metrics(tmp_path / "s" / "metrics.jsonl")]
    assert losses[-1] < losses[0] - 1


class TestEncoderDecoder:
    def test_the_encoder_reads_what_is_asked_and_the_decoder_writes_the_response(self, tied_llama: Path) -> None:
        tokenizer = load_base(str(tied_llama)).tokenizer
        for tokens in response_data(lambda: [talk(0)], SFTOptions())(tokenizer):
            (pair,) = sequence_pairs(tokens, tokenizer)
            assert pair.source + pair.target == tokens.ids
            assert pair.source == tokenizer(tokenizer.decode(pair.source))["input_ids"]
            assert tokenizer.decode(pair.target).endswith("<|end|>")

    def test_a_tokenizer_that_closes_texts_closes_the_encoders_too(self, tied_llama: Path) -> None:
        from tokenizers.processors import TemplateProcessing

        tokenizer = load_base(str(tied_llama)).tokenizer
        end = tokenizer.eos_token_id
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="$A <|end|>", special_tokens=[("<|end|>", end)]
        )
        (pair,) = sequence_pairs(Tokens([40, 41, 42], [False, False, True]), tokenizer)
        assert pair == ([40, 41, end], [42, end], "")

    def test_pads_carry_no_loss(self, t5: Path, tmp_path: Path) -> None:
        from duologue.training.examples import Rows
        from duologue.training.trainer import build_trainer

        rows = Rows({"input_ids": [[40] * 9, [41] * 3], "labels": [[50, 51, 1], [52, 53, 54, 55, 1]]}, [])
        base = load_base(str(t5))
        trainer = build_trainer(base, rows, None, [], tmp_path, options(1, batch_size=2), "fp32", name="t5")
        batch = next(iter(trainer.get_train_dataloader()))
        short = batch["labels"][(batch["labels"] == 50).any(dim=1)][0]
        assert short.tolist() == [50, 51, 1, -100, -100]
        assert sorted(batch["attention_mask"].sum(dim=1).tolist()) == [3, 9]

    @pytest.mark.parametrize("mode", ["scratch", "full", "lora"])
    def test_it_learns_and_the_folder_answers(self, mode: str, t5: Path, tmp_path: Path) -> None:
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        settings: dict[str, Any] = {"max_steps": 40, "learning_rate": 5e-3, "log_steps": 2, "batch_size": 10}
        mine = {"scratch": {"from_scratch": True}, "full": {"lora": None}, "lora": {"lora": LoRA(r=8)}}[mode]
        if mode == "lora":
            settings["learning_rate"] = 2e-2
        out = tmp_path / mode
        train_sft(
            encode(20, longest=2), model=str(t5), out=out, options=SFTOptions(**settings, **mine), validation=encode(5)
        )
        losses = [row["loss"] for row in read_metrics(out / "metrics.jsonl") if "loss" in row]
        assert losses[-1] < losses[0] - 0.5
        model = AutoModelForSeq2SeqLM.from_pretrained(out)
        tokenizer = AutoTokenizer.from_pretrained(out)
        reported = record_of(out)["eval_loss"]
        total, count = 0.0, 0
        for example in encode(5)(tokenizer):
            (pair,) = sequence_pairs(example, tokenizer)
            with torch.no_grad():
                loss = model(input_ids=torch.tensor([pair.source]), labels=torch.tensor([pair.target])).loss
            total, count = total + float(loss) * len(pair.target), count + len(pair.target)
        assert total / count == pytest.approx(reported, rel=2e-3)
        ids = torch.tensor([pair.source])
        answer = model.generate(input_ids=ids, max_new_tokens=12, do_sample=False)
        assert tokenizer.decode(answer[0], skip_special_tokens=True)
        if mode == "lora":
            with torch.no_grad():
                tuned = load_adapter(out).model(input_ids=ids, labels=ids).logits
                assert torch.allclose(tuned, model(input_ids=ids, labels=ids).logits, atol=1e-5)

    def test_new_tokens_are_trained_on_both_sides(self, t5: Path, tmp_path: Path) -> None:
        tokens = ["<|context|>", "<|endofcontext|>", "<|belief|>", "<|endofbelief|>"]
        train_sft(
            encode(10, longest=2),
            model=str(t5),
            out=tmp_path / "n",
            options=options(4, learning_rate=0.05),
            special_tokens=tokens,
        )
        tuned = load_adapter(tmp_path / "n")
        size = load_base(str(t5)).model.shared.weight.shape[0]
        model = tuned.model.merge_and_unload()
        assert len(tuned.tokenizer) == size + 4
        new = model.shared.weight[size:]
        assert not torch.allclose(new[0], new[2], atol=1e-4)
        assert torch.equal(new, model.encoder.embed_tokens.weight[size:])
        assert torch.equal(new, model.lm_head.weight[size:])

    def test_every_answer_of_a_chat_is_an_example(self, tied_llama: Path) -> None:
        tokenizer = load_base(str(tied_llama)).tokenizer
        chat = Tokens([40, 41, 42, 43, 44, 45], [False, True, True, False, False, True], "row 1")
        end = tokenizer.eos_token_id
        assert list(sequence_pairs(chat, tokenizer)) == [
            ([40], [41, 42, end], "row 1"),
            ([40, 41, 42, 43, 44], [45, end], "row 1"),
        ]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"loss": "all"}, "learns responses only"),
            ({"packing": True}, "cannot share a row"),
            ({"share_history": True}, "reads each history for its one response"),
        ],
    )
    def test_what_only_causal_models_can_is_refused(
        self, change: dict[str, Any], message: str, t5: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(InputError, match=message):
            train_sft(encode(5), model=str(t5), out=tmp_path / "x", options=options(1, **change))

    def test_a_small_t5_is_made_by_seed_in_an_empty_folder(self, t5: Path, tied_llama: Path, tmp_path: Path) -> None:
        same = small_t5(tmp_path / "t", tokenizer=str(tied_llama), seed=3, width=32, layers=2, heads=4)
        assert (same / "model.safetensors").read_bytes() == (t5 / "model.safetensors").read_bytes()
        with pytest.raises(InputError, match="not empty"):
            small_t5(same, tokenizer=str(tied_llama))
        with pytest.raises(InputError, match="no multiple of 5 heads"):
            small_t5(tmp_path / "u", tokenizer=str(tied_llama), heads=5)


def test_gemma_2_gets_its_instruction_with_the_first_question(talks: Path, tmp_path: Path) -> None:
    folder = make_random("gemma2", tmp_path / "gemma", template=ALTERNATING, special=SPECIAL)
    command = ["train", "sft", talks, "--format", "duologue", "--view", "response", "--model", folder]
    command += ["--instruction", "you book hotels.", "--max-steps", 1, "--lora.targets", "attention"]
    assert duologue(*command, "--out", tmp_path / "out") == 0
    assert record_of(tmp_path / "out")["adapters"] == ["model.layers.*.self_attn.{q,k,v,o}_proj"]
    tokenizer = load_base(str(folder)).tokenizer
    first, *_ = response_data(lambda: [talk(0)], SFTOptions(), instruction="you book hotels.")(tokenizer)
    assert tokenizer.decode(first.ids).startswith(
        "<|im_start|>user\nyou book hotels.\n\na hotel in the north<|im_end|>"
    )


def test_four_bits_are_nf4_quantised_twice_and_train(tied_llama: Path, t5: Path, tmp_path: Path) -> None:
    layer = load_base(str(tied_llama), bits=4).model.model.layers[0].mlp.up_proj
    assert layer.weight.quant_state.quant_type == "nf4"
    assert layer.weight.quant_state.nested
    for name, model in (("llama", tied_llama), ("t5", t5)):
        out = tmp_path / name
        settings = options(12, bits=4, learning_rate=2e-2, gradient_checkpointing=name == "t5")
        train_sft(encode(20, longest=2), model=str(model), out=out, options=settings)
        losses = [row["loss"] for row in read_metrics(out / "metrics.jsonl")]
        assert losses[-1] < losses[0]
        weights = load_base(str(model)).model.num_parameters()
        assert record_of(out)["parameters"] == weights + record_of(out)["trainable"]
