"""`python -m drctl`; `scripts/drctl` from a checkout."""

import os
import signal

if os.getpid() == 1:
    # The first process of a container is deaf to signals without a handler; a wrapper is that, and starts for a second.
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))

from drctl.app import main

if __name__ == "__main__":
    main()
