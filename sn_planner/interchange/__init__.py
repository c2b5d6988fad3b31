"""Foreign text in, text and pictures out."""
