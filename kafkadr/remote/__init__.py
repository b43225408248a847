"""What vault and pointer share about the services behind them: addresses, errors, bounded clients, quiet logs."""
