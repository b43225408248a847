"""One budget for a whole command, by a clock that the test turns."""

from __future__ import annotations

import pytest

from kafkadr.budget import Budget


def test_a_pause_costs_nothing_even_when_what_it_is_for_fails() -> None:
    time = [100.0]
    budget = Budget(60, lambda: time[0])
    time[0] += 10
    with budget.paused():
        time[0] += 1000
    assert (budget.spent, budget.left) == (10, 50)
    with pytest.raises(ZeroDivisionError), budget.paused():
        time[0] += 500 / 0
    time[0] += 60
    assert budget.left == 0
