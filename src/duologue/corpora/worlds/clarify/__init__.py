"""Conversations in which one has to know when to ask, from a seed: tables, stories and databases, any size, streamed.

>>> from duologue.corpora.worlds.clarify import sample
>>> for item in sample(2, seed=1, split="train", kind="tables"):
...     print(item.steps[0].user, item.steps[0].action)

`sample` draws items and `write` writes files of them. An item is a request with its readings and the steps to its
answer (`steps`). `tables`, `stories` and `databases` each draw a context, a request about it (`tables.ask`,
`stories.story`, `databases.ask`) and what is asked back (`clarify`), and lay it out as the published data sets do
(`native`). `user` replies to questions: it reads what a question asks for (`question`) and what an intent has beyond
the request (`difference`, `recall`). All words are in `phrases`.
"""

from duologue.corpora.worlds.clarify.sample import KINDS, Item, Kind, sample

__all__ = ["KINDS", "Item", "Kind", "sample"]
