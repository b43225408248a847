"""The Pulumi package `kafkadr` for programs in any language: its components and its resources, from one process."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from provider.server import main

if __name__ == "__main__":
    main(sys.argv[1:])
