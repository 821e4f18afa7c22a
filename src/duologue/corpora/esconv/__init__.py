"""ESConv, emotional-support conversations of a seeker and a supporter, in the shapes in which it is passed around.

The original JSON, FailedESConv (other speaker names and labels), the rows of the Hugging Face set, MultiESC's lines.
Data: https://github.com/thu-coai/Emotional-Support-Conversation (CC BY-NC 4.0); none of it comes with Duologue.

    for dialogue in read("ESConv.json"): print(dialogue.facts["situation"])
"""

from duologue.corpora.esconv.corpus import read, write

__all__ = ["read", "write"]
