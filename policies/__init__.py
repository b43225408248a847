"""Policy pack and plan gate. Self-contained: imports nothing else of this repository, and may be published as it is."""
