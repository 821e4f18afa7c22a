"""Whether annotators agree, and with what: alpha, kappa, correlations, win rates."""
