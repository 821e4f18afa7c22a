"""What the gates turned away, for a report: counts by stage and gate, with evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from duologue.dialogue import read_rows
from duologue.operators.rejects import Rejected
from duologue.operators.run_folder import REJECTED


def rejects_by_gate(folders: Iterable[tuple[str, Path]], count: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Per stage and gate: how many were turned away, and evidence; the most frequent first.

    Args:
        folders: stage's name and a folder that one of its runs has written.
        count: most pieces of evidence for each.
    """
    gates: dict[tuple[str, str], dict[str, Any]] = defaultdict(lambda: {"count": 0, "evidence": []})
    for stage, folder in folders:
        path = folder / REJECTED
        for row in read_rows(path, Rejected) if path.exists() else ():
            gate = gates[stage, row.gate]
            gate["count"] += 1
            if len(gate["evidence"]) < count:
                gate["evidence"].append({"id": row.id, "evidence": row.evidence})
    return dict(sorted(gates.items(), key=lambda item: -item[1]["count"]))
