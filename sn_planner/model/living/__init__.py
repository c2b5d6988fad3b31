"""A living cluster, as exported: its objects, how they are read, and what they say together."""
