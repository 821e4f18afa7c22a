"""The flow of conversations: clusters of utterances, what follows what, words that tell clusters apart, two corpora."""
