"""One range's leases, handed out and taken back as Whereabouts does."""
