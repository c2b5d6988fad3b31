"""Figures that nobody knows for certain, and what follows of them, exactly: by folding, not by sampling."""
