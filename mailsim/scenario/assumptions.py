"""Every figure that a run of a scenario rests on: value, unit, source, and whether it was given, is a default, or unverified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mailsim.declared import Declared
from mailsim.flavours import Figure, OwnFlavour, default, defaults, flavour, sender_mixes
from mailsim.nodes import Client, Mailstore, Mta, Nameserver, Resolver, Senders
from mailsim.scenario.assumed import Assumption, Assumptions, Status
from mailsim.scenario.faults import Chaos, Incident
from mailsim.scenario.traffic import Preset
from mailsim.scenario.traffic.diurnal import Shaped
from mailsim.scenario.traffic.shape import shape_presets
from mailsim.scenario.traffic.sizes import size_presets
from mailsim.units import duration, micros, octets, rate

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["Assumption", "Assumptions", "assumptions"]

#: what is set at the node itself and not among its parameters
_OWN = ("queue_lifetime", "max_sessions")
_GIVEN = "the scenario"
#: beside every figure of drawn outages
_OUTAGES = (
    "the scenario; an assumption: no distribution of the outages of mail servers was found, and figures about outages are to be "
    "read sceptically (Uptime Institute, Annual Outage Analysis 2024, key findings)"
)


def assumptions(scenario: Scenario) -> Assumptions:
    """All figures of a scenario, in the order of the file: links, run, nodes with their programs, policies, traffic, faults."""
    return Assumptions((
        *_links(scenario),
        *_clock(scenario),
        *(row for name, node in scenario.nodes.items() for row in _node(f"nodes.{name}", node, scenario.flavours)),
        *_sts_policies(scenario),
        *(row for k, stream in enumerate(scenario.traffic) for row in _traffic(f"traffic[{k}]", stream)),
        *(row for k, fault in enumerate(scenario.faults) for row in _fault(f"faults[{k}]", fault)),
    ))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_text(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unit(path: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, dict):
        return "distribution" if {"median", "mean", "value", "low"} & value.keys() else "rule"
    if path.endswith("bandwidth"):
        return "bit/s"
    if path.endswith(("size_limit", "quota")):
        return "size"
    if isinstance(value, int):
        return "count"
    if isinstance(value, float):
        return "factor"
    for read, unit in ((micros, "duration"), (octets, "size")):
        try:
            read(value)
        except ValueError:
            continue
        return unit
    return "word"


def _row(path: str, value: Any, figure: Figure | None, *, given: bool) -> Assumption:
    if given or figure is None:
        return Assumption(path, _text(value), _unit(path, value), _GIVEN, "given")
    if figure.source == _GIVEN:  # a flavour of the scenario's own
        return Assumption(path, _text(figure.value), _unit(path, figure.value), _GIVEN, "given")
    return Assumption(path, _text(figure.value), _unit(path, figure.value), figure.source, "default" if figure.verified else "unverified")


def _chosen(path: str, name: str, model: Any, field: str) -> Assumption:
    """A field that has a default of its own in defaults.toml."""
    value = model.model_dump(mode="json", include={field}, exclude_none=True).get(field)
    return _row(path, value, defaults()[name], given=field in model.model_fields_set)


def _clock(scenario: Scenario) -> Iterator[Assumption]:
    """When the run starts and ends; these defaults are conventions, not measurements."""
    values = scenario.values()
    for key, source in (
        ("starts", "convention: a Monday at midnight, never the wall clock"),
        ("run_until", "convention: until no mail is under way any more"),
        ("warm_up", "convention: traffic counts from the start unless a warm-up is given"),
    ):
        given = key in scenario.model_fields_set
        yield Assumption(
            key, values[key], "word" if key != "warm_up" else "duration", _GIVEN if given else source, "given" if given else "default"
        )


def _links(scenario: Scenario) -> Iterator[Assumption]:
    named = scenario.links
    for key in dict.fromkeys(("default", "local", *named)):
        link = named.get(key)
        path = f"links.{key}" if "." not in key and ":" not in key else f"links[{key}]"
        rtt = defaults()["link.local_rtt" if key == "local" and link is None else "link.rtt"]
        if link is None:
            yield _row(f"{path}.rtt", None, rtt, given=False)
            yield _row(f"{path}.bandwidth", None, defaults()["link.bandwidth"], given=False)
        else:
            values = link.model_dump(mode="json", exclude_none=True)
            yield _row(f"{path}.rtt", values["rtt"], rtt, given="rtt" in link.model_fields_set)
            yield _row(
                f"{path}.bandwidth",
                values.get("bandwidth", "none"),
                defaults()["link.bandwidth"],
                given="bandwidth" in link.model_fields_set,
            )


def _node(path: str, node: Any, own: Mapping[str, OwnFlavour]) -> Iterator[Assumption]:
    if isinstance(node, Mta | Resolver):
        yield from _program(path, node, own)
        if isinstance(node, Mta):
            yield from _policies(path, node)
    elif isinstance(node, Client) and node.fetch is not None:
        yield _chosen(f"{path}.fetch.every", "client.poll_every", node.fetch, "every")
        yield _chosen(f"{path}.fetch.timeout", "client.connect_timeout", node.fetch, "timeout")
        yield _chosen(f"{path}.fetch.login_tries", "client.login_tries", node.fetch, "login_tries")
        yield _chosen(f"{path}.fetch.idle", "client.idle", node.fetch, "idle")
        if node.fetch.protocol == "pop3":
            yield _chosen(f"{path}.fetch.leave_on_server", "client.leave_on_server", node.fetch, "leave_on_server")
        if node.fetch.reconnect is not None:
            yield Assumption(f"{path}.fetch.reconnect", duration(node.fetch.reconnect), "duration", _GIVEN, "given")
            yield _chosen(f"{path}.fetch.keepalive", "client.keepalive", node.fetch, "keepalive")
            yield _chosen(f"{path}.fetch.reissue", "client.reissue", node.fetch, "reissue")
    elif isinstance(node, Senders):
        if any(node.mix == default(f"sender_mix.{name}") for name in sender_mixes()):
            yield _named(f"{path}.mix", "sender_mix", sender_mixes(), node.mix)
        else:
            yield _chosen(f"{path}.mix", "senders.mix", node, "mix")
        yield _chosen(f"{path}.domains", "senders.domains", node, "domains")
        for name in node.mix:
            found = flavour(name, "mta", own=own)
            for key, figure in found.figures.items():
                yield _row(f"{path}.mix.{name}.{key}", None, figure, given=False)
    elif isinstance(node, Nameserver):
        for k, check in enumerate(node.health_checks):
            for field in ("every", "fall", "rise", "ttl"):
                yield _chosen(f"{path}.health_checks[{k}].{field}", f"health_check.{field}", check, field)
    elif isinstance(node, Mailstore):
        yield from _program(path, node, own)
        for address, mailbox in node.mailboxes.items():
            if mailbox.quota is not None:
                yield Assumption(f"{path}.mailboxes[{address}].quota", f"{mailbox.quota} B", "size", _GIVEN, "given")


def _policies(path: str, node: Mta) -> Iterator[Assumption]:
    """The figures of the policies that a mail server has."""
    probes = any(node.knows_recipients(domain) == "probe" for domain in node.relays_for)
    for area, policy in (
        ("greylist", node.greylist),
        ("client_limits", node.client_limits),
        ("verification", node.verification if probes else None),
    ):
        if isinstance(policy, Declared):
            for field in type(policy).model_fields:
                if f"{area}.{field}" in defaults():
                    yield _chosen(f"{path}.{area}.{field}", f"{area}.{field}", policy, field)


def _program(path: str, node: Mta | Resolver | Mailstore, own: Mapping[str, OwnFlavour]) -> Iterator[Assumption]:
    """The figures of a program: the flavour's, with what the scenario says instead."""
    found = flavour(node.flavour, node.kind, own=own)
    status: Status = "given" if "flavour" in node.model_fields_set else "default"
    yield Assumption(f"{path}.flavour", node.flavour, "word", found.program, status)
    for key, figure in found.figures.items():
        beside = getattr(node, key, None) if key in _OWN else None
        if beside is not None:
            yield _row(f"{path}.{key}", duration(beside) if key == "queue_lifetime" else beside, figure, given=True)
        elif key in node.parameters:
            yield _row(f"{path}.parameters.{key}", node.parameters[key], figure, given=True)
        else:
            yield _row(f"{path}.{key}" if key in _OWN and isinstance(node, Mta) else f"{path}.parameters.{key}", None, figure, given=False)
    for key in node.parameters:
        if key not in found.figures:
            yield _row(f"{path}.parameters.{key}", node.parameters[key], None, given=True)


