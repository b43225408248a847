"""Stand-in for Confluent's Pulumi provider, for local runs against the emulator.

The real plugin cannot be had from package registries. This one has the same tokens, inputs, outputs, replace rules,
REST calls, waits and traps for the resource types the components use (terraform-provider-confluent v2.83 behind
pulumi-terraform-bridge v3). It is a test double: it must fail where the real one fails.
"""
