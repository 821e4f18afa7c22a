"""MultiWOZ: 2.1 (`v21`), 2.2 (`v22`, `v22_hf`), 2.2 in the layout of 2.1 (`convert`), and what they share."""
