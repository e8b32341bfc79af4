"""When the next attempt is due and when there is none: pure schedules, one file a mechanism."""

from mailsim.rules.retry.age_clamped import AgeClampedPolicy
from mailsim.rules.retry.bursts import BurstPolicy
from mailsim.rules.retry.every_run import EveryRunPolicy
from mailsim.rules.retry.exponential import ExponentialPolicy
from mailsim.rules.retry.giving_up import GivingUp
from mailsim.rules.retry.grid import next_scan
from mailsim.rules.retry.host_records import HostRecord, HostRecordPolicy, RuleStep
from mailsim.rules.retry.ladder import AgeStepsPolicy, LadderPolicy
from mailsim.rules.retry.listed import ListedPolicy
from mailsim.rules.retry.policy import RetryPolicy
from mailsim.rules.retry.quadratic import QuadraticPolicy, RootPolicy
from mailsim.rules.retry.walk import Attempts, lone_attempts

__all__ = [
    "AgeClampedPolicy",
    "AgeStepsPolicy",
    "Attempts",
    "BurstPolicy",
    "EveryRunPolicy",
    "ExponentialPolicy",
    "GivingUp",
    "HostRecord",
    "HostRecordPolicy",
    "LadderPolicy",
    "ListedPolicy",
    "QuadraticPolicy",
    "RetryPolicy",
    "RootPolicy",
    "RuleStep",
    "lone_attempts",
    "next_scan",
]
