"""The plan gate: reads what `pulumi preview --json` would do and says whether the phase allows it."""
