"""The cloud API of the emulator: organisation, environments, clusters, accounts, keys, role bindings, quotas."""
