"""Texts that try to become something else than text, for every field that a stranger can fill.

Each of them would open a dialog, ask another host for something, or leave an element behind.
"""

from __future__ import annotations

from typing import Any

MARKUP = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--<script>alert(3)//",
    "--><svg onload=alert(4)>",
    "</title></style></textarea></template><img src=x onerror=alert(5)>",
    "<img src=//other.example/beacon.png>",
    "<iframe srcdoc='<script>parent.alert(6)</script>'></iframe>",
    "<base href=//other.example/><meta http-equiv=refresh content='0;url=//other.example/'>",
    "<style>@import '//other.example/style.css';</style>",
    "<form action=//other.example/><button autofocus onfocus=alert(7)>press</button></form>",
    "<svg><animate attributeName=href values=javascript:alert(8) /><a><text>x</text></a></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(9)>",
    "<div id=canvas-boot>{}</div><dialog open id=first-run>welcome</dialog>",
    ">>>>>> <img src=x onerror=alert(10)>",  # too deep to be formatted: shown as it was typed
)
ATTRIBUTES = (
    '" autofocus onfocus="alert(20)',
    "' onpointerover='alert(21)",
    "x onerror=alert(22) x `onfocus=alert(23) autofocus`",
)
TEMPLATES = (
    "{{ 7 * 7 }}${alert(30)}",
    "&lt;script&gt;alert(31)&lt;/script&gt;",
    "\u2028alert(32)\u2029",
)
ADDRESSES = (
    "javascript:alert(40)",
    " JaVaScRiPt:alert(41)",
    "java\tscript:alert(42)",
    "\x01javascript:alert(43)",
    "javascript&colon;alert(44)",
    "data:text/html,<script>alert(45)</script>",
    "//other.example/",
    "http://user@other.example/",
    'https://example.org/" onfocus="alert(46)" autofocus="',
)
WORDS = (*MARKUP, *ATTRIBUTES, *TEMPLATES)
PAYLOADS = (*WORDS, *ADDRESSES)


BENIGN = "An afternoon by the sea"


def components(texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return components that hold every text in every field that is shown, in the order of reading from the end."""
    made = [component for text in texts for component in _holding(text)]
    places = [
        {"id": f"part-{n}", "x": n % 20 * 90.0, "y": n // 20 * 120.0} for n in range(len(made))
    ]
    placed = [place | component for place, component in zip(places, made, strict=True)]
    return placed[::-1]


def _holding(text: str) -> list[dict[str, Any]]:
    """One component of each kind that is drawn in its own way."""
    note = f"{text}\n\n[{text}]({text})\n\n![{text}]({text})\n\n<{text}>"
    return [
        {"type": "text", "props": {"text": text, "variant": text}},
        {"type": "sprite", "props": {"label": text, "sprite": text}},
        {"type": "click-to-link", "props": {"label": text, "url": text}},
        {"type": "click-to-read", "props": {"label": text, "content": note}},
    ]