def _sts_policies(scenario: Scenario) -> Iterator[Assumption]:
    for domain, policy in scenario.policies.items():
        path = f"policies[{domain}]"
        yield Assumption(f"{path}.max_age", duration(policy.max_age), "duration", _GIVEN, "given")
        yield _chosen(f"{path}.fetch_time", "policies.fetch_time", policy, "fetch_time")


def _fault(path: str, fault: Any) -> Iterator[Assumption]:
    """What is drawn, and what a preset fills in."""
    if fault.drawn is not None:
        for key in ("up", "down"):
            yield Assumption(f"{path}.drawn.{key}", getattr(fault.drawn, key).words, "distribution", _OUTAGES, "unverified")
        state = "just repaired" if fault.drawn.fresh else "in service for long"
        yield Assumption(f"{path}.drawn.fresh", _text(fault.drawn.fresh), "yes or no", f"convention: {state} at the start", "default")
        if fault.together is not None:
            yield Assumption(f"{path}.together", f"{fault.together:g}", "factor", _OUTAGES, "unverified")
    if isinstance(fault, Incident | Chaos):
        preset = fault.preset
        if preset.windows and not any((fault.length, fault.until, fault.every, fault.drawn, fault.log)):
            yield Assumption(f"{path}.length", duration(preset.length_us), "duration", preset.source, "default")
        filled = f"{preset.source}; assumed: {preset.assumed}" if preset.assumed else preset.source
        without = f"; left out: {preset.lacks}" if preset.lacks else ""
        status: Status = "unverified" if preset.assumed or preset.lacks else "default"
        yield Assumption(f"{path}.name", preset.name, "rule", filled + without, status)


