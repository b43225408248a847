"""Cross-section rules of the settings; importing this package registers them all."""

from stacks.rules import clearing, clients, kept, names, pair, turning
from stacks.rules.register import check

__all__ = ["check", "clearing", "clients", "kept", "names", "pair", "turning"]
