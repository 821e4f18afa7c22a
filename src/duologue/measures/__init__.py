"""Pure comparisons: belief states, words, embeddings, answers, query results. Gates, trainers and metrics use them."""
