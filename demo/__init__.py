"""The main job on a local Confluent Cloud: build estate and switch with the real engine, lose a region, fail over, prove it."""
