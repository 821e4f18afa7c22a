"""The pages of runs, over folders that the library writes: what lies there, curves, dialogues, rows, hostile texts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from continued import STRATEGIES
from run_pages import cards, client_of, lines_of, links, shown
from small_run import REPLIES, write_small_run
from starlette.testclient import TestClient

from duologue.dialogue import Branch, Dialogue, Grounding, Insertion, Turn, read, write, write_rows
from duologue.experiments.run_folder import REPORT
from duologue.files import write_text


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("studio")
    write_small_run(root)
    return root


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    with client_of(root) as client:
        yield client


def test_everything_that_lies_there_is_listed_and_can_be_opened(client: TestClient) -> None:
    listed = client.get("/runs").text
    for path in ("runs/first", "grown/dialogues.jsonl"):
        assert f">{path}</a>" in listed
    assert "stages" not in listed  # that stands on the run's own page
    assert "ledger" not in listed
    assert ".studio" not in listed
    followed = links(listed)
    assert len(followed) == 2
    for link in (*followed, *links(shown(client, "run", path="runs/first"))):
        assert client.get(link).status_code == 200, link


def test_a_run_shows_its_stages_recipe_and_what_lies_below_it(client: TestClient, root: Path) -> None:
    page = shown(client, "run", path="runs/first")
    assert re.findall(r"<summary><strong>(.*?)</strong>", page) == ["interference", "train/plain", "evaluate"]
    states = re.findall(r"<span class=\"quiet\">(.*?)</span></summary>", page)
    assert re.fullmatch(r"\d+\.\d s", states[0])
    assert states[2] == "begun"
    assert "Kraków &lt;b&gt;" in page
    assert html.escape((root / "runs/first/recipe.yaml").read_text()) in page.replace("&#34;", "&quot;").replace(
        "&#39;", "&#x27;"
    )
    assert ">stages/interference/rejected.jsonl</a>" in page
    assert "grown" not in page
    for link in links(page):
        assert client.get(link).status_code == 200, link


def test_a_run_can_be_the_studios_own_folder(root: Path) -> None:
    with client_of(root / "runs/first") as client:
        assert ">first</a>" in client.get("/runs").text
        page = shown(client, "run", path=".")
        assert ">stages/interference/dialogues.jsonl</a>" in page
        assert shown(client, "report", path=".")


def test_a_report_shows_itself_and_runs_nothing(client: TestClient) -> None:
    answer = client.get("/runs/report?path=runs/first")
    assert "It went well." in answer.text
    policy = dict(each.strip().partition(" ")[::2] for each in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["sandbox"] == "", "neither scripts nor forms nor the studio's origin"
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/runs/report?path=grown").status_code == 404


def test_curves_leave_out_what_is_no_number_and_a_half_written_line(client: TestClient) -> None:
    found = client.get("/runs/curves?path=runs/first/stages/train/plain/model").json()
    assert set(found) == {"loss", "eval_loss"}
    assert found["loss"] == [[step, 2 / step] for step in range(1, 6)]
    assert found["eval_loss"] == [[3, 0.5], [5, 0.25]]
    assert client.get("/runs/curves?path=grown").json() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"[1]\n",
        b"3",
        b'{"step": "a", "loss": 1}\n{"step": true, "loss": 1}\n',
        b'{"loss": 1}\n{"loss": 2}\n',
        b"\xff\xfe\n",
        b'{"step": 1, "loss": "<script>"}\n{"step": 2, "loss": null}\n',
    ],
)
def test_odd_metrics_have_no_curves(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(content)
    with client_of(tmp_path) as client:
        answer = client.get("/runs/curves?path=.")
        assert (answer.status_code, answer.json()) == (200, {})


def test_curves_follow_a_training_that_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    with client_of(tmp_path) as client, file.open("a") as out:
        for step in range(1, 5):
            out.write(json.dumps({"step": step, "loss": 1.0}) + "\n")
            out.write("") if step < 4 else out.write('{"step": 5, "lo')
            out.flush()
            found = client.get("/runs/curves?path=.").json()
            assert len(found.get("loss", [])) == (step if step > 1 else 0)


def test_dialogues_come_in_pages(client: TestClient) -> None:
    first = shown(client, "dialogues", path="grown/dialogues.jsonl")
    assert "45 dialogues" in first
    assert "3 branches" in first
    seen = cards(first)
    page = first
    while more := [link for link in links(page) if "first=" in link]:
        page = client.get(more[-1]).text
        seen += cards(page)
    assert len(seen) == len(set(seen)) == 45
    assert "Nothing found." in shown(client, "dialogues", path="grown/dialogues.jsonl", first=45)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("job number 44", 1),
        ("JOB NUMBER 44", 1),
        ("well done, žofie! (7)", 1),
        ("ŽOFIE! (3", 7 + 4),
        ("<b>really</b> & day 12", 1),
        ("which <one>? (40)", 1),
        ("Offer Hope", 45),
        ("&lt;b&gt;", 0),
        ("\\u017d", 0),
        ("nowhere", 0),
    ],
)
def test_search_finds_what_is_said_whatever_its_case(client: TestClient, text: str, count: int) -> None:
    seen: list[str] = []
    page = shown(client, "dialogues", path="grown/dialogues.jsonl", text=text)
    seen += cards(page)
    while more := [link for link in links(page) if "first=" in link]:
        page = client.get(more[-1]).text
        seen += cards(page)
    assert len(seen) == count
    told = re.findall(r"</span>\s*<span>(.*?)</span></a>", page, re.DOTALL)
    assert len(told) == (count % 20 or 20 * bool(count))
    assert all(html.escape(text.casefold()) in each.casefold() for each in told), "a card shows what was found"
    assert f'value="{html.escape(text)}"'.replace("&quot;", "&#34;") in page


def test_keys_are_not_searched_and_escapes_are(tmp_path: Path) -> None:
    row = {"id": "d1", "turns": [{"speaker": "user", "text": 'a "quoted"\nŽluť \U0001f642'}]}
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(row) + "\n")
    with client_of(tmp_path) as client:
        for text, found in (("speaker", 0), ('"quoted"', 1), ("žluť", 1), ("\U0001f642", 1), ("a", 1), ("turns", 0)):
            assert len(cards(shown(client, "dialogues", path="dialogues.jsonl", text=text))) == found, text


def test_before_and_after_and_branches_stand_side_by_side(client: TestClient, root: Path) -> None:
    path = "runs/first/stages/interference/dialogues.jsonl"
    dialogue = next(read(root / path))
    page = shown(client, "dialogue", path=path, number=0)
    changed = [turn for turn in dialogue.turns if turn.insertions]
    assert re.findall(r"<ins>(.*?)</ins>", page)[1:] == [html.escape(turn.insertions[0].text) for turn in changed]
    for turn in dialogue.turns:
        assert f'<span class="said">{html.escape(turn.text)}</span>' in page
    grown = shown(client, "dialogue", path="grown/dialogues.jsonl", number=8)
    (beside,) = re.findall(r'<div class="side-by-side">(.*?)</div>', grown, re.DOTALL)
    assert len(re.findall(r"<section", beside)) == len(STRATEGIES)
    for name, reply in REPLIES.items():
        assert f"strategy: {name}" in beside
        assert html.escape(f"{reply} (8)") in beside
    assert "sra 1.14" in beside
    assert "seeker" in grown
    assert [link for link in links(grown) if "number=" in link] == [
        f"/runs/dialogue?path=grown/dialogues.jsonl&number={number}" for number in (7, 9)
    ]
    assert shown(client, "dialogue", path="grown/dialogues.jsonl", number=45, status=404)


def test_branches_of_branches_are_shown_and_insertions_stand_in_their_order(tmp_path: Path) -> None:
    put_in = (("b1", "before"), ("a1", "after"), ("b2", "before"), ("a2", "after"))
    turn = Turn("user", "core", insertions=[Insertion(kind, kind, where) for kind, where in put_in])
    inner = Branch("inner", 2, [Turn("user", "deepest")])
    branch = Branch("outer", 1, [Turn("system", "deeper")], branches=[inner])
    write(tmp_path / "dialogues.jsonl", [Dialogue("d", [turn], branches=[branch])])
    with client_of(tmp_path) as client:
        page = shown(client, "dialogue", path="dialogues.jsonl", number=0)
    (said,) = re.findall(r'<li class="turn user">.*?</span>\s*(.*?core.*?)</li>', page, re.DOTALL)
    assert " ".join(re.sub(r"<.*?>", "", said).split()) == turn.said == "b2 b1 core a1 a2"
    assert page.index("core") < page.index("deeper") < page.index("deepest")
    assert page.count('class="side-by-side"') == 2


def test_rejects_of_an_operator_are_found_by_gate(client: TestClient, root: Path) -> None:
    path = "runs/first/stages/interference/rejected.jsonl"
    rejected = [json.loads(line) for line in (root / path).read_text().splitlines()]
    gates = sorted({row["gate"] for row in rejected})
    assert len(gates) > 1
    for gate in gates:
        page = shown(client, "rows", path=path, field="gate", how="is", value=gate)
        assert lines_of(page) == [number for number, row in enumerate(rejected, 1) if row["gate"] == gate]
        assert f'<option value="{gate}">' in page


TRICKS = (
    "../outside/dialogues.jsonl",
    "run/../../outside/dialogues.jsonl",
    "/etc/passwd",
    "{outside}/dialogues.jsonl",
    "file://{outside}/dialogues.jsonl",
    "out/dialogues.jsonl",
    "run/dialogues.jsonl",
    "run/rows.jsonl",
    ".studio/studio.sqlite",
    ".studio/x.jsonl",
    "run/../.studio/x.jsonl",
    "run/\0.jsonl",
    "run",
    "",
    "..",
    "run/" + "x" * 900 + ".jsonl",
)


def test_nothing_outside_the_folder_is_shown(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    write(outside / "dialogues.jsonl", [Dialogue("private", [Turn("user", "the secret")])])
    for name in ("metrics.jsonl", REPORT, "recipe.yaml", "rows.jsonl"):
        rows = "".join(json.dumps({"step": step, "loss": 1, "text": "the secret"}) + "\n" for step in (1, 2))
        write_text(outside / name, rows)
    write_text(outside / "stages/one/begun.json", "{}")
    (root / "run").mkdir(parents=True)
    (root / "out").symlink_to(outside)
    for name in ("dialogues.jsonl", "metrics.jsonl", "rows.jsonl", REPORT, "recipe.yaml"):
        (root / "run" / name).symlink_to(outside / name)
    (root / "run/stages/one").mkdir(parents=True)
    write_text(root / "run/stages/one/begun.json", "{}")
    (root / "run/stages/one/done.json").symlink_to(outside / "metrics.jsonl")
    with client_of(root) as client:
        write_text(root / ".studio/x.jsonl", '{"text": "the secret"}\n')
        assert links(client.get("/runs").text) == []
        for trick in TRICKS:
            path = trick.format(outside=outside)
            for page in ("dialogues", "dialogue", "rows"):
                told = shown(client, page, path=path, **({"number": 0} if page == "dialogue" else {}), status=422)
                assert "secret" not in told
        for path in ("run", "out", "../outside", str(outside), ".studio", "\0"):
            for page in ("run", "report", "curves"):
                answer = client.get(f"/runs/{page}?{urlencode({'path': path})}")
                assert answer.status_code in (404, 422), (page, path)
                assert "secret" not in answer.text


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x00\x07\x1b[31m\x7f{{7*7}}javascript:"


def test_hostile_texts_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    labels = {EVIL: [EVIL]}
    turn = Turn(
        "user", EVIL, insertions=[Insertion(EVIL, EVIL, "before"), Insertion(EVIL, EVIL, "after")], labels=labels
    )
    branch = Branch(EVIL, 1, [turn], labels=labels, scores={EVIL: 1.0})
    dialogue = Dialogue(
        EVIL,
        [turn],
        grounding=Grounding([[EVIL]], [EVIL], EVIL),
        instruction=EVIL,
        facts={EVIL: {EVIL: [EVIL]}},
        roles={"user": EVIL},
        branches=[branch],
    )
    name = "<script>alert(1)<"
    folder = tmp_path / name
    write(folder / "dialogues.jsonl", [dialogue])
    write_rows(folder / "rows.jsonl", [{EVIL: EVIL, "deep": {EVIL: [EVIL]}}])
    write_text(folder / "recipe.yaml", EVIL)
    write_text(folder / "stages/a/begun.json", "{}")
    write_text(folder / "stages/a/done.json", json.dumps({"facts": {EVIL: EVIL}, "seconds": EVIL}))
    with client_of(tmp_path) as client:
        pages = {
            "all": client.get("/runs").text,
            "run": shown(client, "run", path=name),
            "dialogues": shown(client, "dialogues", path=f"{name}/dialogues.jsonl", text=EVIL),
            "dialogue": shown(client, "dialogue", path=f"{name}/dialogues.jsonl", number=0),
            "rows": shown(client, "rows", path=f"{name}/rows.jsonl", field=EVIL, how="is", value=EVIL),
            "training": shown(client, "training", path=name),
            "failure": shown(client, "dialogues", path=f"{name}/{EVIL}.jsonl", status=422),
        }
    for which, page in pages.items():
        assert "<script>alert" not in page, which
        assert "<img" not in page, which
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", page), which
        for address in re.findall(r'(?:href|action|src)="([^"]*)"', page):
            assert address.startswith(("/", "#", "?")), which
    shown_evil = html.escape(EVIL.translate({at: 0x2400 + at for at in range(32)} | {0x7F: 0x2421}))
    shown_evil = shown_evil.replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    # id, speaker, text, two insertions, labels; the same in the branch, with its score
    assert pages["dialogue"].count(shown_evil) >= 18
    assert pages["rows"].count(shown_evil) >= 3
