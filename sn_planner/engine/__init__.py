"""Computation over the model: pure, without I/O, clock or global random state."""
