"""SimpleToD's published files: `lm_data/<variant>.json` and `lm_data/txt_data/<variant>/{train,valid,test}.txt`.

    write_simpletod(Path("runs/a/lm_data"), {"train": read("train.jsonl"), "valid": [], "test": []}, "interference")

The JSON is `{split: {dialogue id: [{"input_context": …, "output": …}]}}`; a text file has one example a line, the two
joined. Both are streamed and appear when they are whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from duologue.dialogue import Dialogue, parent_id, writing
from duologue.views.simpletod import MarkerStyle, Variant, simpletod_examples

_encode = msgspec.json.Encoder().encode


class WrittenSimpleTod(msgspec.Struct, frozen=True):
    """What was written: the JSON file, the text file of each split, and the number of examples in each."""

    json: Path
    texts: dict[str, Path]
    examples: dict[str, int]


def write_simpletod(
    folder: Path, splits: Mapping[str, Iterable[Dialogue]], variant: Variant, *, markers: MarkerStyle = "special"
) -> WrittenSimpleTod:
    """Write one variant of all splits in the published layout.

    Args:
        folder: the `lm_data` folder; made if need be.
        splits: `train`, `valid` and `test`, or whichever there are. A dialogue stands under its parent's id.
        variant: which rendering.
        markers: special tokens (published) or plain text.
    """
    json_path = folder / f"{variant}.json"
    texts = {split: folder / "txt_data" / variant / f"{split}.txt" for split in splits}
    counts = dict.fromkeys(splits, 0)
    with ExitStack() as files:
        out = files.enter_context(writing(json_path))
        out.write(b"{")
        for number, (split, dialogues) in enumerate(splits.items()):
            lines = files.enter_context(writing(texts[split]))
            out.write((b"," if number else b"") + b"\n" + _encode(split) + b": {")
            for position, dialogue in enumerate(dialogues):
                examples = list(simpletod_examples(dialogue, variant, markers=markers))
                rows = [{"input_context": each.prompt, "output": each.completion} for each in examples]
                name = _encode(parent_id(dialogue).removesuffix(".json"))
                out.write((b"," if position else b"") + b"\n" + name + b": " + _encode(rows))
                lines.writelines(f"{each.prompt}{each.completion}\n".encode() for each in examples)
                counts[split] += len(examples)
            out.write(b"}")
        out.write(b"}\n")
    return WrittenSimpleTod(json_path, texts, counts)
