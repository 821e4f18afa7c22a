"""The MultiWOZ evaluator: inform, success, BLEU, richness and state tracking as the public one defines them."""
