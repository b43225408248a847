"""Config of the estate: one declaration per setting."""
