from __future__ import annotations

import copy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sacremoses import MosesDetokenizer, MosesTokenizer

from duologue.evaluation.tod.moses import respaced
from duologue.evaluation.tod.responses import normalise_response, placeholder_domains
from duologue.evaluation.tod.times import canonical_time, minutes_after_midnight
from duologue.evaluation.tod.tokens import tokens
from duologue.evaluation.tod.values import normalise_state

MOSES = MosesTokenizer(lang="en"), MosesDetokenizer(lang="en")
PIECES = st.sampled_from([*"abA05 ..,,?!:;-'\"#$&", "NAME", "n't", "'s", " ", " ", ". ", "13:00", "...", " , ", "é"])


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=14).map("".join))
@example(",5 ,,6")
@example("5,300 , 5,a a,5 ,")
@example("i 've it . isn't it ? 'twas")
def test_respacing_is_moses(text: str) -> None:
    assert respaced(text) == MOSES[1].detokenize(MOSES[0].tokenize(text))


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ("The [restaurant_name] 's phone is [value_phone] .", "the NAME 's phone is PHONE."),
        ("there are [choice] hotel -s at [price range] -ly", "there are COUNT hotel at PRICE"),
        ("the [type]s [hotel_name]-s [area]es", "the TYPE NAME AREA"),
        ("[train_id] leaves 13:00 , costs [value_price]", "TRAINID leaves 13: 00, costs PRICE"),
        ("a [wonderful thing] , [hotel]", "a,"),
    ],
)
def test_responses(response: str, text: str) -> None:
    assert normalise_response(response).text == text


def test_a_response_says_what_it_mentions_and_what_is_unknown() -> None:
    found = normalise_response("[hotel_name] , [value_postcode] , [hotel] and [hotel] ")
    assert found.mentions == {"NAME", "POST"}
    assert found.unknown == ("hotel", "hotel")
    assert normalise_response("[train_trainid]").mentions == {"TRAINID"}


def test_domains_of_placeholders() -> None:
    assert placeholder_domains("[hotel_name] and [value_name], [train_id], [hotel_area], [name]") == ("hotel", "train")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("13:00", "13:00"),
        ("9:15", "09:15"),
        ("0915", "09:15"),
        ("9", "09:00"),
        ("17 : 15", "17:15"),
        ("after 9:15", "09:15"),
        ("1:15 pm", "13:15"),
        ("1:15 p.m.", "13:15"),
        ("5pm", "17:00"),
        ("10 a.m.", "10:00"),
        ("noon", "12:00"),
        ("one o'clock p.m.", "13:00"),
        ("12:30.", "12:30"),
        ("", "00:00"),
        ("whenever", "whenever"),
    ],
)
def test_times(text: str, time: str) -> None:
    assert canonical_time(text) == time


@given(st.text(max_size=8))
def test_every_text_has_minutes(text: str) -> None:
    assert minutes_after_midnight(canonical_time(text)) >= 0
    assert minutes_after_midnight("13:15") == 795
    assert minutes_after_midnight("soon") == 0


def test_a_state_is_normalised_and_left_alone() -> None:
    state = {
        "hotel": {"name": "Lime House", "Price Range": "cheap", "internet": "free", "type": "guest house"},
        "train": {"leaveAt": "9 am", "arriveBy": "afternoon", "destination": "Ely"},
        "restaurant": {"food": "Sea Food", "name": "cafe uno", "bookDay": "monday"},
    }
    before = copy.deepcopy(state)
    assert normalise_state(state) == {
        "hotel": {"name": "limehouse", "pricerange": "cheap", "internet": "yes", "type": "guesthouse"},
        "train": {"leave": "09:00", "arrive": "13:00", "destination": "ely"},
        "restaurant": {"food": "seafood", "name": "caffe uno", "bookday": "monday"},
    }
    assert state == before


def test_tokens_cut_punctuation_out_and_count_a_last_space() -> None:
    assert tokens("It's NAME , ok ?") == ["its", "name", "ok", ""]
    assert tokens("13: 00") == ["13", "00"]
