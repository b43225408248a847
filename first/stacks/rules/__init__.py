"""Cross-section rules of the settings; importing this package registers them all."""

from first.stacks.rules import clearing, clients, kept, names, pair, turning
from first.stacks.rules.register import check

__all__ = ["check", "clearing", "clients", "kept", "names", "pair", "turning"]
