"""Whether a device still works, told from figures and times alone."""

from mortar.drivers.flow import Flow, LAST_RETRY_ms, Retries, STALL_ms, START_ms

RATE_Hz = 48_000


def flow_of(share: float, length_ms: int, step_ms: int = 32) -> list[bool]:
    """The verdicts on a device that gives this share of its rate."""
    flow = Flow(RATE_Hz, 0)
    verdicts = []
    for now_ms in range(step_ms, length_ms, step_ms):
        flow.add(round(RATE_Hz * step_ms / 1_000 * share))
        verdicts.append(flow.is_stuck(now_ms))
    return verdicts


def test_sound_at_its_rate_is_never_stuck() -> None:
    """An hour of it."""
    assert not any(flow_of(1.0, 3_600_000))


def test_a_hesitant_device_is_not_stuck() -> None:
    """Sound servers begin late, and busy computers are slow: half of the sound is enough."""
    assert not any(flow_of(0.5, 60_000))


def test_a_device_that_falls_silent_is_stuck_in_time() -> None:
    """Within two windows of its last sound, wherever that lay in them."""
    for sounding_ms in range(0, START_ms + STALL_ms, 100):
        flow = Flow(RATE_Hz, 0)
        stuck_ms = 0
        for now_ms in range(0, 2 * (START_ms + STALL_ms), 20):
            if now_ms < sounding_ms:
                flow.add(RATE_Hz // 50)
            if flow.is_stuck(now_ms):
                stuck_ms = now_ms
                break
        assert sounding_ms < stuck_ms <= sounding_ms + START_ms + STALL_ms


def test_the_first_sound_may_be_late() -> None:
    """By half of the first window."""
    flow = Flow(RATE_Hz, 0)
    for now_ms in range(START_ms // 2, 60_000, 32):
        flow.add(RATE_Hz * 32 // 1_000)
        assert not flow.is_stuck(now_ms)


def test_a_trickle_is_stuck() -> None:
    """A device that gives a tenth of its rate is of no use, although it never falls silent."""
    assert any(flow_of(0.1, 2 * START_ms))


def test_retries_are_bounded() -> None:
    """At once, then less and less often, but for ever: a device may come back in the morning."""
    retries = Retries()
    waits = [retries.next_ms() for _ in range(100)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY_ms
    retries.succeeded()
    assert 0 < retries.next_ms() < 1_000
