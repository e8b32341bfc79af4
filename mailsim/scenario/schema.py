"""The JSON Schema of a scenario file, for editors and other programs; made from the models, so that it can't fall behind."""

from __future__ import annotations

import inspect
import re
from typing import Any

from mailsim.flavours import mta_flavours, nameserver_flavours, resolver_flavours, sender_mixes, store_flavours, stub_flavours
from mailsim.flavours.models import MtaFigures
from mailsim.nodes import KINDS
from mailsim.scenario.faults import chaos_tools, incidents
from mailsim.scenario.scenario import Scenario
from mailsim.scenario.traffic.preset import traffic_presets
from mailsim.scenario.traffic.shape import shape_presets
from mailsim.scenario.traffic.sizes import size_presets

__all__ = ["schema"]

#: JSON Schema version that pydantic writes
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: what is said about a property, whatever it may hold
_ABOUT = ("description", "title", "default")

#: properties that may be the name of what comes with mailsim
_NAMED = {"size": size_presets, "shape": shape_presets}

_PARAMETER = re.compile(r"^(\w[\w, ]*) : [^\n]*\n((?:    [^\n]*\n?)+)", re.MULTILINE)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a scenario file.

    It knows the shape of a file: keys, kinds, types, ranges and flavours.  What values say about each other (a store that
    does not exist) only loading tells.

    Returns
    -------
    dict
        Ready for ``json.dumps``.
    """
    found: dict[str, Any] = Scenario.model_json_schema(by_alias=True, mode="validation")
    models = found["$defs"]
    for model in (found, *models.values()):
        _describe(model)
        for name, inner in model.get("properties", {}).items():
            model["properties"][name] = _with_shorthand(name, inner)
    for kind, declaration in KINDS.items():
        model = models[declaration.__name__]
        model["required"] = sorted({*model.get("required", ()), "kind"})
        assert model["properties"]["kind"]["const"] == kind
    models["Mta"]["properties"]["flavour"]["examples"] = list(mta_flavours())
    models["Resolver"]["properties"]["flavour"]["enum"] = list(resolver_flavours())
    models["Mailstore"]["properties"]["flavour"]["enum"] = list(store_flavours())
    models["StubSettings"]["properties"]["flavour"]["enum"] = list(stub_flavours())
    models["Nameserver"]["properties"]["flavour"]["anyOf"][0]["enum"] = list(nameserver_flavours())
    models["Incident"]["properties"]["name"]["enum"] = list(incidents())
    models["Chaos"]["properties"]["name"]["enum"] = list(chaos_tools())
    _own_flavours(models)
    models["Preset"]["properties"]["name"]["enum"] = list(traffic_presets())
    found["allOf"] = [_shipped_flavours(list(mta_flavours()))]
    found["required"] = [key for key in found["required"] if key != "name"]  # a file's own name will do
    return {"$schema": _DIALECT, **found, "title": "mailsim scenario"}


def _own_flavours(models: dict[str, Any]) -> None:
    """A flavour of the scenario's own takes every figure of an MTA."""
    own = models["OwnFlavour"]
    figures = MtaFigures.model_json_schema(mode="validation", ref_template="#/$defs/{model}")
    for name, model in figures.pop("$defs").items():
        models.setdefault(name, model)
    own["properties"].update({name: _with_shorthand(name, inner) for name, inner in figures["properties"].items()})
    for name in ("retry", "server_time"):  # without a kind, parts of what is inherited
        own["properties"][name] = {"anyOf": [own["properties"][name], {"type": "object", "not": {"required": ["kind"]}}]}
    own["additionalProperties"] = False


def _shipped_flavours(names: list[str]) -> dict[str, Any]:
    """Where a scenario has no flavours of its own, MTAs and populations name those that come with mailsim."""
    mta = {"if": {"properties": {"kind": {"const": "mta"}}}, "then": {"properties": {"flavour": {"enum": names}}}}
    senders = {"if": {"properties": {"kind": {"const": "senders"}}}, "then": {"properties": {"mix": {"propertyNames": {"enum": names}}}}}
    nodes = {"additionalProperties": {"allOf": [mta, senders]}}
    return {
        "if": {"not": {"required": ["flavours"], "properties": {"flavours": {"minProperties": 1}}}},
        "then": {"properties": {"nodes": nodes}},
    }


def _describe(model: dict[str, Any]) -> None:
    """Give each property its line of the docstring, for editors."""
    text = inspect.cleandoc(model.get("description", ""))
    if not text:
        return
    summary, _, rest = text.partition("\nParameters\n")
    model["description"] = summary.strip()
    for names, meaning in _PARAMETER.findall(rest):
        for name in names.split(", "):
            if name in model.get("properties", {}):
                model["properties"][name].setdefault("description", " ".join(meaning.split()))


def _with_names(inner: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A value that may be written as the name of one that comes with mailsim; a size as one size, or log-normal without a kind."""
    about = {key: value for key, value in inner.items() if key in _ABOUT}
    rest = {key: value for key, value in inner.items() if key not in _ABOUT}
    if "oneOf" not in rest:
        return {**about, "anyOf": [{"enum": list(names)}, rest]}
    lognormal = {"allOf": [{"$ref": "#/$defs/Sizes"}, {"not": {"required": ["kind"]}}]}
    kinds = [kind if kind != {"$ref": "#/$defs/Sizes"} else {**kind, "required": ["kind"]} for kind in rest["oneOf"]]
    return {**about, "anyOf": [{"type": ["string", "integer"], "examples": ["20 kB", *names]}, lognormal, *kinds]}


def _with_shorthand(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    """What may be written shorter: a list as its only entry, a constant distribution or size as its value."""
    if name == "to" and "oneOf" in inner:
        return {**{key: value for key, value in inner.items() if key in _ABOUT}, "anyOf": [{"type": "string"}, *inner["oneOf"]]}
    if name == "mix" and inner.get("type") == "object":
        about = {key: value for key, value in inner.items() if key in _ABOUT}
        return {**about, "anyOf": [{"enum": list(sender_mixes())}, {key: value for key, value in inner.items() if key not in _ABOUT}]}
    if name in _NAMED:
        return _with_names(inner, _NAMED[name]())
    if name in ("to", "address") and inner.get("type") == "array":
        about = {key: value for key, value in inner.items() if key in _ABOUT}
        return {**about, "anyOf": [{"type": "string"}, {key: value for key, value in inner.items() if key not in _ABOUT}]}
    for model in ("DrawnDuration", "Spell"):
        if inner.get("$ref") == f"#/$defs/{model}":
            about = {key: value for key, value in inner.items() if key != "$ref"}
            return {**about, "anyOf": [{"$ref": inner["$ref"]}, {"type": ["string", "integer"]}]}
        if {"$ref": f"#/$defs/{model}"} in inner.get("anyOf", ()):
            return {**inner, "anyOf": [*inner["anyOf"], {"type": ["string", "integer"]}]}
    return inner
