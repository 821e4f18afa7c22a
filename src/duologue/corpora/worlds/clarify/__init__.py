"""Conversations in which one has to know when to ask, from a seed: tables, stories and databases, any size, streamed.

>>> from duologue.corpora.worlds.clarify import sample
>>> for item in sample(2, seed=1, split="train", kind="tables"):
...     print(item.steps[0].user, item.steps[0].action)
"""

from duologue.corpora.worlds.clarify.sample import KINDS, Item, Kind, sample

__all__ = ["KINDS", "Item", "Kind", "sample"]
