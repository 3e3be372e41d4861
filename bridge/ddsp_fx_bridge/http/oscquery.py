# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespace as JSON, by the OSCQuery proposal (github.com/Vidvox/OSCQueryProposal)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ddsp_fx import __version__
from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.osc.namespace import Namespace
from ddsp_fx_bridge.osc.nodes import READ, Node, ValueNode

# The proposal's names for our units.
UNITS = {
    "dB": "gain.db-raw",
    "dBFS": "gain.db-raw",
    "Hz": "time.hz",
    "s": "time.second",
    "ms": "time.ms",
    "samples": "time.samples",
}

_OPTIONAL = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "UNIT", "CLIPMODE", "CRITICAL", "OVERLOADS")
EXTENSIONS = dict.fromkeys((*_OPTIONAL, "LISTEN", "PATH_CHANGED", "DDSP_FX"), True)

Attribute = Callable[[Node], Any]


def _per_argument(node: Node, value: Any) -> list[Any] | None:
    count = len(node.type_tags().strip("*"))
    return [value] * count if count else None


def _value(node: Node) -> list[Any] | None:
    return node.read() if node.access & READ else None


def _unit(node: Node) -> list[Any] | None:
    return _per_argument(node, UNITS.get(node.unit, node.unit)) if node.unit else None


def _clip_mode(node: Node) -> list[Any] | None:
    # Values out of range are refused, so nothing is ever clipped.
    return _per_argument(node, "none") if node.ranges() else None


def _overloads(node: Node) -> list[Any] | None:
    """Accepted types besides TYPE: an int or double for a number, a number for a switch."""
    others = {"f": "id", "i": "f", "T": "Fi"}.get(node.type_tags(), "") if isinstance(node, ValueNode) else ""
    return [{"TYPE": tag} for tag in others] or None


def _tags(node: Node) -> list[str] | None:
    if isinstance(node, ValueNode):
        return ["parameter", {"plain": "value", "n": "normalised", "s": "text"}[node.form]]
    return ["stream"] if node.is_stream else None


def _declaration(node: Node) -> dict[str, Any] | None:
    """Our own attribute: what a fader needs besides the range."""
    if not isinstance(node, ValueNode) or node.form != "plain":
        return None
    control = node.control
    told: dict[str, Any] = control.parameter.describe() if control.parameter is not None else {}
    started = {} if node.default is None else {"default": node.default}
    return {**told, **started, "symbol": control.symbol, "slot": control.slot_name, "unit": node.unit}


ATTRIBUTES: dict[str, Attribute] = {
    "FULL_PATH": lambda node: node.address,
    "DESCRIPTION": lambda node: node.description or None,
    "ACCESS": lambda node: node.access,
    "TYPE": lambda node: node.type_tags().replace("*", "") if node.access else None,
    "VALUE": _value,
    "RANGE": lambda node: node.ranges(),
    "UNIT": _unit,
    "CLIPMODE": _clip_mode,
    "CRITICAL": lambda node: None if node.access & READ else (True if node.access else None),
    "OVERLOADS": _overloads,
    "TAGS": _tags,
    "DDSP_FX": _declaration,
}


def describe(node: Node) -> dict[str, Any]:
    """A node and everything below it."""
    found = {name: attribute(node) for name, attribute in ATTRIBUTES.items()}
    data = {name: value for name, value in found.items() if value is not None}
    if node.children:
        shown = {name: child for name, child in node.children.items() if not child.is_alias}
        data["CONTENTS"] = {name: describe(child) for name, child in shown.items()}
    return data


def host_info(osc_port: int) -> dict[str, Any]:
    """The answer to HOST_INFO. It leaves out the address: clients use the one they asked."""
    info = {"NAME": f"ddsp-fx {__version__}", "OSC_PORT": osc_port, "OSC_TRANSPORT": "UDP"}
    return {**info, "EXTENSIONS": EXTENSIONS}


def answer(namespace: Namespace, path: str, query: str, osc_port: int) -> web.Response:
    """Answer one GET.

    200 with JSON; 204 if the attribute does not apply (VALUE of a write-only node); 400 for an unknown attribute; 404
    for an unknown address.
    """
    attribute = query.partition("&")[0].partition("=")[0]
    if attribute == "HOST_INFO":
        return _json(host_info(osc_port))
    try:
        node = namespace.find(path)
    except RefusedError as error:
        raise web.HTTPNotFound(text=f"{path}: {error}\n") from None
    if not attribute:
        return _json(describe(node))
    if attribute == "CONTENTS":
        return _json({"CONTENTS": describe(node).get("CONTENTS", {})} if node.children else {})
    if attribute not in ATTRIBUTES:
        raise web.HTTPBadRequest(text=f"unknown attribute {attribute[:40]!r}; known are {', '.join(ATTRIBUTES)}\n")
    value = ATTRIBUTES[attribute](node)
    if value is None and attribute == "VALUE":
        return web.Response(status=204)
    return _json({} if value is None else {attribute: value})


def _json(data: Any) -> web.Response:
    return web.json_response(text=json.dumps(data, ensure_ascii=False))
