"""Every sentence that a story says, in one table per language, and the one place where texts are made harmless to show.

A language is a table with the keys of ``SENTENCES["en"]``; what it lacks is said in English.  Reasons have their own
table (:data:`mailsim.rules.reasons.REASONS`), because rules give their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailsim.errors import UnknownNameError
from mailsim.units import clock

__all__ = ["CHAPTERS", "SENTENCES", "printable", "rough", "say"]

#: the chapters of a story in the order of a message's life
CHAPTERS: tuple[str, ...] = (
    "discover",
    "submit",
    "accept",
    "queue",
    "resolve",
    "choose",
    "relay",
    "defer",
    "report",
    "store",
    "fetch",
)

_ENGLISH: dict[str, str] = {
    # -- how a story is set
    "headline": "Message {number}. {title}",
    "facts": "from {sender} to {rcpts}, {size}, sent {when}",
    "facts_flavour": "from {sender} to {rcpts}, {size}, sent {when}, by an MTA of flavour {flavour}",
    "time_heading": "where the time went",
    "lines_folded": "{count} lines",
    "chapter_discover": "discover",
    "chapter_submit": "submit",
    "chapter_accept": "accept",
    "chapter_queue": "queue",
    "chapter_resolve": "resolve",
    "chapter_choose": "choose",
    "chapter_relay": "relay",
    "chapter_defer": "defer",
    "chapter_report": "report",
    "chapter_store": "store",
    "chapter_fetch": "fetch",
    # -- what a story is called
    "title_stored": "{sender} to {rcpt}: in the mailbox after {age}{how}",
    "title_read": "{sender} to {rcpt}: read after {age}{how}",
    "title_bounced": "{sender} to {rcpt}: returned after {age}, because {reason}",
    "title_rejected": "{sender} to {rcpt}: never left, because {reason}",
    "title_discarded": "{sender} to {rcpt}: dropped after {age}, because {reason}",
    "title_lost": "{sender} to {rcpt}: destroyed after {age}",
    "title_unknown": "{sender} to {rcpt}: unknown from {age} on, because {reason}",
    "title_queued": "{sender} to {rcpt}: still under way {age} after it was sent, held by {holder}",
    "title_submitting": "{sender} to {rcpt}: still at the sender's program {age} after it was sent",
    "title_unsent": "{sender} to {rcpt}: not sent before the run ended",
    "title_several": "{sender} to {rcpt}: {states}, the last after {age}",
    "count_of": "{count} {state}",
    "how_fallback": ", by way of {via} because {first} failed",
    "how_duplicate": ", {copies} times",
    "null_sender": "the null sender",
    "and_others": "{first} and {count} more",
    # -- what happened
    "sent": "{who} presses send: {size} for {rcpt}",
    "sent_on": "{who} sends message {parent} on: {size} for {rcpt}",
    "sent_report": "{who} makes a report about message {parent} ({size}) for {rcpt}",
    "asked": "{who} asks for {name} {rtype}",
    "asked_again": "{who} asks again for {names}: the same answers",
    "chosen": "{who} goes by preference: {order}",
    "chosen_own_way": "{who} does not go by preference ({choice}): {order}",
    "chosen_itself": "{who} goes by preference: {order}; itself and what is no better are left out",
    "submitted": "{peer} takes the message from {who}",
    "submission_failed": "{who} can't hand it to {peer}",
    "rejected": "{who} is told at once: the mail was not sent",
    "refused_in_session": "{peer} does not take it; {who} keeps the mail and must report",
    "accepted": "{who} is now responsible for the message",
    "accepted_from": "{who} is now responsible for the message, {peer} no longer",
    "activated": "{who} takes it up again",
    "tried_ok": "{who} hands it to {peer}",
    "tried_failed": "{who} tries {peer}: {outcome}",
    "deferred": "{who} keeps it and will try again in {wait}",
    "as_before": "{who} makes {count} more attempts, all with the same outcome as the one before; the last one at +{last}",
    "session_as_above": "(a session as above)",
    "deferred_unknown": "{who} keeps it and will try again",
    "noticed": "{who} tells the sender that the mail is late",
    "expired": "{who} gives up; the last attempt came to: {outcome}",
    "expired_silently": "{who} gives up",
    "bounced": "{who} returns it to the sender",
    "bounced_for": "{who} returns it to the sender: it can't be delivered to {rcpt}",
    "bounced_silently": "{who} gives it up; nobody is told",
    "discarded": "{who} drops the report",
    "discarded_unasked": "{who} gives it up and tells nobody",
    "lost": "{who} goes down and loses it; nobody is told",
    "unknown": "what {who} does next nobody knows: this was the last attempt that anybody has seen",
    "delivered": "{who} is done: {peer} has it",
    "stored": "it is in the mailbox of {rcpt} at {who}",
    "stored_by_alias": "{who} has delivered it to {rcpt}, which is an alias",
    "stored_again": "it is in the mailbox of {rcpt} at {who} once more: copy {copies}",
    "fetched": "{who} has it",
    "login_failed": "{who} is not let in by {peer}",
    "fetch_failed": "{who} looks for mail and does not reach {peer}",
    "fetch_gone": "{who} notices that its open connection to {peer} is gone",
    "fetch_locked": "{who} looks for mail, and {peer} says that another session has the mailbox",
    "fetch_failed_more": "{who} looked for mail {count} times more without success",
    "followed": "report {number} to {rcpt}: {state} after {age}",
    # -- states of a report
    "state_unsent": "not made before the run ended",
    "state_submitting": "under way",
    "state_queued": "still under way",
    "state_stored": "in the mailbox",
    "state_bounced": "returned",
    "state_rejected": "refused",
    "state_discarded": "dropped",
    "state_lost": "destroyed",
    "state_unknown": "unknown",
    # -- where the time went
    "time_submit": "submission",
    "time_resolve": "look-ups",
    "time_failed": "failed contacts",
    "time_transfer": "transfer",
    "time_queue": "waiting in a queue",
    "time_defer": "waiting for the next attempt",
    "time_mailbox": "waiting to be fetched",
    # -- the dialogue
    "connect": "connect to {server} [{address}] port {port}",
    "connect_name": "connect to {server} port {port}",
    "no_answer": "no answer: the client gives up after {cost}",
    "tls": "TLS {version}: from here on encrypted",
    "message_body": "(the message, {size}) .",
    "with_it": "(the commands sent along with it are refused too)",
    "closed": "the connection is gone",
    "no_reply": "no reply: the client gives up, {cost} after it began",
    "reply_lost": "the server took it, but its reply never arrives; the client gives up, {cost} after it began",
    # -- the outcome of a look-up
    "answer_cost": "{why}, {cost}",
    "dns_0": "no such record",
    "dns_2": "SERVFAIL: the resolver could not get an answer",
    "dns_3": "NXDOMAIN: no such name",
    "dns_5": "REFUSED",
    "dns_99": "no answer in time",
    # -- labels of the sequence diagram
    "draw_sent": "sends",
    "draw_more": "{question} + {count} more",
    "draw_message": "message",
    "draw_reply": "{command} → {reply}",
    "draw_silence": "no answer, {cost}",
    "draw_refused": "refused",
    "draw_unreachable": "unreachable",
    "draw_closed": "cut off",
    "draw_lost": "250 lost, {cost}",
    "draw_wait": "waits {wait}",
    "draw_waits": "waits {wait}, put back {count} times",
    "draw_same": "{count} more attempts, the same outcome",
    "draw_bounced": "gives up and reports",
    "draw_gave_up": "gives up",
    "draw_noticed": "tells the sender: late",
    "draw_stored": "in the mailbox",
    "draw_fetch": "looks for mail",
    "draw_fetched": "fetched",
    "draw_report": "report",
    # -- small words
    "reason_line": "why: {sentence}",
    "next_line": "so: {sentence}",
    "cost_line": "took {cost}",
    "first": "first {name}",
    "then": "then {name}",
    "with_preference": "{name} ({preference})",
    "example": "{kind}: message {number}",
}

#: language -> key -> sentence, with the facts in braces
SENTENCES: Mapping[str, Mapping[str, str]] = {"en": _ENGLISH}


def say(key: str, /, *, language: str = "en", **facts: object) -> str:
    """The sentence ``key`` with its facts filled in; every fact is made printable.

    Raises
    ------
    UnknownNameError
        There is no table for ``language``.

    Examples
    --------
    >>> say("deferred", who="isp", wait="5m")
    'isp keeps it and will try again in 5m'
    """
    if language not in SENTENCES:
        raise UnknownNameError("language", language, SENTENCES)
    pattern = SENTENCES[language].get(key) or SENTENCES["en"][key]
    return pattern.format(**{name: printable(str(fact)) for name, fact in facts.items()})


def rough(us: int) -> str:
    """A duration as one says it: no more digits than one can feel.

    Examples
    --------
    >>> [rough(us) for us in (600_400, 31_001_000, 59_980_000, 3_723_000_000)]
    ['600ms', '31s', '1m', '1h 02m 03s']
    """
    step = 1_000 if us < 1_000_000 else 100_000
    return clock(round(us / step) * step if us < 60_000_000 else us)


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def printable(text: str) -> str:
    """Text without power over a terminal: control characters, direction marks and half characters are written out.

    Examples
    --------
    >>> printable("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
