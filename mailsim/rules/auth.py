"""How long a password check takes, good or bad, and how wrong passwords make the next check of that address wait: pure rules.

After Dovecot 2.3 (``src/auth/auth-penalty.c``, ``src/anvil/penalty.c``, ``src/auth/auth-request-handler.c``), recorded of 2.3.19:

*   each client address has a *level*; before a check it waits ``unit * 2 ** level``, at most ``longest`` (4, 8, 15, 15 s), and
    nothing at level 0;
*   a wrong password sets the level to one more than what the check saw, at most ``most``; the same user and password once
    more leave it as it is, since a program with an old password is no attacker (``penalty_bump_checksum``);
*   a right password sets the level to 0; the passwords seen stay known;
*   a level sinks when its last rise is so many whole seconds ago as a wait would last, from the top level downwards:
    after 15 s nothing of it is left;
*   the refusal of a wrong password is kept back for ``failure_delay``, by whole seconds of the wall clock, looked at every
    ``failure_check``: 1.5 to 2.0 s.

Dovecot tells whole seconds only, so all instants here count from an instant at which the wall clock shows a whole second.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["NOBODY", "Guess", "LoginRules", "Suspicion", "level_at", "refused_us", "rejected", "reset", "wait_us"]

_S = 1_000_000

#: user and password of a check, to tell a new guess from an old one
Guess = tuple[str, str]


class LoginRules(NamedTuple):
    """Figures of a program that checks passwords, microseconds; ``most`` 0 is a program without penalties."""

    failure_delay_us: int = 0
    failure_check_us: int = 0
    unit_us: int = 0
    longest_us: int = 0
    most: int = 0
    remembers: int = 0
    forgotten_us: int = 0


class Suspicion(NamedTuple):
    """What the program knows of a client address: level, whole seconds of its last rise and of its last change, guesses seen."""

    level: int = 0
    raised_s: int = 0
    changed_s: int = 0
    guesses: tuple[Guess, ...] = ()


#: an address of which nothing is known
NOBODY = Suspicion()


def wait_us(rules: LoginRules, level: int) -> int:
    """What a check waits at a level.

    >>> dovecot = LoginRules(unit_us=2_000_000, longest_us=15_000_000, most=4)
    >>> [wait_us(dovecot, level) // 1_000_000 for level in range(5)]
    [0, 4, 8, 15, 15]
    """
    return min(rules.unit_us << level, rules.longest_us) if level else 0


def level_at(rules: LoginRules, known: Suspicion, t_us: int) -> int:
    """The level that a check at ``t_us`` sees (``auth_penalty_anvil_callback``, ``penalty_timeout``)."""
    now_s = t_us // _S
    if (now_s - known.changed_s) * _S >= rules.forgotten_us:
        return 0
    level, drop = known.level, rules.most
    while level and (now_s - known.raised_s) * _S >= min(rules.unit_us << drop, rules.longest_us):
        level, drop = level - 1, drop - 1
    return level


def rejected(rules: LoginRules, known: Suspicion, seen: int, guess: Guess, t_us: int) -> Suspicion:
    """What is known after a wrong password at ``t_us``, checked at the level ``seen`` (``penalty_inc``)."""
    now_s = t_us // _S
    if (now_s - known.changed_s) * _S >= rules.forgotten_us:
        known = NOBODY
    value = min(seen + 1, rules.most)
    if not value:
        return NOBODY
    if guess in known.guesses:
        newest_first = (guess, *(one for one in known.guesses if one != guess))
        return Suspicion(value - 1, known.raised_s, now_s, newest_first)
    return Suspicion(value, now_s, now_s, (guess, *known.guesses)[: rules.remembers])


def reset(known: Suspicion, t_us: int) -> Suspicion:
    """What is known after a right password that had to wait."""
    return Suspicion(0, t_us // _S, t_us // _S, known.guesses)


def refused_us(rules: LoginRules, wrong_us: int) -> int:
    """When the refusal of a password that was found wrong at ``wrong_us`` is said (``auth_request_handler_flush_failures``).

    >>> dovecot = LoginRules(failure_delay_us=2_000_000, failure_check_us=500_000)
    >>> [refused_us(dovecot, t) - t for t in (0, 100_000, 499_999, 500_000, 900_000)]
    [2000000, 2000000, 2000000, 1500000, 1500000]
    """
    due = wrong_us // _S * _S + rules.failure_delay_us if rules.failure_check_us else wrong_us + rules.failure_delay_us
    step = rules.failure_check_us
    return wrong_us + max(-(-(due - wrong_us) // step), 1) * step if step else due
