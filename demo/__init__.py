"""The main job on a local Confluent Cloud: build estate and switch, lose a region, fail over, prove it."""
