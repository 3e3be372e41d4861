# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits each client's rate by a token bucket, checked before a packet is parsed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

# One client may send 10,000 messages a second without loss; ten clients together, twice that.
CLIENT_PER_S, CLIENT_BURST = 15_000.0, 15_000.0
ALL_PER_S, ALL_BURST = 30_000.0, 30_000.0
# A flood of errors must not cause a flood of reports.
ERRORS_PER_S, ERRORS_BURST = 20.0, 50.0
MOST_CLIENTS = 512


class Bucket:
    """Holds up to `burst` tokens, and gains `rate` a second."""

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._level, self._at_s = burst, now_s

    def take(self, amount: float, now_s: float) -> bool:
        """Take that many tokens if there are enough, else none; returns whether there were."""
        self._level = min(self._burst, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if self._level < amount:
            return False
        self._level -= amount
        return True


class Limits:
    """All clients' buckets. The least recently used one is dropped first.

    Args:
        now: a monotonic clock in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._clients: OrderedDict[Hashable, tuple[Bucket, Bucket]] = OrderedDict()
        self._all = Bucket(ALL_PER_S, ALL_BURST, now())
        self.dropped = 0

    def _of(self, client: Hashable) -> tuple[Bucket, Bucket]:
        if client not in self._clients:
            now = self._now()
            self._clients[client] = Bucket(CLIENT_PER_S, CLIENT_BURST, now), Bucket(ERRORS_PER_S, ERRORS_BURST, now)
            if len(self._clients) > MOST_CLIENTS:
                self._clients.popitem(last=False)
        self._clients.move_to_end(client)
        return self._clients[client]

    def allow(self, client: Hashable, amount: float = 1.0) -> bool:
        """Whether this client may send that many messages now."""
        now = self._now()
        if self._of(client)[0].take(amount, now) and self._all.take(amount, now):
            return True
        self.dropped += 1
        return False

    def allow_error(self, client: Hashable) -> bool:
        """Whether another error may be reported to this client now."""
        return self._of(client)[1].take(1.0, self._now())
