"""YAML for configuration that strangers may write: small, plain, and each key once.

Aliases are refused altogether: a few lines of them unfold to more than any memory (a "YAML bomb").
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from hub.errors import ManifestError

MAX_BYTES: Final = 65_536
MAX_DEPTH: Final = 12

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one where libyaml is there
_STANDARD: Final = "tag:yaml.org,2002:"
_COLLECTIONS: Final = frozenset({f"{_STANDARD}{kind}" for kind in ("seq", "map")})
_SHOWN: Final = 40  # characters of a value in a message


def load(text: str) -> Any:
    """Return what a YAML text says, as lists, dictionaries and scalars.

    Args:
        text: One YAML document.

    Raises:
        ManifestError: It is no YAML, too large or too deep, or holds an alias, a tag of its own, a key
            twice, a key that is no text, or a value that is not what it claims to be.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ManifestError("", f"holds more than {MAX_BYTES} bytes")
    try:
        loader = _Loader(text)
        try:
            return _document(loader)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ManifestError("", f"is no YAML: {_in_one_line(error)}") from error


def _document(loader: Any) -> Any:
    """Build the value from one event after the other: nothing is ever unfolded, nor deeper than it may be."""
    loader.get_event()  # the stream begins
    if type(loader.get_event()) is yaml.StreamEndEvent:
        return None
    value = _value(loader, loader.get_event(), 0)
    loader.get_event()  # the document ends
    if type(after := loader.get_event()) is not yaml.StreamEndEvent:
        raise ManifestError("", f"is no YAML: {_line(after.start_mark)}another document begins")
    return value


def _value(loader: Any, event: Any, depth: int) -> Any:
    _refuse_alias(event)
    if type(event) is yaml.ScalarEvent:
        return _scalar(loader, event)
    if depth == MAX_DEPTH:
        raise ManifestError(
            "", f"{_line(event.start_mark)}is nested deeper than {MAX_DEPTH} levels"
        )
    if event.tag not in {None, "!"} and event.tag not in _COLLECTIONS:
        raise _foreign(event, event.tag)
    build = _mapping if type(event) is yaml.MappingStartEvent else _sequence
    return build(loader, depth + 1)


def _mapping(loader: Any, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while type(event := loader.get_event()) is not yaml.MappingEndEvent:
        key = _key(loader, event)
        if key in found:
            raise ManifestError(
                key, f"stands there twice, in line {event.start_mark.line + 1} again"
            )
        found[key] = _value(loader, loader.get_event(), depth)
    return found


def _sequence(loader: Any, depth: int) -> list[Any]:
    found = []
    while type(event := loader.get_event()) is not yaml.SequenceEndEvent:
        found.append(_value(loader, event, depth))
    return found


def _key(loader: Any, event: Any) -> str:
    _refuse_alias(event)
    if type(event) is not yaml.ScalarEvent or _kind(loader, event) != "str":
        raise ManifestError("", f"{_line(event.start_mark)}a key must be plain text")
    return str(event.value)


def _scalar(loader: Any, event: Any) -> Any:
    kind = _kind(loader, event)
    if kind in {"str", "timestamp"}:  # there are no dates in a manifest
        return event.value
    if kind not in {"int", "float", "bool", "null"}:
        raise _foreign(event, f"{_STANDARD}{kind}")
    node = yaml.ScalarNode(f"{_STANDARD}{kind}", event.value)
    try:
        return getattr(loader, f"construct_yaml_{kind}")(node)
    except (ValueError, KeyError):  # such as ``!!int x``, ``0b_``, or more digits than Python reads
        shown = event.value[:_SHOWN]
        raise ManifestError("", f"{_line(event.start_mark)}{shown!r} is no {kind}") from None


def _kind(loader: Any, event: Any) -> str:
    """What a scalar is, as it says itself or as it looks."""
    tag = event.tag
    if tag in {None, "!"}:
        if not event.implicit[0]:
            return "str"  # it stands in quotes
        tag = loader.resolve(yaml.ScalarNode, event.value, event.implicit)
    if not tag.startswith(_STANDARD):
        raise _foreign(event, tag)
    return str(tag.removeprefix(_STANDARD))


def _refuse_alias(event: Any) -> None:
    if event.anchor or type(event) is yaml.AliasEvent:
        raise ManifestError("", f"{_line(event.start_mark)}anchors and aliases are not allowed")


def _foreign(event: Any, tag: str) -> ManifestError:
    return ManifestError("", f"{_line(event.start_mark)}the tag {tag!r} is not allowed")


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""


def _in_one_line(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error)
    return f"{_line(getattr(error, 'problem_mark', None))}{' '.join(str(problem).split())}"
