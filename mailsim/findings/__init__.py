"""What is wrong or risky in a set-up though it loads: named findings, worst first, each with its place, its mend and its source.

Whatever real DNS permits (MX to nothing, to an address, to a CNAME, null MX) is no error of a file; it is found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.findings.listing import Findings
from mailsim.findings.people import PEOPLE
from mailsim.findings.policies import POLICIES
from mailsim.findings.records import RECORDS
from mailsim.findings.redundancy import REDUNDANCY
from mailsim.findings.routes import ROUTES
from mailsim.findings.view import SEVERITIES, Finding, View

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["SEVERITIES", "Finding", "Findings", "findings"]


def findings(scenario: Scenario) -> Findings:
    """Everything found in a scenario, the worst first, else in the order of the checks.

    Returns
    -------
    Findings
        A list of :class:`Finding`, which a notebook shows as a page.  ``error``: mail is lost or returned for certain ·
        ``warning``: a risk, or protection that is none · ``note``: worth knowing.
    """
    view = View(scenario)
    found = [finding for check in (*ROUTES, *POLICIES, *PEOPLE, *REDUNDANCY, *RECORDS) for finding in check(view)]
    return Findings(sorted(dict.fromkeys(found), key=lambda finding: SEVERITIES.index(finding.severity)))
