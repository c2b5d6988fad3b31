"""Answers about a cluster that runs: is it ready, did it work, whose are the leases."""
