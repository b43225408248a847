"""The link's syncs after a flip, between the engine's inputs and `kafkadr.quarantine`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkadr import quarantine
from kafkadr.errors import DrError
from kafkadr.rest import KafkaRest
from provider.resource import Log


class NotSealedError(DrError):
    """The mirrors are where they are wanted, but their link syncs what it must not, or does not what it must."""


@dataclass(frozen=True)
class Sealing:
    """Whether the links are quarantined.

    Args:
        links: Config entries as declared, by link name.
        wanted: Quarantined from now on.
        before: Quarantined so far, as recorded.
    """

    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    wanted: bool = False
    before: bool = False

    def expected(self) -> dict[str, str]:
        """What a preview says."""
        state = quarantine.SHUT if self.wanted else quarantine.OPEN
        return dict.fromkeys(sorted(self.links), state) if self.wanted or self.before else {}

    async def apply(self, rest: KafkaRest, log: Log, *, must: bool) -> dict[str, str]:
        """Quarantine the links or lift it; per link what came of it.

        Args:
            rest: The destination cluster.
            log: Where the operator reads.
            must: A failure ends the update. After a failover it does not: the source is lost and can do no harm yet,
                clients that cannot move would be the greater one. It is recorded: the pair ends its program with an
                error once the pointer has moved (`components.sealed`), and the next run tries again.

        Raises:
            NotSealedError: A failure, with `must`.
        """
        if not (self.wanted or self.before):
            return {}
        outcome = await (quarantine.shut if self.wanted else quarantine.lift)(rest, self.links)
        failed = quarantine.failures(outcome, self.wanted)
        if failed:
            problem = "; ".join(f"link {name} is not {self.expected()[name]}: {said}" for name, said in failed.items())
            if must:
                done = "promoted" if self.wanted else "where they are wanted"
                raise NotSealedError(problem, f"The mirrors are {done} and stay so: run the same command again")
            say = f"{problem}. Run the same command again: the next run tries only this"
            log.warning(say)
        return outcome
