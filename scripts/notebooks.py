"""Makes docs/notebooks/*.ipynb from the .py files beside them, which are what is edited (jupytext's percent format).

    make notebooks

Same source, same bytes: a cell is named by its text, and there are no outputs. `tests/docs/test_notebooks.py` compares.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "notebooks"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook_of(source: Path) -> NotebookNode:
    """The notebook that a file in percent format stands for."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = NotebookNode(_METADATA)
    met: dict[str, int] = {}
    for cell in notebook.cells:
        name = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        met[name] = met.get(name, 0) + 1
        cell.id = name if met[name] == 1 else f"{name}-{met[name]}"
        cell.metadata = NotebookNode()
    nbformat.validate(notebook)
    return notebook


def text_of(notebook: NotebookNode) -> str:
    """A notebook as it is written to its file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.py")):
        target = path.with_suffix(".ipynb")
        target.write_text(text_of(notebook_of(path)), encoding="utf-8", newline="\n")
        print(target.relative_to(FOLDER.parents[1]))
