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
_PLAIN_TAGS: Final = {
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")
}


def load(text: str) -> Any:
    """Return what a YAML text says, as lists, dictionaries and scalars.

    Args:
        text: One YAML document.

    Raises:
        ManifestError: It is no YAML, too large or too deep, or holds an alias, a tag of its own, a key
            twice, or a key that is no text.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ManifestError("", f"holds more than {MAX_BYTES} bytes")
    try:
        loader = _Loader(text)
        try:
            _refuse_aliases(text)
            node = loader.get_single_node()
            return None if node is None else _value(loader, node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ManifestError("", f"is no YAML: {_in_one_line(error)}") from error


def _refuse_aliases(text: str) -> None:
    """Look at the events alone: nothing is unfolded yet."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ManifestError("", f"{_line(event.start_mark)}anchors and aliases are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(
            event, yaml.CollectionEndEvent
        )
        if depth > MAX_DEPTH:
            raise ManifestError(
                "", f"{_line(event.start_mark)}is nested deeper than {MAX_DEPTH} levels"
            )


def _value(loader: Any, node: yaml.Node) -> Any:
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value  # there are no dates in a manifest
    if node.tag not in _PLAIN_TAGS:
        raise ManifestError("", f"{_line(node.start_mark)}the tag {node.tag!r} is not allowed")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in found:
                raise ManifestError(
                    key, f"stands there twice, in line {key_node.start_mark.line + 1} again"
                )
            found[key] = _value(loader, value_node)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each) for each in node.value]
    return loader.construct_object(node)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        raise ManifestError("", f"{_line(node.start_mark)}a key must be plain text")
    return str(node.value)


def _line(mark: Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""


def _in_one_line(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error)
    return f"{_line(getattr(error, 'problem_mark', None))}{' '.join(str(problem).split())}"
