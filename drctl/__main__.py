"""`python -m drctl`; `scripts/drctl` from a checkout."""

from drctl.app import main

if __name__ == "__main__":
    main()
