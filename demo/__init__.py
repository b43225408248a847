"""The main job on a local Confluent Cloud: build a DR pair with the real engine, lose a region, flip, prove it."""
