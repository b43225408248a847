"""Cannot be imported, for a reason of its own."""

raise ModuleNotFoundError("No module named 'no_such_module'", name="no_such_module")
