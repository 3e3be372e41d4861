# SPDX-License-Identifier: GPL-3.0-or-later
"""All addresses, generated from the declarations of the tracks' boards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine import Track
from ddsp_fx_bridge.engine.controls import Control, Key
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.osc.names import address_parts, id_part
from ddsp_fx_bridge.osc.nodes import Form, Node, ReadNode, ValueNode
from ddsp_fx_bridge.osc.patterns import part_pattern, parts_of
from ddsp_fx_bridge.osc.track_nodes import track_nodes

# A pattern with more matches is refused, because each match is a reply or a change.
MOST_MATCHES = 1024


class Namespace:
    """A tree of nodes; call `rebuild` when a track is added, removed, or gets another board.

    Args:
        studio: the engine with its folders.

    Attributes:
        fixed: nodes that always exist, such as /ping.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.fixed: list[Node] = []
        self.version = 0
        self.rebuild()

    def rebuild(self) -> None:
        """Build the tree from the current tracks."""
        self.root = Node("/", "ddsp-fx: neural instruments, learned rooms and dereverb")
        self.nodes: dict[str, Node] = {"/": self.root}
        self._by_control: dict[tuple[int, Key], list[ValueNode]] = {}
        self.version += 1
        for node in self.fixed:
            self._add(node)
        self._container("/track", "tracks, numbered from 1")
        # Plugins in DAWs connect and disconnect in other threads.
        with self._studio.engine.unchanging():
            for track in self._studio.engine.tracks.values():
                self._add_track(track)
        self.match = lru_cache(maxsize=256)(self._match)

    def _container(self, address: str, description: str) -> None:
        node = Node(address, description)
        if address in self.nodes:
            self.nodes[address].description = description
        else:
            self._add(node)

    def _add(self, node: Node) -> None:
        parent_address, _, name = node.address.rpartition("/")
        parent_address = parent_address or "/"
        if parent_address not in self.nodes:
            self._add(Node(parent_address))
        self.nodes[node.address] = node
        self.nodes[parent_address].children[name] = node

    def _add_track(self, track: Track) -> None:
        base = f"/track/{track.number}"
        self._container(base, " | ".join(track.board.slot_names()) or "an empty board")
        slots = [f"{base}/{part}" for part in address_parts(track.board.slot_names())]
        for address, name in zip(slots, track.board.slot_names(), strict=True):
            self._container(address, name)
        places = {"": base, **dict(zip(track.board.slot_ids(), slots, strict=True))}
        for control in track.controls.values():
            self._add_control(f"{places[control.slot_id]}/{control.symbol}", track, control)
        self._add_aliases(track, f"{base}/id")
        for node in track_nodes(self._studio, track, base, slots):
            if node.address not in self.nodes:
                self._add(node)

    def _add_control(self, address: str, track: Track, control: Control) -> None:
        declared = control.parameter
        text = (declared.description or declared.name) if declared is not None else control.symbol.replace("_", " ")
        forms: list[tuple[str, Form, str]] = [(address, "plain", text)]
        if declared is not None:
            forms.append((f"{address}/n", "n", f"{declared.name}, from 0 to 1"))
        forms.append((f"{address}/s", "s", f"{control.symbol} as text"))
        presets = self._studio.presets(track.number, control.slot_id) if control.slot_id else {}
        default = presets.get("default", {}).get(control.symbol)
        for place, form, description in forms:
            node = ValueNode(place, description, track=track, control=control, form=form, default=default)
            self._add(node)
            self._by_control.setdefault((track.number, control.key), []).append(node)

    def _add_aliases(self, track: Track, base: str) -> None:
        """Add each slot's parameters by its id, an address that stays the same when the slot is renamed."""
        if len(track.board):
            self._add(Node(base, "parameters by the ids of their slots", is_alias=True))
        for control in track.controls.values():
            if control.slot_id:
                address = f"{base}/{id_part(control.slot_id)}/{control.symbol}"
                plain, *_ = self._by_control[track.number, control.key]
                alias = replace(plain, address=address, children={})
                self._add(alias)
                self._by_control[track.number, control.key].append(alias)

    def find(self, address: str) -> Node:
        """The node of an address; raises RefusedError 404."""
        if address not in self.nodes:
            raise RefusedError(404, address, "no such address; ask the HTTP port for the whole namespace")
        return self.nodes[address]

    def forms_of(self, track: int, key: Key) -> list[ValueNode]:
        """All addresses of a parameter, the plain one first."""
        return self._by_control.get((track, key), [])

    def _match(self, pattern: str) -> tuple[Node, ...]:
        """The nodes that match a pattern, without containers and commands; raises RefusedError 400, 404 or 413."""
        level = self._reached(parts_of(pattern))
        found = tuple(node for node in level if isinstance(node, (ValueNode, ReadNode)))
        if not found:
            raise RefusedError(404, pattern, "the pattern matches no parameter and no figure")
        if len(found) > MOST_MATCHES:
            raise RefusedError(413, pattern, f"the pattern matches {len(found)} addresses; at most {MOST_MATCHES}")
        return found

    def _reached(self, parts: Sequence[str]) -> list[Node]:
        """The nodes that match a pattern's parts; aliases match only by their exact name."""
        level = [self.root]
        for part in parts:
            wanted = part_pattern(part)
            children = [(name, child) for node in level for name, child in node.children.items()]
            level = [c for name, c in children if wanted.matches(name) and (name == part or not c.is_alias)]
        return level

    def below(self, pattern: str) -> set[str]:
        """The addresses that a subscription to a pattern covers.

        These are the addresses it matches, and the plain parameters below the containers it matches. The forms n and s
        must be matched themselves; streams, too, or the container directly above them.
        """
        level = self._reached(parts_of(pattern) if pattern != "/" else [])
        found = {node.address for node in level if isinstance(node, (ValueNode, ReadNode))}
        for node in level:
            found.update(child.address for child in node.children.values() if child.is_stream)
            found.update(_plain_below(node))
        return found


def _plain_below(node: Node) -> Iterator[str]:
    todo = list(node.children.values())
    while todo:
        child = todo.pop()
        todo.extend(() if child.is_alias else child.children.values())
        quiet = child.is_stream or (isinstance(child, ValueNode) and child.form != "plain")
        if isinstance(child, (ValueNode, ReadNode)) and not quiet:
            yield child.address
