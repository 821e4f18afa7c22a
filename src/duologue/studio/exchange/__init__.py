"""Annotations as files: tables, Label Studio's JSON (and back), preference pairs to train on."""
