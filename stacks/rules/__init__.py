"""Cross-section rules of the settings; importing this package registers them all."""

from stacks.rules import clients, names, pair, turning
from stacks.rules.register import check

__all__ = ["check", "clients", "names", "pair", "turning"]
