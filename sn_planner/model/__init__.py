"""What is: frozen values and facts. No I/O, no search, no numpy."""
