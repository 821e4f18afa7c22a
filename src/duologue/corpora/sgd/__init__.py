"""The Schema-Guided Dialogue set (SGD) and whatever else has its layout."""

from duologue.corpora.sgd.codec import FORMAT
from duologue.corpora.sgd.folder import read, write

__all__ = ["FORMAT", "read", "write"]
