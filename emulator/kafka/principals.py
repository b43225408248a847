"""The two forms of a service account in ACLs: `User:sa-...`, and `User:12345` of older days (OpenAPI: /acls)."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from emulator.world import World

_USER: Final = "User:"
_NEW: Final = "UserV2:"
ALL_NEW: Final = "UserV2:*"
"""A search of every principal that is answered in the new form."""


def stored(world: "World", principal: str) -> str:
    """The principal as it is kept: in the new form, if it is a service account's number or is said in the new words."""
    if principal.startswith(_NEW):
        return _USER + principal.removeprefix(_NEW)
    accounts = {str(number): account for account, number in world.cloud.account_numbers().items()}
    return _USER + accounts.get(principal.removeprefix(_USER), principal.removeprefix(_USER))


def numbered(world: "World", principal: str) -> str:
    """The principal in the old form, if it is a service account."""
    number = world.cloud.account_numbers().get(principal.removeprefix(_USER))
    return principal if number is None else f"{_USER}{number}"


def is_numbered(asked: str) -> bool:
    """Whether a search for this principal is answered in the old form: one for a number, and one that names nobody."""
    return not asked or asked.removeprefix(_USER).isdigit()
