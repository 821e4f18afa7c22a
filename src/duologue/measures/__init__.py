"""Pure comparisons: belief states, words, embeddings. Gates, trainers and metrics use them."""
