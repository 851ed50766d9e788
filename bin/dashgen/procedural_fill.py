"""A first canvas from a newcomer's answers: built-in templates, no model and no chance."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import msgspec

from dashgen.canvas_schema import (
    DEFAULT_THEME,
    MAX_DESCRIPTION,
    MAX_TITLE,
    CanvasDraft,
    Source,
)
from dashgen.room_schema import Component, RoomState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashgen.canvas_schema import SignupContext

FILL_VERSION: Final = 2

# What stands in one line on the narrowest stage that is drawn to scale, and how far apart lines are there.
_EYEBROW_CHARACTERS: Final = 44
_HERO_CHARACTERS: Final = 30
_BODY_CHARACTERS: Final = 56
_BODY_LINES: Final = 3
_HERO_LINE: Final = 112
_BODY_LINE: Final = 80


class _Preset(msgspec.Struct, frozen=True):
    """A kind of canvas.

    Attributes:
        name: What it is called.
        sprites: What stands in it, from left to right.
        words: Words in the answers that speak for it.
        vibe: The vibe that picks it when no word does.
    """

    name: str
    sprites: tuple[str, str, str]
    words: frozenset[str]
    vibe: str


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.casefold()))


_STUDIO: Final = _Preset("studio", ("desk", "window", "mug"), frozenset(), "studio")
_PRESETS: Final = (
    _Preset(
        "library",
        ("bookshelf", "typewriter", "lamp"),
        _words("book books novel novels write writer writing poem poetry essay story blog words"),
        "cozy",
    ),
    _Preset(
        "arcade",
        ("arcade", "rug", "sign"),
        _words("game games arcade player puzzle pixel level quest"),
        "arcade",
    ),
    _Preset(
        "music_lab",
        ("piano", "record", "speaker"),
        _words("music song songs album band beat beats guitar piano sound podcast concert"),
        "lounge",
    ),
    _Preset(
        "gallery",
        ("easel", "frame", "plant"),
        _words("art paint painting draw drawing photo photos photography film design illustration"),
        "gallery",
    ),
    _Preset(
        "workshop",
        ("workbench", "toolbox", "clock"),
        _words("app apps code software tool tools robot hardware website machine startup shop"),
        "shop",
    ),
    _STUDIO,
)
# The colour schemes of the first run that are not the name of a theme themselves.
_THEMES: Final = {"cool": "ocean"}
_SCHEMES: Final = frozenset({"warm", "forest", "midnight", "amber", "aurora"})
_GITHUB_HANDLE: Final = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", re.ASCII)


def fill(context: SignupContext) -> CanvasDraft:
    """Furnish a first canvas. The same answers give the same canvas, down to its ids.

    Args:
        context: The answers; any of them may be empty.

    Returns:
        A draft with four to eight components whose text takes the answers up.
    """
    preset = _preset_for(context)
    place = f"{context.handle}'s {_spoken(preset)}" if context.handle else f"My {_spoken(preset)}"
    return CanvasDraft(
        room_state=RoomState(
            preset=preset.name, ambient=preset.name, components=_furnish(context, preset, place)
        ),
        theme=_theme_for(context.color_scheme),
        title=_cut(place, MAX_TITLE),
        description=_cut(_description(context, preset), MAX_DESCRIPTION),
        source=Source.procedural_fill,
        source_metadata={
            "fill_version": FILL_VERSION,
            "preset": preset.name,
            "answers": msgspec.to_builtins(context),
        },
    )


def _preset_for(context: SignupContext) -> _Preset:
    said = _words(f"{context.building} {context.problem}")
    best = max(_PRESETS, key=lambda preset: len(preset.words & said))
    if best.words & said:
        return best
    vibe = context.vibe.strip().casefold()
    return next((preset for preset in _PRESETS if preset.vibe == vibe), _STUDIO)


def _theme_for(scheme: str) -> str:
    name = scheme.strip().casefold()
    return name if name in _SCHEMES else _THEMES.get(name, DEFAULT_THEME)


def _description(context: SignupContext, preset: _Preset) -> str:
    article = "An" if preset.name[0] in "aeiou" else "A"
    place = f"{article} {_spoken(preset)} where everything can be changed."
    if not context.building:
        return place
    # What is built stands as a sentence of its own: nobody's capitals are ours to bend.
    end = "" if context.building[-1] in ".!?" else "."
    return f"{context.building}{end} {place}"


def _furnish(context: SignupContext, preset: _Preset, place: str) -> list[Component]:
    key = hashlib.sha256(msgspec.json.encode(context)).hexdigest()[:6]
    components = list(_components(context, preset, place))
    for number, component in enumerate(components):
        component.id = f"comp_{key}{number:02x}"
    return components


def _components(context: SignupContext, preset: _Preset, place: str) -> Iterator[Component]:
    making = _cut(f"Making: {context.building}", _EYEBROW_CHARACTERS)
    mind = _cut(f"On my mind: {context.problem}", _BODY_CHARACTERS * _BODY_LINES)
    below = 336 + _HERO_LINE * (_lines(place, _HERO_CHARACTERS) - 1)
    foot = below + 160 + _BODY_LINE * (_lines(mind, _BODY_CHARACTERS) - 1)
    if context.building:
        yield _at(160, 112, "text", text=making, variant="eyebrow")
    yield _at(160, 176, "text", text=place, variant="hero")
    if context.problem:
        yield _at(160, below, "text", text=mind, variant="body")
    yield _at(160, foot, "click-to-read", label="Welcome", content=_welcome(context, preset))
    if _GITHUB_HANDLE.fullmatch(context.github_handle):
        url = f"https://github.com/{context.github_handle}"
        yield _at(480, foot, "click-to-link", label=f"{context.github_handle} on GitHub", url=url)
    for number, sprite in enumerate(preset.sprites):
        component = _at(768 + 352 * number, 656, "sprite", sprite=sprite)
        component.w = 288.0
        yield component


def _welcome(context: SignupContext, preset: _Preset) -> str:
    mood = f"{context.vibe} " if context.vibe else ""
    lines = [f"Welcome to this {mood}{_spoken(preset)}."]
    if context.building:
        lines.append(f"It was furnished for “{context.building}”.")
    if context.problem:
        lines.append(f"Something to think about here: {context.problem}")
    lines.append("Move things, change them, or clear the canvas and start afresh in the studio.")
    return "\n\n".join(lines)


def _at(x: float, y: float, kind: str, **props: object) -> Component:
    # As it is read back: 160 and 160.0 are one place, and two texts.
    return Component(id="", type=kind, x=float(x), y=float(y), props=props)


def _spoken(preset: _Preset) -> str:
    return preset.name.replace("_", " ")


def _lines(text: str, longest: int) -> int:
    return -(-len(text) // longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
