"""The table of moves of active-passive: pure, shared by stacks, components, guard, gate and `drctl`."""
