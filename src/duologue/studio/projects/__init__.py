"""Annotation projects: what is asked of what, from a short YAML."""
