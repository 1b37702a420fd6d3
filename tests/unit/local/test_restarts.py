"""What dies again and again is started ever later, up to a bound."""

from config.local.supervisor import LONGEST_WAIT, wait_before_restart


def test_waits_double() -> None:
    assert [wait_before_restart(deaths) for deaths in (1, 2, 3)] == [0.5, 1.0, 2.0]


def test_waits_are_bounded() -> None:
    assert wait_before_restart(5000) == LONGEST_WAIT
