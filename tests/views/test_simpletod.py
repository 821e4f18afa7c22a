from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from duologue.corpora.multiwoz.slots import STATE_SLOTS
from duologue.dialogue import Act, Dialogue, Insertion, Span, Speaker, Turn
from duologue.measures.belief import compare_states
from duologue.views.belief import parse_belief, render_belief
from duologue.views.simpletod import (
    MarkerStyle,
    Variant,
    parse_completion,
    render_completion,
    simpletod_examples,
    simpletod_prompt,
    special_tokens,
)

LODGE = Dialogue(
    id="MUL9001",
    turns=[
        Turn("user", "A place to stay  up north?", state={"hotel": {"area": ["North", "n"]}}),
        Turn(
            "system",
            "Oak Lodge is there. Which day?",
            acts=[
                Act("hotel", "inform", "area", "north"),
                Act("hotel", "inform", "name", "Oak Lodge"),
                Act("booking", "request", "bookday"),
                Act("general", "reqmore"),
            ],
            spans=[Span("name", "Oak Lodge", 0, 9)],
        ),
        Turn(
            "user",
            "Monday, any price.",
            state={
                "taxi": {"leaveat": ["09:00"]},
                "hotel": {"pricerange": ["dontcare"], "bookday": ["monday"], "area": ["north"], "bookstay": ["3"]},
            },
            insertions=[Insertion("backstory", "My sister turns 30.", "after")],
        ),
        Turn(
            "system",
            "Done, it is XK12.",
            spans=[Span("ref", "XK12", 12, 16)],
            insertions=[Insertion("reaction", "Happy birthday to her!", "before")],
        ),
    ],
)


def lines(dialogue: Dialogue, variant: Variant) -> list[str]:
    return [each.prompt + each.completion for each in simpletod_examples(dialogue, variant)]


def test_the_published_layout_character_by_character() -> None:
    assert lines(LODGE, "simpletod") == [
        "<|context|> <|user|> A place to stay up north? <|endofcontext|> "
        "<|belief|> hotel area north <|endofbelief|> "
        "<|action|> hotel inform name, hotel inform area, booking request bookday, general reqmore <|endofaction|> "
        "<|response|> [name] is there. Which day? <|endofresponse|>",
        "<|context|> <|user|> A place to stay up north? <|system|> Oak Lodge is there. Which day? "
        "<|user|> Monday, any price. <|endofcontext|> "
        "<|belief|> hotel book day monday, hotel book stay 3, hotel area north, hotel pricerange dontcare, "
        "taxi leaveat 09:00 <|endofbelief|> <|action|> <|endofaction|> "
        "<|response|> Done, it is [ref]. <|endofresponse|>",
    ]
    assert [example.turn for example in simpletod_examples(LODGE)] == [1, 3]
    assert next(simpletod_examples(LODGE)).prompt.endswith("<|endofcontext|> ")


def test_interference_renders_backstory_in_the_context_and_reaction_in_the_response() -> None:
    first, second = lines(LODGE, "interference")
    assert first == lines(LODGE, "simpletod")[0]
    assert "<|user|> Monday, any price. My sister turns 30. <|endofcontext|> " in second
    assert second.endswith("<|response|> Happy birthday to her! Done, it is [ref]. <|endofresponse|>")


def test_an_empty_belief_keeps_both_markers() -> None:
    thanks = Dialogue(id="d", turns=[Turn("user", "Hello", state={}), Turn("system", "Hi!")])
    assert lines(thanks, "simpletod")[0].endswith(
        "<|endofcontext|> <|belief|> <|endofbelief|> <|action|> <|endofaction|> <|response|> Hi! <|endofresponse|>"
    )


def test_fusedchat_chitchat_has_a_response_only_and_loses_what_is_not_ascii() -> None:
    chat = Dialogue(
        id="MUL9001~chat",
        turns=[
            Turn("user", "My sister’s birthday!", labels={"fusedchat": ["prepended"]}),
            Turn("system", "How lovely ☺.", labels={"fusedchat": ["prepended"]}),
            Turn("user", "A place there, café nearby?", state={}, labels={"fusedchat": ["rewritten"]}),
            Turn("system", "Which day?", labels={"fusedchat": ["original"]}),
        ],
    )
    first, second = lines(chat, "fusedchat")
    assert first == (
        "<|context|> <|user|> My sisters birthday! <|endofcontext|> <|response|> How lovely . <|endofresponse|>"
    )
    assert second.startswith(
        "<|context|> <|user|> My sisters birthday! <|system|> How lovely . <|user|> A place there, café nearby?"
    )
    assert "<|belief|>" in second


