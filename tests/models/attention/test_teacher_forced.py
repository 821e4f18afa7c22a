"""A reply's attention from one pass: equal to full tensors and to cached generation, for families that differ."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from attention_families import FAMILIES, OWN_ATTENTION, WORDS, family, some_ids
from published_aggregation import full_tensors, generated, rows_of
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AttentionMaskInterface, T5Config, T5ForConditionalGeneration

from duologue.errors import InputError
from duologue.models.attention import Watched
from duologue.models.attention.interface import LayerCall, attention
from duologue.models.attention.layer_states import LayerStates
from duologue.models.attention.softmax_rows import Weighing
from duologue.models.attention.teacher_forced import head_rows, reply_attention
from duologue.models.attention.watched import sinks_in

PROMPT, LENGTH = 23, 36
PARTS = {"name": [(5, 8)], "history": [(9, 12), (14, 20)], "nothing": []}
TURNS = {"instruction": [(3, 9)], "turn:0": [(9, 14)], "turn:1": [(16, 20)], "reply": [(PROMPT, LENGTH)]}


def watched(length: int = LENGTH, prompt: int = PROMPT, *, turns: bool = False, bos: int = 1, seed: int = 0) -> Watched:
    ids = some_ids(length, seed=seed, bos=bos)
    return Watched(ids, prompt, PARTS, TURNS if turns else {}, sinks_in(ids, 1))


@pytest.mark.parametrize("name", FAMILIES)
def test_streamed_rows_are_those_of_full_tensors(name: str) -> None:
    asked = watched()
    (found,) = reply_attention(family(name), [asked])
    layers = full_tensors(family(name, eager=True), asked.ids)
    torch.testing.assert_close(found.rows, rows_of(layers, PROMPT), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.rows.sum(1), torch.ones(LENGTH - PROMPT))
    assert not found.rows[:, 0].any()
    rows = torch.stack(layers)[:, :, PROMPT - 1 : LENGTH - 1]
    torch.testing.assert_close(found.sums[..., 0], rows[..., 1:].sum(-1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.sums[..., 1], rows[..., 5:8].sum(-1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        found.sums[..., 2], rows[..., [*range(9, 12), *range(14, 20)]].sum(-1), atol=1e-5, rtol=1e-4
    )
    assert not found.sums[..., 3].any()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_second_pass_sees_what_cached_generation_saw(name: str) -> None:
    prompt = some_ids(PROMPT)
    reply, rows = generated(family(name, eager=True), prompt, 12)
    (found,) = reply_attention(family(name), [Watched([*prompt, *reply], PROMPT)])
    torch.testing.assert_close(found.rows, rows, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("left", [False, True])
def test_batches_and_padding_change_nothing(name: str, left: bool) -> None:
    model = family(name)
    several = [watched(turns=True), watched(50, 40, turns=True, seed=1), watched(25, 24, turns=True, seed=2)]
    together = reply_attention(model, several, left=left)
    for asked, found in zip(several, together, strict=True):
        (alone,) = reply_attention(model, [asked])
        torch.testing.assert_close(found.rows, alone.rows, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found.sums, alone.sums, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found.turns, alone.turns, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["llama", "gpt2", "gemma2"])
def test_a_padded_row_that_meets_no_mask_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the attention function is registered: transformers then gives it no mask."""
    monkeypatch.setattr(AttentionMaskInterface, "register", lambda *_: None)
    monkeypatch.setattr(
        AttentionMaskInterface,
        "_global_mapping",
        {kept: each for kept, each in AttentionMaskInterface._global_mapping.items() if "duologue" not in kept},
    )
    with pytest.raises(RuntimeError, match="padded on the left met no mask in layer 0"):
        reply_attention(family(name), [watched(), watched(30)], left=True)


