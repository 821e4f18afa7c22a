"""The command line: one file per command, a few lines each."""
