"""The pages of attention over HTTP: sums as numpy has them, hostile files, single heads as the model has them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
import torch
from attention_folder import HOSTILE, WORDS, drawn_map, write_attention
from command_line import duologue
from hypothesis import given
from hypothesis import strategies as st
from published_aggregation import full_tensors
from random_llama import make_random_llama
from starlette.testclient import TestClient
from studio_project import HOST, Page
from transformers import AutoModelForCausalLM

from duologue.dialogue import Dialogue, Turn, write
from duologue.evaluation.steering.attention_map import AttentionMap, read_map, write_map
from duologue.evaluation.steering.attention_tables import by_depth
from duologue.evaluation.steering.sra_row import ROWS, read_rows_of
from duologue.studio.app import make_app
from duologue.studio.attention.spans import Spans
from duologue.studio.studio import open_studio
from duologue.studio.web.guard import Guard

PROMPT, REPLY = 40, 12
MAP = drawn_map(prompt=PROMPT, reply=REPLY)
FILE = "maps/0.safetensors"


class Served(NamedTuple):
    app: Guard
    root: Path

    def ask(self, path: str, folder: str = "attention", file: str = FILE, **query: Any) -> Any:
        """What the page would be given; None where it is not JSON."""
        return self.response(path, folder=folder, file=file, **query).json()

    def response(self, path: str, **query: Any) -> Any:
        client = TestClient(self.app, base_url=HOST, raise_server_exceptions=True)
        return client.get(f"/attention/{path}", params=query, headers={"accept": "application/json"})


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    write_attention(tmp_path / "attention", [MAP])
    with open_studio(tmp_path) as studio:
        yield Served(make_app(studio), tmp_path)


def full(map: AttentionMap) -> Any:
    """[T, T], nothing in the rows of the prompt: the matrix that the page never holds."""
    length = len(map.ids)
    matrix = np.zeros((length, length))
    matrix[map.meta.prompt :] = map.rows
    return matrix


def shades(values: Any) -> list[int]:
    return np.round(100 * np.sqrt(values / values.max())).astype(int).tolist()


@pytest.mark.parametrize(("start", "end"), [(PROMPT, PROMPT + 1), (PROMPT + 3, PROMPT + 9), (PROMPT - 5, PROMPT + 4)])
def test_what_a_selection_attends_to_is_the_mean_of_its_rows(served: Served, start: int, end: int) -> None:
    found = served.ask("selection", start=start, end=end)
    expected = full(MAP)[max(start, PROMPT) : end].mean(axis=0)
    assert found["pieces"] == [[start, end]]
    assert np.abs(np.array(found["shades"]) - shades(expected)).max() <= 1
    assert [each["place"] for each in found["top"][:5]] == np.argsort(-expected)[:5].tolist()
    assert [each["value"] for each in found["top"][:5]] == pytest.approx(sorted(expected)[:-6:-1], rel=1e-3)
    assert found["by_name"]["history"] == pytest.approx(expected[[*range(10, 17), *range(25, PROMPT)]].sum(), rel=1e-3)


@pytest.mark.parametrize(("start", "end"), [(3, 6), (0, PROMPT), (PROMPT, PROMPT + REPLY)])
def test_who_attends_to_a_selection(served: Served, start: int, end: int) -> None:
    found = served.ask("selection", start=start, end=end, direction="attended")
    expected = full(MAP)[:, start:end].sum(axis=1)
    assert np.abs(np.array(found["shades"]) - shades(expected)).max() <= 1
    assert found["shades"][:PROMPT] == [0] * PROMPT
    paid = expected[PROMPT:].mean()
    assert found["paid"]["share"] == pytest.approx(paid, rel=1e-3)
    assert found["paid"]["each"] == pytest.approx(paid / (end - start), rel=1e-3)
    assert (found["paid"]["ratio"] is None) == (end > PROMPT)


def test_what_is_paid_to_a_part_is_its_sra(served: Served) -> None:
    (row,) = read_rows_of(served.root / "attention")
    for part in ("strategy_name", "instruction", "history"):
        paid = served.ask("selection", name=part, direction="attended")["paid"]
        assert paid["each"] == pytest.approx(row.sra["response_mean"][part], rel=2e-3)
        assert paid["ratio"] == pytest.approx(row.ratio["response_mean"][part], rel=2e-3)


def test_a_span_of_several_pieces_leaves_out_what_lies_between(served: Served) -> None:
    found = served.ask("selection", name="history", direction="attended")
    assert found["pieces"] == [[10, 17], [25, 40]]
    expected = full(MAP)[:, [*range(10, 17), *range(25, 40)]].sum(axis=1)
    assert np.abs(np.array(found["shades"]) - shades(expected)).max() <= 1


def test_a_prompts_own_tokens_have_no_rows(served: Served) -> None:
    found = served.ask("selection", start=0, end=PROMPT)
    assert found["top"] == []
    assert set(found["shades"]) == {0}


def test_sums_of_layers_heads_and_turns(served: Served) -> None:
    column = 1 + list(MAP.meta.parts).index("strategy_name")
    found = served.ask("part", name="strategy_name")
    sums = MAP.sums.astype(np.float64)
    assert np.allclose(found["heads"], sums[..., column].mean(axis=2), atol=1e-5)
    shares = sums[..., column].mean(axis=1) / sums[..., 0].mean(axis=1)
    assert np.allclose(found["layers"], shares.mean(axis=1), atol=1e-5)
    assert np.allclose(found["course"], shares.mean(axis=0), atol=1e-5)
    turns = served.ask("turns", layer=1)
    sizes = [sum(end - start for start, end in pieces) for pieces in MAP.meta.turns.values()]
    assert turns["names"] == list(MAP.meta.turns)
    assert MAP.turns is not None
    assert np.allclose(turns["values"], MAP.turns[1] / np.array(sizes)[:, None], atol=1e-5)
    assert np.allclose(served.ask("turns")["values"], MAP.turns.mean(0) / np.array(sizes)[:, None], atol=1e-5)


def test_the_course_over_depth_is_that_of_the_tables(served: Served) -> None:
    maps = [
        drawn_map(
            prompt=PROMPT, reply=REPLY, seed=seed, id=f"r{seed}", dialogue=f"talk-{seed % 2}~{layout}", layout=layout
        )
        for layout in ("standard", "c1_hf")
        for seed in range(4)
    ]
    folder = write_attention(served.root / "depths", maps, depths=[3, 3, 5, 5] * 2)
    found = served.response("course", folder="depths", part="strategy_name").json()
    assert list(found) == ["standard", "c1_hf"]
    own = [row for row in read_rows_of(folder) if row.layout == "c1_hf"]
    for point, (depth, figures) in zip(found["c1_hf"], by_depth(own, part="strategy_name").items(), strict=True):
        assert (point["depth"], point["replies"]) == (depth, 2)
        assert point["value"] == pytest.approx(figures.sra.value)
        assert figures.sra.interval is not None
        assert point["interval"] == pytest.approx([figures.sra.interval.low, figures.sra.interval.high])
    one = served.response("course", folder="depths", part="strategy_name", of="talk-1", what="ratio").json()
    rows = {row.id: row for row in own}
    assert [(each["depth"], each["replies"], each["interval"]) for each in one["c1_hf"]] == [(3, 1, None), (5, 1, None)]
    assert one["c1_hf"][0]["value"] == pytest.approx(rows["r1"].ratio["response_mean"]["strategy_name"])
    assert served.response("course", folder="depths", part="no such part").json() == {}


def test_maps_of_the_same_history_stand_beside_one_another(served: Served) -> None:
    def reply(**told: str) -> AttentionMap:
        return drawn_map(prompt=PROMPT, reply=REPLY, **told)

    beside = [
        reply(layout="standard"),
        reply(strategy="Clarification"),
        reply(layout="c1_hl", strategy="Clarification"),
    ]
    write_attention(served.root / "beside", beside)
    write_attention(served.root / "other", [reply(model="hf:/other"), reply(dialogue="another")])
    page = Page(served.app, f"/attention/view?map=attention|{FILE}").html
    linked = 'map=attention%7Cmaps%2F0.safetensors&amp;map={}%7Cmaps%2F{}.safetensors"'
    for name, folder, number in (("layouts", "beside", 0), ("strategies", "beside", 1), ("models", "other", 0)):
        assert f"{linked.format(folder, number)}>{name} of this reply" in page


def test_payloads_of_four_thousand_tokens_hold_no_matrix(served: Served) -> None:
    long = drawn_map(prompt=3600, reply=400, turns=60)
    write_attention(served.root / "long", [long])
    assert len(served.response("map", folder="long", file=FILE).content) < 300_000
    for query in ({"start": 3600, "end": 4000}, {"start": 0, "end": 3600, "direction": "attended"}, {"name": "turn:3"}):
        answer = served.response("selection", folder="long", file=FILE, **query)
        assert len(answer.json()["shades"]) == 4000
        assert len(answer.content) < 60_000


@pytest.mark.parametrize(
    "query",
    [
        {"start": 5, "end": 5},
        {"start": 7, "end": 3},
        {"start": 0, "end": PROMPT + REPLY + 1},
        {},
        {"name": "no such part"},
        {"start": 1, "end": 2, "layer": 9, "head": 0},
    ],
)
def test_bad_selections_are_told_in_one_line(served: Served, query: dict[str, Any]) -> None:
    answer = served.response("selection", folder="attention", file=FILE, **query)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("..", "etc/passwd"),
        ("attention", "../../outside.safetensors"),
        ("/etc", "passwd"),
        ("attention", "/etc/passwd"),
        ("attention", "linked.safetensors"),
        (".studio", "secret"),
        ("attention", "\0"),
        ("attention", "maps"),
        ("nowhere", FILE),
    ],
)
def test_paths_stay_in_the_folder(served: Served, folder: str, file: str) -> None:
    outside = served.root.parent / "outside.safetensors"
    write_map(outside, MAP)
    (served.root / "attention/linked.safetensors").symlink_to(outside)
    for path in ("map", "selection", "part", "turns"):
        answer = served.response(path, folder=folder, file=file, start=1, end=2, name="history")
        assert answer.status_code == 422, path
        assert "root:" not in answer.text
    assert served.response("course", folder=folder, part="history").status_code in (200, 422)


def test_rows_that_are_linked_from_outside_are_not_read(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("outside") / ROWS
    shutil.copy(served.root / "attention" / ROWS, secret)
    (served.root / "linked").mkdir()
    (served.root / "linked" / ROWS).symlink_to(secret)
    assert (
        "outside of the studio's folder" in served.response("course", folder="linked", part="history").json()["error"]
    )


def changed(map: AttentionMap, **fields: Any) -> AttentionMap:
    """A map with other fields of its meta."""
    return map._replace(meta=msgspec.structs.replace(map.meta, **fields))


NAN = MAP.rows.copy()
NAN[3, 4] = np.nan
BEYOND = MAP.offsets.copy()
BEYOND[7, 1] = 10**6


@pytest.mark.parametrize(
    ("map", "told"),
    [
        (MAP._replace(rows=MAP.rows[:-1]), "rows of [11, 52], expected [12, 52]"),
        (MAP._replace(rows=NAN), "rows that are no numbers"),
        (MAP._replace(sums=MAP.sums[..., :-1]), "sums of"),
        (MAP._replace(sums=MAP.sums[0]), "sums of"),
        (MAP._replace(turns=MAP.sums[:, 0, :3, :3]), "turns of"),
        (MAP._replace(offsets=BEYOND), "offsets beyond its text"),
        (MAP._replace(ids=MAP.ids[:-1]), "offsets of"),
        (changed(MAP, text="short"), "offsets beyond its text"),
        (changed(MAP, prompt=0), "52 tokens, 0 the prompt's"),
        (changed(MAP, parts={"x": [(3, 9)]}), "sums of"),
        (changed(MAP, turns={name: [(9, 53)] for name in MAP.meta.turns}), "parts beyond its 52 tokens"),
        (changed(MAP, turns={name: [(9, 3)] for name in MAP.meta.turns}), "parts beyond its 52 tokens"),
    ],
)
def test_a_damaged_map_gives_one_line(served: Served, map: AttentionMap, told: str) -> None:
    write_map(served.root / "attention" / FILE, map)
    answer = served.response("map", folder="attention", file=FILE)
    assert answer.status_code == 422
    assert told in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x80\x04cos\nsystem\n", b'\x10\0\0\0\0\0\0\0{"a":1}         '])
def test_what_is_no_map_gives_one_line(served: Served, content: bytes) -> None:
    (served.root / "attention" / FILE).write_bytes(content)
    answer = served.response("map", folder="attention", file=FILE)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_header_whose_length_looks_like_a_pickle_is_none(served: Served, protocol: int) -> None:
    path = served.root / "attention" / FILE
    length = int.from_bytes(path.read_bytes()[:8], "little")
    longer = 0x80 + 0x100 * protocol - length % 0x10000
    write_map(path, changed(MAP, dialogue=MAP.meta.dialogue + "x" * (longer % 0x10000)))
    assert path.read_bytes()[:2] == bytes([0x80, protocol])
    assert served.ask("map")["prompt"] == PROMPT


def test_hostile_texts_are_escaped_and_kept(served: Served) -> None:
    map = drawn_map(
        prompt=PROMPT,
        reply=REPLY,
        words=[HOSTILE, *WORDS],
        id=HOSTILE,
        layout=HOSTILE,
        strategy=HOSTILE,
        model=HOSTILE,
        dialogue=HOSTILE,
    )
    write_attention(served.root / HOSTILE.replace("/", "_"), [map])
    folder = HOSTILE.replace("/", "_")
    client = TestClient(served.app, base_url=HOST)
    for path, query in (("", {"folder": folder}), ("/view", {"map": f"{folder}|{FILE}"})):
        page = client.get(f"/attention{path}", params=query)
        assert page.status_code == 200
        assert "<script>document" not in page.text
        assert "<img" not in page.text
    assert "&lt;script&gt;document" in client.get("/attention", params={"folder": folder}).text
    found = served.ask("map", folder=folder)
    assert found["tokens"][0] == HOSTILE
    assert found["about"] == [HOSTILE] * 3
    assert client.get("/attention", params={"folder": folder, "layout": HOSTILE}).status_code == 200


@pytest.mark.parametrize("count", [0, 5])
def test_the_wrong_number_of_maps_is_told(served: Served, count: int) -> None:
    answer = TestClient(served.app, base_url=HOST).get("/attention/view", params={"map": [f"attention|{FILE}"] * count})
    assert answer.status_code == 422
    assert "choose one to 4" in answer.text


def test_broken_rows_are_told_in_one_line(served: Served) -> None:
    (served.root / "broken").mkdir()
    (served.root / "broken" / ROWS).write_text('{"id": 3}\n')
    (served.root / "empty").mkdir()
    (served.root / "empty" / ROWS).write_text("")
    client = TestClient(served.app, base_url=HOST)
    for folder, told in (("broken", "line 1"), ("empty", "no attention map")):
        answer = client.get("/attention", params={"folder": folder})
        assert answer.status_code == 422
        assert told in answer.text
    assert client.get("/attention/view", params={"map": f"attention|{FILE}"}).status_code == 200


def test_a_map_that_is_gone_is_told(served: Served) -> None:
    answer = TestClient(served.app, base_url=HOST).get(
        "/attention/view", params={"map": "attention|maps/gone.safetensors"}
    )
    assert answer.status_code == 422
    assert "no such map" in answer.text
    (served.root / "attention" / FILE).unlink()
    assert "no such file" in served.ask("map")["error"]


def test_the_list_is_filtered_and_has_pages(served: Served) -> None:
    maps = [
        drawn_map(prompt=PROMPT, reply=2, id=f"r{number}", layout="standard" if number % 3 else "c1_hf")
        for number in range(75)
    ]
    write_attention(served.root / "many", maps)
    first = Page(served.app, "/attention?folder=many").html
    assert first.count('type="checkbox"') == 50
    assert 'href="/attention?folder=many&amp;first=50"' in first
    assert Page(served.app, "/attention?folder=many&first=50").html.count('type="checkbox"') == 25
    filtered = Page(served.app, "/attention?folder=many&layout=c1_hf").html
    assert filtered.count('type="checkbox"') == 25
    assert "25 of 75" in filtered
    assert "many" in Page(served.app, "/attention").html


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted), min_size=1),
    st.text(min_size=12, max_size=12),
)
def test_tokens_show_the_text_once(offsets: list[list[int]], text: str) -> None:
    """Also where tokens share a character, or leave one out."""
    texts = Spans(changed(MAP, text=text)._replace(offsets=np.array(offsets))).texts
    assert "".join(texts) == text[: max(end for _, end in offsets)]


class Measured(NamedTuple):
    """A folder that `duologue attend` made with a model that is at hand."""

    root: Path
    model: Path
    row: Any
    map: AttentionMap


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    root = tmp_path_factory.mktemp("measured")
    model = make_random_llama(root / "model")
    said = ["i need a cheap hotel", "in the north?", "yes, with parking for five", "the train leaves at noon"]
    turns = [Turn("system" if number % 2 else "user", text) for number, text in enumerate(said)]
    write(root / "talk.jsonl", [Dialogue("talk", turns, instruction="be short")])
    assert duologue("attend", root / "talk.jsonl", "--model", f"hf:{model}", "--out", root / "attention") == 0
    (row,) = read_rows_of(root / "attention")
    (root / "adapter").mkdir()
    (root / "adapter/adapter_config.json").write_text('{"base_model_name_or_path": "some/base"}')
    shutil.copy(model / "model.safetensors", root / "adapter/adapter_model.safetensors")
    return Measured(root, model, row, read_map(root / "attention" / row.file))


@pytest.fixture
def at_hand(measured: Measured) -> Iterator[Served]:
    with open_studio(measured.root) as studio:
        yield Served(make_app(studio), measured.root)


def test_a_single_head_is_that_of_the_model(measured: Measured, at_hand: Served) -> None:
    assert at_hand.ask("map", file=measured.row.file)["why_not"] == ""
    model = AutoModelForCausalLM.from_pretrained(measured.model, attn_implementation="eager").eval()
    layers = full_tensors(model, measured.map.ids.tolist())
    prompt, length = measured.map.meta.prompt, len(measured.map.ids)
    for layer, head in ((0, 0), (1, 3)):
        rows = layers[layer][head, prompt - 1 : length - 1].numpy().copy()
        sunk = rows[:, 0].mean()
        rows[:, 0] = 0
        rows /= rows.sum(axis=1, keepdims=True)
        found = at_hand.ask("selection", file=measured.row.file, name="reply", layer=layer, head=head)
        expected = rows.mean(axis=0)
        assert found["sunk"] == pytest.approx(sunk, rel=1e-4)
        assert np.abs(np.array(found["shades"]) - shades(expected)).max() <= 1
        assert found["top"][0]["value"] == pytest.approx(expected.max(), rel=1e-4)
    whole = at_hand.ask("selection", file=measured.row.file, name="reply")
    assert whole["sunk"] is None
    assert whole["shades"] != found["shades"]


def test_a_model_is_read_once_and_heads_are_kept(
    measured: Measured, at_hand: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = at_hand.ask("selection", file=measured.row.file, name="reply", layer=1, head=2)
    monkeypatch.setattr(torch.nn.Module, "__call__", lambda *_, **__: pytest.fail("the model was run again"))
    assert at_hand.ask("selection", file=measured.row.file, name="reply", layer=1, head=2) == before


def test_another_model_in_its_place_is_noticed(measured: Measured, tmp_path: Path) -> None:
    folder = shutil.copytree(measured.root / "attention", tmp_path / "attention")
    model = make_random_llama(tmp_path / "model", seed=1)
    map = measured.map
    write_map(folder / measured.row.file, changed(map, model=f"hf:{model}"))
    with open_studio(tmp_path) as studio:
        answer = Served(make_app(studio), tmp_path).ask(
            "selection", file=measured.row.file, name="reply", layer=0, head=0
        )
    assert "no longer the model of this map" in answer["error"]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("hf:/nowhere/at/all", "there is no /nowhere/at/all on this machine"),
        ("hf:some/name", "there is no some/name on this machine"),
        ("hf:", "no model that can be looked into"),
        ("openai:gpt", "no model that can be looked into"),
        ("hf:{root}/attention", "holds no safetensors"),
        ("hf:{root}/model+/nowhere", "there is no /nowhere on this machine"),
        ("hf:{root}/adapter", "there is no some/base on this machine"),
        ("hf:\0", "there is no \0 on this machine"),
    ],
)
def test_a_model_that_is_not_at_hand_has_a_reason(measured: Measured, tmp_path: Path, spec: str, reason: str) -> None:
    folder = shutil.copytree(measured.root / "attention", tmp_path / "attention")
    (tmp_path / "attention/config.json").write_text("{}")
    map = measured.map
    write_map(folder / measured.row.file, changed(map, model=spec.format(root=measured.root)))
    with open_studio(tmp_path) as studio:
        served = Served(make_app(studio), tmp_path)
        assert reason in served.ask("map", file=measured.row.file)["why_not"]
        answer = served.ask("selection", file=measured.row.file, name="reply", layer=0, head=0)
    assert reason in answer["error"]


def test_the_embedded_model_is_at_hand(served: Served) -> None:
    write_attention(served.root / "tiny", [drawn_map(prompt=PROMPT, reply=REPLY, model="tiny")])
    assert served.ask("map", folder="tiny")["why_not"] == ""
    refused = served.ask("selection", folder="tiny", name="reply", layer=0, head=0)
    assert "no longer the model of this map" in refused["error"]


def test_json_has_no_nan(served: Served) -> None:
    """A head that gives all to the first token has nothing to show, and says so."""
    rows = np.zeros((REPLY, PROMPT + REPLY), dtype=np.float32)
    rows[:, 0] = 1
    spans = Spans(MAP, rows)
    assert spans.sunk == 1
    assert not spans.attends(spans.named("reply")).any()
    assert json.loads(json.dumps(spans.paid(spans.named("history"))._asdict(), allow_nan=False))["share"] == 0
