"""The life of a storage network in time: steps, the pods they mean, and who gets an address."""
