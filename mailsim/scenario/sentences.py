"""What pydantic found wrong, in plain sentences at the places of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from mailsim.errors import Problem, did_you_mean
from mailsim.nodes import KINDS
from mailsim.scenario.document import Document, Path

__all__ = ["problems_of", "real_path", "sentences_of"]

_LONGEST_SHOWN = 60


def problems_of(error: ValidationError, document: Document, *, root: type[BaseModel] | None = None) -> list[Problem]:
    """One problem for each wrong value of a read file; ``root`` is as for :func:`sentences_of`."""
    return [document.problem(path, what, key=key) for path, what, key in sentences_of(error, document.value, root=root)]


def sentences_of(error: ValidationError, value: Any, *, root: type[BaseModel] | None = None) -> list[tuple[Path, str, bool]]:
    """Where, what, and whether it is the key that is wrong: one for each wrong value.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    value : object
        The plain values that were validated.
    root : type, optional
        The model that was validated; it knows the keys for "did you mean".
    """
    found: dict[tuple[Path, str], bool] = {}
    for one in error.errors(include_url=False):
        if one["type"] == "too_short" and one["input"]:
            continue  # it has entries, and what is wrong with them is told
        if one["type"] == "default_factory_not_called":
            continue  # the default follows from another value, and what is wrong with that is told
        path = real_path(one["loc"], value, missing=one["type"] == "missing")
        if one["type"] == "union_tag_invalid" and one["ctx"]["discriminator"] == "'kind'":
            path = (*path, "kind")
        found.setdefault((path, _sentence(one, root)), one["type"] in {"extra_forbidden", "missing"})
    return [(path, what, key) for (path, what), key in found.items()]


def real_path(loc: Iterable[str | int], value: Any, *, missing: bool = False) -> Path:
    """The path in the document: pydantic's own, without the tags of unions and the names of validators that it puts in.

    With ``missing`` the last part of ``loc`` is a key that should be there.
    """
    path: list[str | int] = []
    parts = list(loc)
    for k, part in enumerate(parts):
        if isinstance(value, dict) and part in value:
            path.append(part)
            value = value[str(part)]
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            path.append(part)
            value = value[part]
        elif missing and k == len(parts) - 1:
            path.append(part)
    return tuple(path)


def _shown(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        return "a huge number"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def _sentence(one: Any, root: type[BaseModel] | None) -> str:
    kind, value, ctx = one["type"], one.get("input"), one.get("ctx", {})
    if kind == "value_error":
        return str(ctx["error"])
    if kind in _SENTENCES:
        return _SENTENCES[kind](value, ctx)
    last = one["loc"][-1] if one["loc"] else ""
    if kind == "extra_forbidden":
        return f"unknown key {last!r}{_hint(str(last), _keys_at(root, one['loc'][:-1]))}"
    if kind == "missing":
        return f"the key {last!r} is missing"
    return f"{one['msg'][:1].lower()}{one['msg'][1:]}, not {_shown(value)}"


def _hint(word: str, known: list[str]) -> str:
    near = did_you_mean(word, known)
    return near or (f"; there is: {', '.join(known)}" if known else "")


def _expects(what: str) -> Callable[[Any, Any], str]:
    return lambda value, ctx: f"{what} is expected here, not {_shown(value)}"


def _text(value: Any, ctx: Any) -> str:
    quotes = "; write it in quotes" if isinstance(value, int | float) else ""
    return f"a text is expected here, not {_shown(value)}{quotes}"


def _literal(value: Any, ctx: Any) -> str:
    words = ctx["expected"].replace(" or ", ", ").split(", ")
    near = did_you_mean(str(value), [word.strip("'") for word in words])
    return f"{_shown(value)} is not possible here{near or '; write ' + ctx['expected']}"


def _tag(value: Any, ctx: Any) -> str:
    known = [word.strip("' ") for word in ctx["expected_tags"].split(",")]
    what = "kind" if ctx.get("discriminator") == "'kind'" else str(ctx.get("discriminator"))
    return f"unknown {what} {str(ctx['tag'])[:_LONGEST_SHOWN]!r}{_hint(str(ctx['tag']), known)}"


def _no_tag(value: Any, ctx: Any) -> str:
    return "the key 'kind' is missing; it says what this is"


_SENTENCES: dict[str, Callable[[Any, Any], str]] = {
    "literal_error": _literal,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _no_tag,
    "string_type": _text,
    "int_type": _expects("a whole number"),
    "int_parsing": _expects("a whole number"),
    "int_from_float": _expects("a whole number"),
    "int_parsing_size": _expects("a smaller number"),
    "float_type": _expects("a number"),
    "float_parsing": _expects("a number"),
    "finite_number": _expects("a finite number"),
    "bool_type": _expects("true or false"),
    "bool_parsing": _expects("true or false"),
    "dict_type": _expects("a mapping (key: value)"),
    "model_type": _expects("a mapping (key: value)"),
    "model_attributes_type": _expects("a mapping (key: value)"),
    "tuple_type": _expects("a list"),
    "list_type": _expects("a list"),
    "too_short": lambda value, ctx: "the list is empty; it needs at least one entry",
    "greater_than": lambda value, ctx: f"{_shown(value)} is too small; it must be more than {ctx['gt']:g}",
    "greater_than_equal": lambda value, ctx: f"{_shown(value)} is too small; the smallest is {ctx['ge']:g}",
    "less_than": lambda value, ctx: f"{_shown(value)} is too large; it must be less than {ctx['lt']:g}",
    "less_than_equal": lambda value, ctx: f"{_shown(value)} is too large; the largest is {ctx['le']:g}",
    "string_too_long": lambda value, ctx: f"the text is longer than {ctx['max_length']} characters",
    "string_too_short": lambda value, ctx: "an empty text is not possible here",
}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation mentions, through unions, containers and ``Annotated``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _keys_at(root: type[BaseModel] | None, loc: Iterable[str | int]) -> list[str]:
    """The keys that are allowed where ``loc`` (with pydantic's tags) points."""
    models = [root] if root is not None else []
    for part in loc:
        if part in KINDS and KINDS[str(part)] in models:
            models = [KINDS[str(part)]]
            continue
        tagged = [m for m in models if "kind" in m.model_fields and part in get_args(m.model_fields["kind"].annotation)]
        fields = [f for m in models for name, f in m.model_fields.items() if part in (f.alias or name, name)]
        if fields:
            models = [model for f in fields for model in _models_in(f.annotation)]
        elif tagged:
            models = tagged
    return list(dict.fromkeys(f.alias or name for m in models for name, f in m.model_fields.items()))
