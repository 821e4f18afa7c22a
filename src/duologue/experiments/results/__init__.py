"""Tables of results that grow from run to run."""
