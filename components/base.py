"""What every component shares: its type token, and which options it gives its children."""

from collections.abc import Sequence
from typing import Any

import pulumi

PACKAGE = "kafkadr"


class Component(pulumi.ComponentResource):
    """Base of the components; not exported.

    No registered output may be a secret, marked or not: the SDK writes what is registered into its debug log in clear,
    which `pulumi up --debug` shows. The attributes are a component's result without being registered.

    Only `depends_on` of the caller's options is given to every child, because Pulumi itself does not hand it down.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        """Register the component under `kafkadr:index:<Class>`."""
        super().__init__(f"{PACKAGE}:index:{type(self).__name__}", name, None, opts)
        self._handed_down = pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None)

    def _child(self, *, depends_on: Sequence[pulumi.Resource] = (), **options: Any) -> pulumi.ResourceOptions:
        """Options of a child: this component as parent, its dependencies, and what `options` adds."""
        own = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on), **options)
        return pulumi.ResourceOptions.merge(self._handed_down, own)
