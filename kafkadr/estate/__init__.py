"""What the estate publishes and the switch goes by."""
