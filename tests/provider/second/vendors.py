"""Needs the vendor's SDK, as the components of the estate do."""

import pulumi_confluentcloud

__all__ = ["pulumi_confluentcloud"]
