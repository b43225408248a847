"""The control surface under ``/_emulator``: what a test or an operator of the emulator does to the world."""
