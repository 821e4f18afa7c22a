"""Every rendering of a dialogue into model text or token ids, for training and inference alike."""
