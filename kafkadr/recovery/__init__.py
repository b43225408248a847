"""What was left behind on the original cluster, brought to where it is of use (S93-S97); see docs/recovery.md."""
