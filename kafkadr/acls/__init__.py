"""ACLs of clients as a set: what is missing is made, and exactly what was declared and is not any more is deleted."""
