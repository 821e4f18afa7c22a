"""Short public messages and the conversations that grow from them, from a seed: any size, streamed.

>>> from duologue.corpora.worlds.seeds import sample
>>> for item in sample(2, seed=1, split="train"):
...     print(item.message, item.lines[0].text)
"""

from duologue.corpora.worlds.seeds.casual import casual
from duologue.corpora.worlds.seeds.sample import Sample, sample

__all__ = ["Sample", "casual", "sample"]