@pytest.mark.parametrize("bos", [1, 2])
def test_uniform_attention_gives_the_closed_form(bos: int) -> None:
    model = family("llama")
    for layer in model.model.layers:
        torch.nn.init.zeros_(layer.self_attn.q_proj.weight)
    asked = watched(bos=bos)
    assert asked.sinks == bos
    (found,) = reply_attention(model, [asked])
    keys = PROMPT + torch.arange(LENGTH - PROMPT)
    for token, seen in enumerate(keys.tolist()):
        expected = torch.zeros(LENGTH)
        expected[bos:seen] = 1 / (seen - bos)
        torch.testing.assert_close(found.rows[token], expected)
    share = found.sums[..., 1] / found.sums[..., 0] / 3
    torch.testing.assert_close(share.mean((0, 1)), 1 / (keys - bos).float())


def test_sums_from_turn_to_turn() -> None:
    asked = watched(turns=True)
    (found,) = reply_attention(family("llama"), [asked])
    layers = full_tensors(family("llama", eager=True), asked.ids)
    for number, layer in enumerate(layers):
        mean = layer.mean(0).clone()
        mean[:, 0] = 0
        mean = mean / mean.sum(1, keepdim=True)
        for row, ((first, last),) in enumerate(TURNS.values()):
            for column, ((start, end),) in enumerate(TURNS.values()):
                expected = mean[first - 1 : last - 1, start:end].sum()
                torch.testing.assert_close(found.turns[number, row, column], expected, atol=1e-5, rtol=1e-4)
    reply = found.turns.mean(0)[-1, 1] / 5 / (LENGTH - PROMPT)
    torch.testing.assert_close(reply, found.rows[:, 9:14].mean())


def test_rows_of_some_layers() -> None:
    asked = watched()
    layers = full_tensors(family("llama", eager=True), asked.ids)
    (found,) = reply_attention(family("llama"), [asked], layers=(0, 2))
    torch.testing.assert_close(found.rows, rows_of([layers[0], layers[2]], PROMPT), atol=1e-5, rtol=1e-4)
    with pytest.raises(InputError, match="layers \\[3\\] of 3"):
        reply_attention(family("llama"), [asked], layers=(3,))


@pytest.mark.parametrize("before", ["sdpa", "eager"])
def test_the_model_is_left_as_it_was(before: str) -> None:
    model = family("llama", eager=before == "eager")
    reply_attention(model, [watched()])
    assert model.config._attn_implementation == before
    falcon = family("falcon")
    reply_attention(falcon, [watched()])
    assert falcon.config._attn_implementation == "sdpa"


def test_half_precision_stays_near() -> None:
    asked = watched()
    (found,) = reply_attention(family("llama").bfloat16(), [asked])
    assert found.rows.dtype == torch.float32
    torch.testing.assert_close(found.rows.sum(1), torch.ones(LENGTH - PROMPT))
    (double,) = reply_attention(family("llama").double(), [asked])
    assert double.rows.dtype == torch.float64


