"""First-principles modelling of machine-learning systems."""
