# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast one client may send."""

from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx_bridge.osc.limits import ALL_BURST, CLIENT_BURST, CLIENT_PER_S, MOST_CLIENTS, Bucket, Limits


class Time:
    """A clock that only moves when told to."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0.1, 5)), max_size=60), st.floats(1, 100), st.floats(5, 50))
def test_a_bucket_gives_no_more_than_it_gained(steps: list[tuple[float, float]], rate: float, burst: float) -> None:
    bucket, now_s, given_out = Bucket(rate, burst, 0.0), 0.0, 0.0
    for wait_s, amount in steps:
        now_s += wait_s
        given_out += amount if bucket.take(amount, now_s) else 0.0
        assert given_out <= burst + rate * now_s + 1e-6


def test_one_client_that_is_too_fast_keeps_nobody_else_out() -> None:
    time = Time()
    limits = Limits(time)
    served = sum(limits.allow("flood") for _ in range(20_000))
    assert served == CLIENT_BURST
    assert limits.dropped == 20_000 - served
    assert limits.allow("other")
    time.now_s += 1.0
    assert sum(limits.allow("flood") for _ in range(20_000)) == CLIENT_PER_S


def test_many_clients_together() -> None:
    limits = Limits(Time())
    assert sum(limits.allow(number) for number in range(3) for _ in range(15_000)) == ALL_BURST


def test_ten_thousand_a_second_are_served() -> None:
    time = Time()
    limits = Limits(time)
    for _ in range(60 * 100):
        time.now_s += 0.01
        assert all(limits.allow("desk") for _ in range(100))


def test_clients_without_number_take_no_room() -> None:
    time = Time()
    limits = Limits(time)
    for number in range(10 * MOST_CLIENTS):
        time.now_s += 0.001
        limits.allow(number)
    assert len(limits._clients) == MOST_CLIENTS
