"""Sliders in a notebook: the controls, and the picture that follows them."""
