"""Config of the switch: one declaration per setting."""
