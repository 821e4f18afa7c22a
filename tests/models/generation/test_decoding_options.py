from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from duologue.errors import InputError, explain
from duologue.models import ModelFailure, Request, request_key, wire
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Decoding, Message


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"temperature": 0.7}, "temperature does nothing without do_sample"),
        ({"typical_p": 0.7}, "typical_p does nothing without do_sample"),
        ({"top_k": 5}, "top_k does nothing without do_sample or penalty_alpha"),
        ({"length_penalty": 2.0}, "length_penalty does nothing without num_beams of 2 or more"),
        ({"num_beams": 1, "early_stopping": True}, "early_stopping does nothing without num_beams of 2 or more"),
        ({"num_beams": 4, "diversity_penalty": 0.5}, "diversity_penalty does nothing without num_beam_groups"),
        ({"num_beams": 4, "num_beam_groups": 2}, "num_beam_groups needs a diversity_penalty"),
        ({"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 1.0}, "must be a multiple of num_beam_groups"),
        ({"num_beams": 2, "num_beam_groups": 2, "diversity_penalty": 1.0, "do_sample": True}, "no do_sample"),
        ({"penalty_alpha": 0.6}, "penalty_alpha needs a top_k of 2 or more"),
        ({"penalty_alpha": 0.6, "top_k": 4, "do_sample": True}, "penalty_alpha goes with no do_sample"),
        ({"penalty_alpha": 0.6, "top_k": 4, "num_beams": 2}, "penalty_alpha goes with no num_beams"),
        ({"min_new_tokens": 9, "max_new_tokens": 8}, "min_new_tokens 9 is more than max_new_tokens 8"),
        ({"top_p": 1.5, "do_sample": True}, "top_p: input should be less than or equal to 1, found 1.5"),
        ({"beams": 3}, "beams: extra inputs are not permitted"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as error:
        DecodingOptions(**options)
    assert told in explain(error.value)
    assert "\n" not in explain(error.value)


def test_options_become_a_request() -> None:
    greedy = Request("x", **DecodingOptions(max_new_tokens=9).request_fields())
    assert greedy == Request("x", max_tokens=9, temperature=0)
    sampled = Request("x", **DecodingOptions(do_sample=True, top_p=0.9, min_p=0.1).request_fields())
    assert (sampled.temperature, sampled.top_p, sampled.decoding) == (1.0, 0.9, Decoding(min_p=0.1))
    one_beam = Request("x", **DecodingOptions(num_beams=1, num_beam_groups=1).request_fields())
    assert one_beam.decoding is None


def test_decoding_is_part_of_the_key_and_keys_without_it_stay() -> None:
    asked = Request(
        (Message("user", "Hi"),), max_tokens=16, temperature=0.5, top_k=5, seed=7, stop=("x",), no_repeat_ngram=3
    )
    assert request_key("model", asked) == "d4148167f3000d03c29fc4c39784ed28"  # of a ledger before there was decoding
    keys = {
        request_key("model", Request("x", temperature=0, decoding=decoding))
        for decoding in (None, Decoding(), Decoding(num_beams=2), Decoding(num_beams=3), Decoding(min_p=0.1))
    }
    assert len(keys) == 4


def test_a_server_refuses_what_it_cannot_do() -> None:
    options = DecodingOptions(num_beams=4, repetition_penalty=1.2, no_repeat_ngram_size=3)
    assert options.in_process_only == ["num_beams", "repetition_penalty", "no_repeat_ngram_size"]
    assert DecodingOptions(do_sample=True, top_k=5, top_p=0.9, temperature=0.7).in_process_only == []
    with pytest.raises(ModelFailure, match="a server cannot decode with num_beams, repetition_penalty"):
        wire.encode(Request("x", decoding=Decoding(num_beams=4, repetition_penalty=1.2)), "name")


def test_impossible_values_of_a_request_are_refused() -> None:
    with pytest.raises(InputError, match="decoding, min_p: expected 0 to 1, found 2"):
        Decoding(min_p=2)