def test_plain_markers_are_no_special_tokens_and_parse_back() -> None:
    for example in simpletod_examples(LODGE, "interference", markers="plain"):
        text = example.prompt + example.completion
        assert "<|" not in text
        assert "  " not in text
        assert not example.prompt.endswith(" ")
    output = parse_completion(example.completion, "plain")
    assert output.state is not None
    assert output.state["hotel"]["bookday"] == ["monday"]
    assert output.response == "Happy birthday to her! Done, it is [ref]."


def test_truncation_drops_whole_turns_from_the_oldest_and_keeps_the_newest() -> None:
    history: list[tuple[Speaker, str]] = [("user", "one two"), ("system", "three four"), ("user", "five six seven")]

    def count(text: str) -> int:
        return len(text.split())

    whole = simpletod_prompt(history)
    for limit in range(1, 20):
        prompt = simpletod_prompt(history, max_prompt_tokens=limit, count_tokens=count)
        turns = prompt.removeprefix("<|context|> ")
        assert whole.endswith(turns)
        assert turns.startswith(("<|user|>", "<|system|>"))
        assert "five six seven" in prompt
        assert count(prompt) <= limit or "three" not in prompt
    alone = simpletod_prompt(history[:1], max_prompt_tokens=1, count_tokens=count)
    assert "one two" in alone
    assert simpletod_prompt([], max_prompt_tokens=1, count_tokens=count) == "<|context|> <|endofcontext|> "
    assert "one two" in simpletod_prompt(history, max_prompt_tokens=count(whole), count_tokens=count)


def test_what_a_model_wrote_is_read_however_odd() -> None:
    raw = render_completion({"hotel": {"area": ["north"]}}, "hotel inform name", "[name] it is")
    assert parse_completion(raw.removesuffix("<|endofresponse|>")).response == "[name] it is"
    assert parse_completion("<|belief|> hotel area north").note == "no response"
    cut = parse_completion("<|belief|> hotel area north <|action|> hotel inform <|response|> Yes")
    assert (cut.state, cut.action, cut.response) == ({"hotel": {"area": ["north"]}}, "hotel inform", "Yes")
    assert parse_completion("").state is None
    odd = parse_completion("<|belief|> hotel, hotel wings 2, spa area north, hotel area <|endofbelief|> <|response|> x")
    assert odd.state == {}
    assert odd.note == "4 malformed belief items"


def test_a_value_may_hold_a_comma() -> None:
    parsed = parse_belief("hotel name smith, sons and co, restaurant food thai, chinese, taxi leaveat 9")
    assert parsed.malformed == 0
    assert parsed.state == {
        "hotel": {"name": ["smith, sons and co"]},
        "restaurant": {"food": ["thai, chinese"]},
        "taxi": {"leaveat": ["9"]},
    }


def test_special_tokens_are_ten_markers_and_26_placeholders() -> None:
    assert len(special_tokens()) == len(set(special_tokens())) == 36


DOMAINS = sorted(domain for domain, slots in STATE_SLOTS.items() if slots)
words = st.sampled_from(["north", "3", "oak", "o'neill's", "a", "dontcare", "09:15", "smith,", "lodge"])
values = st.lists(words, min_size=1, max_size=4).map(lambda each: " ".join(each).strip(","))
states = st.dictionaries(st.sampled_from(DOMAINS), st.just({})).flatmap(
    lambda domains: st.fixed_dictionaries(
        {
            domain: st.dictionaries(
                st.sampled_from(sorted(STATE_SLOTS[domain])), st.lists(values, min_size=1, max_size=3), min_size=1
            )
            for domain in domains
        }
    )
)


@given(states)
def test_a_rendered_belief_parses_to_its_first_values(state: dict[str, dict[str, list[str]]]) -> None:
    first = {domain: {slot: each[:1] for slot, each in slots.items()} for domain, slots in state.items()}
    assert parse_belief(render_belief(state)) == (first, 0)
    for markers in get_args(MarkerStyle):
        output = parse_completion(render_completion(state, "", "yes", markers), markers)
        assert (output.state, output.response, output.note) == (first, "yes", None)


def test_a_service_is_told_by_its_shape() -> None:
    state = {"Restaurants_2": {"city": ["San Jose"], "time": ["half past seven"]}, "hotel": {"area": ["north"]}}
    text = render_belief(state)
    assert text == "restaurants_2 city san jose, restaurants_2 time half past seven, hotel area north"
    assert parse_belief(text).malformed == 0
    assert compare_states(parse_belief(text).state, state).equal
    assert parse_belief("restaurants_2 city, hotel area north") == ({"hotel": {"area": ["north"]}}, 1)
