"""Faults injected into API calls: which calls (match) meet what (action), before, after or instead of their effect."""
