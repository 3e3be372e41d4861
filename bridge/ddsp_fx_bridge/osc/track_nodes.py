# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a track besides its parameters: meters, latency, board, presets, takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from ddsp_fx.board.hearing import board_hearings
from ddsp_fx_bridge.engine import Track
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.osc.names import id_part
from ddsp_fx_bridge.osc.nodes import CommandNode, Node, Peer, ReadNode, Run


def track_nodes(studio: Studio, track: Track, base: str, slots: list[str]) -> Iterator[Node]:
    """All of these addresses; `slots` are the addresses of the board's slots."""
    yield from _figures(track, base, slots)
    yield from _board(studio, track.number, base)
    yield from _takes(studio, track.number, base)
    for slot_id, address in zip(track.board.slot_ids(), slots, strict=True):
        names = list(studio.presets(track.number, slot_id))
        if names:
            yield from _presets(studio, (track.number, slot_id), address, names)


def _figures(track: Track, base: str, slots: list[str]) -> Iterator[Node]:
    for name, meter in (("in", track.meter_in), ("out", track.meter_out)):
        yield ReadNode(
            f"{base}/meter/{name}",
            f"peak and RMS of the last 50 ms, {name}put",
            types="ff",
            unit="dBFS",
            is_stream=True,
            get=lambda meter=meter: list(meter.levels_db),  # type: ignore[misc]
        )
    yield ReadNode(
        f"{base}/latency",
        "the delay from input to output",
        types="i",
        unit="samples",
        get=lambda: [track.latency_samples],
    )
    yield ReadNode(
        f"{base}/hearing",
        "which part of the last ten seconds the instruments could not follow, and what to change; empty if all is well",
        types="s*",
        get=lambda: hearing_lines(track),
    )
    yield ReadNode(
        f"{base}/faults",
        "slots that have failed and are bypassed; empty if all is well",
        types="s*",
        get=lambda: [f"{slot or 'board'}: {reason}" for slot, reason in track.faults.items()],
    )
    yield CommandNode(f"{base}/reset", "clear all sound, and try failed slots again", run=_at_once(track.try_again))
    names = [slot.rpartition("/")[2] for slot in slots]
    ids = [id_part(slot_id) for slot_id in track.board.slot_ids()]
    yield ReadNode(f"{base}/slots", "the addresses of the slots, in order", types="s*", get=lambda: names)
    yield ReadNode(f"{base}/ids", "the ids of the slots, in the same order", types="s*", get=lambda: ids)


def hearing_lines(track: Track) -> list[str]:
    """A line for each instrument that lost more than half of its input."""
    return [f"{name}: {h.advice}" for name, h in board_hearings(track.board, now=True).items() if h.advice]


def _board(studio: Studio, track: int, base: str) -> Iterator[Node]:
    yield CommandNode(
        f"{base}/board/load",
        "load a board by its name in the folder of boards",
        types="s",
        run=_in_thread(lambda name: studio.load_board(track, name)),
        foresee=lambda name: void(studio.boards.existing(name)),
    )
    yield CommandNode(
        f"{base}/board/save",
        "save the board under a name in the folder of boards",
        types="s",
        run=_in_thread(lambda name: studio.save_board(track, name)),
        foresee=lambda name: void(studio.boards.path(name)),
    )
    name = ReadNode(f"{base}/board/name", "the name last loaded or saved", types="s")
    name.get = lambda: [studio.board_names.get(track, "")]
    yield name


def _takes(studio: Studio, track: int, base: str) -> Iterator[Node]:
    commands: list[tuple[str, str, str, Callable[..., Any], Callable[..., Any]]] = [
        ("record", "s", "write every change of this track to a take of that name", studio.record, studio.can_record),
        ("play", "s", "send a take's changes to this track", studio.play, lambda _, name: studio.takes.existing(name)),
        ("stop", "", "end recording and playing", studio.stop_take, lambda _: None),
    ]
    for word, types, text, act, can in commands:
        run = _at_once(lambda *arguments, act=act: act(track, *arguments))
        foresee = lambda *arguments, can=can: void(can(track, *arguments))  # noqa: E731
        yield CommandNode(f"{base}/take/{word}", text, types=types, run=run, foresee=foresee)
    state = ReadNode(f"{base}/take/state", "recording NAME, playing, or stopped", types="s")
    state.get = lambda: [studio.take_state(track)]
    yield state


def _presets(studio: Studio, place: tuple[int, str], address: str, names: list[str]) -> Iterator[Node]:
    yield CommandNode(
        f"{address}/preset/load",
        f"one of: {', '.join(names)}",
        types="s",
        run=_at_once(lambda name: studio.load_preset(*place, name)),
        foresee=lambda name: void(studio.preset(*place, name)),
    )
    yield ReadNode(f"{address}/preset/names", "the names of the presets", types="s*", get=lambda: names)
    last = ReadNode(f"{address}/preset/name", "the preset that was last loaded", types="s")
    last.get = lambda: [studio.preset_names.get(place, "")]
    yield last


def void(_: object) -> None:
    """Discards the result of a check."""


def _at_once(act: Callable[..., Any]) -> Run:
    def run(_peer: Peer, arguments: tuple[Any, ...]) -> None:
        act(*arguments)

    return run


def _in_thread(act: Callable[..., Any]) -> Run:
    """Run in a thread, because files and models take long and the event loop serves others meanwhile."""

    async def run(_peer: Peer, arguments: tuple[Any, ...]) -> None:
        await asyncio.to_thread(act, *arguments)

    return run