def _traffic(path: str, stream: Any) -> Iterator[Assumption]:
    if isinstance(stream, Preset):
        figure = defaults()[f"traffic_preset.{stream.name}"]
        yield _row(f"{path}.rate", rate(stream.rate), figure, given="rate" in stream.model_fields_set)
    if isinstance(stream, Shaped):
        yield _named(f"{path}.shape", "shape", shape_presets(), stream.shape)
    if stream.size.kind == "constant":
        yield Assumption(f"{path}.size", f"{stream.size.value} B", "size", _GIVEN, "given")
    elif stream.size.kind == "lognormal":
        yield _chosen(f"{path}.size.median", "traffic.size_median", stream.size, "median")
        yield _chosen(f"{path}.size.sigma", "traffic.size_sigma", stream.size, "sigma")
    else:
        yield _named(f"{path}.size", "size_preset", size_presets(), stream.size)


def _named(path: str, area: str, names: Iterable[str], model: Any) -> Assumption:
    """What may be one of those that come with mailsim by name; then it has its source, whoever wrote the name."""
    for name in names:
        figure = defaults()[f"{area}.{name}"]
        value = figure.value if isinstance(model, dict) else type(model).model_validate(figure.value) if _fits(figure, model) else None
        if value == model:
            return Assumption(path, name, "distribution", figure.source, "default" if figure.verified else "unverified")
    values = model if isinstance(model, dict) else model.model_dump(mode="json", exclude_none=True)
    return Assumption(path, _text(values), "distribution", _GIVEN, "given")


def _fits(figure: Figure, model: Any) -> bool:
    return bool(figure.value.get("kind") == getattr(model, "kind", None))
