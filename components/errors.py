"""The one error of this package: what is wrong, and what to do about it."""


class ComponentError(ValueError):
    """Arguments that a component refuses at construction, before the engine has created anything from them."""

    def __init__(self, problem: str, remedy: str) -> None:
        """Say what is wrong and how to put it right.

        Args:
            problem: The argument's path and what was found there; never a secret.
            remedy: What the caller should write instead.
        """
        super().__init__(f"{problem}. {remedy}.")
        self.problem = problem
        self.remedy = remedy


def refuse(wrong: bool, problem: str, remedy: str) -> None:
    """Raise `ComponentError` when `wrong` holds; keeps lists of rules flat."""
    if wrong:
        raise ComponentError(problem, remedy)
