"""The fictional town: MultiWOZ-like dialogues with chats, situations and interferences, from a seed.

>>> from duologue.corpora.worlds.tod import sample
>>> for item in sample(2, seed=1, split="train"):
...     print(item.id, item.situation["gen_sit"])
"""

from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.tod.sample import Sample, databases, sample
from duologue.corpora.worlds.tod.write import Written, write

__all__ = ["SPLITS", "Sample", "Split", "Written", "databases", "sample", "write"]
