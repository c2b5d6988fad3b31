"""Every cluster one might have: arrays over axes, and counts that never build them."""
