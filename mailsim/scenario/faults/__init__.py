"""Faults and planned changes as declared: each kind is one file, which compiles to conditions (:mod:`mailsim.scenario.timeline`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.scenario.faults.address import AddressFault
from mailsim.scenario.faults.base import (
    FAULT_KINDS,
    Effect,
    FaultDeclaration,
    FlushRequest,
    Ground,
    Place,
    Window,
    ZoneEdit,
    fault_kind,
)
from mailsim.scenario.faults.bogus import BogusZone
from mailsim.scenario.faults.capacity import Capacity
from mailsim.scenario.faults.change import Change
from mailsim.scenario.faults.crash import Crash
from mailsim.scenario.faults.dns import DnsFault
from mailsim.scenario.faults.flush import Flush
from mailsim.scenario.faults.full import DiskFull, MailboxFull
from mailsim.scenario.faults.incident import Chaos, Incident
from mailsim.scenario.faults.lossy import Lossy
from mailsim.scenario.faults.outage import Outage
from mailsim.scenario.faults.partition import Partition
from mailsim.scenario.faults.policy import PolicyFault
from mailsim.scenario.faults.presets import Preset, chaos_tools, incidents
from mailsim.scenario.faults.restart import Restart
from mailsim.scenario.faults.slow import Slow
from mailsim.scenario.faults.stuck import Stuck
from mailsim.scenario.faults.when import Drawn, Every, Spell
from mailsim.scenario.faults.wrong_records import WrongRecords

__all__ = [
    "FAULT_KINDS",
    "AddressFault",
    "BogusZone",
    "Capacity",
    "Change",
    "Chaos",
    "Crash",
    "DiskFull",
    "DnsFault",
    "Drawn",
    "Effect",
    "Every",
    "Fault",
    "FaultDeclaration",
    "Flush",
    "FlushRequest",
    "Ground",
    "Incident",
    "Lossy",
    "MailboxFull",
    "Outage",
    "Partition",
    "Place",
    "PolicyFault",
    "Preset",
    "Restart",
    "Slow",
    "Spell",
    "Stuck",
    "Window",
    "WrongRecords",
    "ZoneEdit",
    "chaos_tools",
    "fault_kind",
    "incidents",
]

#: any fault, told apart by ``kind``
Fault = Annotated[
    Outage
    | DnsFault
    | AddressFault
    | Stuck
    | WrongRecords
    | Crash
    | Restart
    | Flush
    | DiskFull
    | MailboxFull
    | PolicyFault
    | BogusZone
    | Incident
    | Chaos
    | Partition
    | Slow
    | Lossy
    | Capacity,
    Field(discriminator="kind"),
]