class _Largest(TorchDispatchMode):
    """The most entries of any tensor that an operation gives."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        for each in out if isinstance(out, tuple | list) else [out]:
            if isinstance(each, torch.Tensor):
                self.entries = max(self.entries, each.numel())
        return out


@pytest.mark.parametrize("name", ["llama", "gemma2"])
@pytest.mark.parametrize("turns", [False, True])
def test_no_tensor_is_as_large_as_the_context_squared(name: str, turns: bool) -> None:
    length = 3000
    model = family(name)
    model.config.sliding_window = length + 1  # a window that is used needs a mask of [T, T]
    with _Largest() as seen:
        reply_attention(model, [Watched(some_ids(length), length - 20, PARTS, TURNS if turns else {})])
    assert seen.entries <= 1 << 21  # a block of rows, of four heads


def test_the_head_is_never_called() -> None:
    model = family("llama")
    model.lm_head.register_forward_pre_hook(lambda *_: pytest.fail("the head was called"))
    reply_attention(model, [watched()])


def test_encoder_decoders_are_refused_in_one_line() -> None:
    sizes = {"d_model": 16, "d_ff": 16, "d_kv": 8, "num_layers": 1, "num_heads": 2, "vocab_size": WORDS}
    with pytest.raises(InputError, match="encoder-decoder"):
        reply_attention(T5ForConditionalGeneration(T5Config(**sizes)), [watched()])


def test_what_is_added_to_scores_is_refused() -> None:
    states = torch.randn(1, 2, 4, 8)
    with pytest.raises(InputError, match="adds a position_bias"):
        attention(torch.nn.Identity(), states, states, states, None, position_bias=torch.zeros(1, 2, 4, 4))


def test_weights_that_do_not_explain_the_output_are_refused() -> None:
    states = torch.randn(1, 2, 4, 8)
    output, _ = attention(torch.nn.Identity(), states, states, states, None)
    call = LayerCall(0, LayerStates(states, states, states, None, Weighing(8**-0.5), True), output)
    weights = call.states.weights(0, 3, 4)
    call.must_agree(0, 3, weights)
    with pytest.raises(InputError, match="layer 0 of this model computes more than softmax attention"):
        call._replace(output=output + 0.1).must_agree(0, 3, weights)


def test_adapters_are_looked_through() -> None:
    peft = pytest.importorskip("peft")
    model = family("llama")
    asked = watched()
    (plain,) = reply_attention(model, [asked])
    adapted = peft.get_peft_model(model, peft.LoraConfig(target_modules=["q_proj"], init_lora_weights=False)).eval()
    (found,) = reply_attention(adapted, [asked])
    assert (found.rows - plain.rows).abs().max() > 1e-4
    prompted = peft.get_peft_model(
        family("llama"), peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)
    ).eval()
    with pytest.raises(InputError, match="virtual tokens"):
        reply_attention(prompted, [asked])


def test_which_families_have_attention_of_their_own() -> None:
    """A change of transformers that moves a family to the other path is seen here."""
    own = {name for name in FAMILIES if not family(name)._can_set_attn_implementation()}
    assert own == set(OWN_ATTENTION)


@pytest.mark.parametrize(("ids", "sinks"), [([1, 5, 1], 1), ([1, 1, 5], 2), ([7, 1, 1], 1), ([1, 1], 2), ([4], 1)])
def test_how_many_sinks(ids: list[int], sinks: int) -> None:
    assert sinks_in(ids, 1) == sinks
    assert sinks_in(ids, None) == 1


@pytest.mark.parametrize("name", FAMILIES)
def test_a_single_head_is_that_of_full_tensors(name: str) -> None:
    asked = watched()
    layers = full_tensors(family(name, eager=True), asked.ids)
    for layer, head in ((0, 0), (2, 3)):
        found = head_rows(family(name), asked, layer, head)
        expected = layers[layer][head, PROMPT - 1 : LENGTH - 1]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_all_single_heads_together_are_the_rows() -> None:
    asked, model = watched(), family("llama")
    (found,) = reply_attention(model, [asked])
    rows = []
    for layer in range(3):
        mean = torch.stack([head_rows(model, asked, layer, head) for head in range(4)]).mean(0)
        mean[:, 0] = 0
        rows.append(mean / mean.sum(1, keepdim=True))
    torch.testing.assert_close(torch.stack(rows).mean(0), found.rows)


def test_a_head_that_is_not_there_is_told() -> None:
    for layer, head in ((3, 0), (0, 4)):
        with pytest.raises(InputError, match=f"no head {head} in layer {layer}"):
            head_rows(family("llama"), watched(), layer, head)


def test_a_single_head_holds_no_tensor_of_all() -> None:
    length = 3000
    with _Largest() as seen:
        head_rows(family("llama"), Watched(some_ids(length), length - 500), 1, 1)
    assert seen.entries <= 1 << 21  # a block of rows, and [R, T] of the head
