"""Emotional-support conversations of a seeker and a supporter, from a seed: any size, streamed.

>>> from duologue.corpora.worlds.support import sample
>>> for item in sample(2, seed=1, split="train"):
...     print(item.case.situation, item.messages[0].text)
"""

from duologue.corpora.worlds.support.sample import Sample, sample

__all__ = ["Sample", "sample"]
