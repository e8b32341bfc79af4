"""The declarations of an MTA's policies at its receiving side: greylisting, limits for clients, verified recipients."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from mailsim.declared import Declared, Duration, HostName
from mailsim.flavours import default
from mailsim.rules.greylist import Greylisting
from mailsim.rules.limits import ClientLimits
from mailsim.rules.verify import Probing

__all__ = ["Greylist", "Greylisted", "Limits", "Recipients", "Verification"]

_Known = Literal["none", "list", "probe"]


def _shape(value: object) -> str:
    """Only one reading of a value is tried, so that only one is complained about."""
    return "mapping" if isinstance(value, dict | Declared) else "word"


#: what a relay knows of its recipients: one word for all domains, or one for each
Recipients = Annotated[Annotated[_Known, Tag("word")] | Annotated[dict[HostName, _Known], Tag("mapping")], Discriminator(_shape)]


class Greylist(Declared):
    """Greylisting as Postgrey 1.37 does it; its defaults.

    Parameters
    ----------
    delay : duration
        Who comes back after so long is let in.
    retry_window : duration
        Who comes back later than so long after its first visit, and was never let in, starts anew.
    max_age : duration
        What was not seen for so long is forgotten.
    auto_whitelist : int
        A client (its address) is welcome after so many successes, of which one an hour counts; 0 for never.
    network, network_v6 : int
        So many bits of the client's address count.
    memory : str, optional
        The name of a memory that several MTAs share; by default each has its own.
    """

    delay: Duration = Field(default_factory=lambda: default("greylist.delay"))
    retry_window: Duration = Field(default_factory=lambda: default("greylist.retry_window"), gt=0)
    max_age: Duration = Field(default_factory=lambda: default("greylist.max_age"), gt=0)
    auto_whitelist: Annotated[int, Field(ge=0)] = Field(default_factory=lambda: default("greylist.auto_whitelist"))
    network: Annotated[int, Field(ge=0, le=32)] = Field(default_factory=lambda: default("greylist.network"))
    network_v6: Annotated[int, Field(ge=0, le=128)] = Field(default_factory=lambda: default("greylist.network_v6"))
    memory: Annotated[str, Field(min_length=1, max_length=63)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Greylist:
        if self.retry_window < self.delay:
            raise ValueError("the retry_window must not be shorter than the delay, or nobody is ever let in")
        return self

    def rules(self) -> Greylisting:
        """The figures as the rule takes them."""
        return Greylisting(self.delay, self.retry_window, self.max_age, self.auto_whitelist, self.network, self.network_v6)


#: just a delay, or all figures
Greylisted = Annotated[Annotated[Duration, Tag("word")] | Annotated[Greylist, Tag("mapping")], Discriminator(_shape)]


class Limits(Declared):
    """What one client may do at port 25 (Postfix anvil(8)); addresses in ``exempt`` may do what they like.

    Parameters
    ----------
    connections : int, optional
        Connections at a time; one more is told 421.
    connection_rate : int, optional
        Connections in a ``unit``; one more is told 421.  By default no limit.
    message_rate : int, optional
        Messages in a ``unit``; one more is told 450 at MAIL.  By default no limit.
    unit : duration
        A unit begins with the first connection after the last unit.
    exempt : tuple of str
        Node names.
    """

    connections: Annotated[int, Field(ge=1)] | None = Field(default_factory=lambda: default("client_limits.connections"))
    connection_rate: Annotated[int, Field(ge=1)] | None = None
    message_rate: Annotated[int, Field(ge=1)] | None = None
    unit: Duration = Field(default_factory=lambda: default("client_limits.unit"), gt=0)
    exempt: tuple[str, ...] = ()

    def rules(self) -> ClientLimits:
        """The figures as the rule takes them."""
        return ClientLimits(self.connections, self.connection_rate, self.message_rate, self.unit)


class Verification(Declared):
    """How recipients are verified by probes (Postfix verify(8)); its defaults.

    Parameters
    ----------
    positive_expire, positive_refresh : duration
        How long a good answer is kept, and when it is asked for anew.
    negative_expire, negative_refresh : duration
        The same for any other answer.
    poll_count, poll_delay : int, duration
        A client waits for a probe's result while the server looks so often, at this interval.
    reject_code : 450 or 550
        What a recipient is told whom the next server refused for good.
    """

    positive_expire: Duration = Field(default_factory=lambda: default("verification.positive_expire"))
    positive_refresh: Duration = Field(default_factory=lambda: default("verification.positive_refresh"))
    negative_expire: Duration = Field(default_factory=lambda: default("verification.negative_expire"))
    negative_refresh: Duration = Field(default_factory=lambda: default("verification.negative_refresh"))
    poll_count: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: default("verification.poll_count"))
    poll_delay: Duration = Field(default_factory=lambda: default("verification.poll_delay"))
    reject_code: Literal[450, 550] = Field(default_factory=lambda: default("verification.reject_code"))

    def rules(self) -> Probing:
        """The figures as the rule takes them."""
        return Probing(
            self.positive_expire, self.positive_refresh, self.negative_expire, self.negative_refresh,
            self.poll_count, self.poll_delay, self.reject_code,
        )  # fmt: skip
