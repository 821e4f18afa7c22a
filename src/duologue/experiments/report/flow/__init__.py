"""The page of a flow: the conversation graph, the heat-map, a card for each cluster, two corpora side by side."""
