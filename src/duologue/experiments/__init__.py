"""Experiments: a recipe (YAML) becomes stages, the stages a run folder, the run folder a report."""
