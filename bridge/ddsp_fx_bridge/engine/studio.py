# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's actions besides parameter changes: boards by name, presets, takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ddsp_fx.board import Board
from ddsp_fx.bundles.loading import find_bundle
from ddsp_fx.effects.parameters import Value
from ddsp_fx.errors import BundleError, DdspFxError, RefusedError, did_you_mean
from ddsp_fx_bridge.engine.changes import Change
from ddsp_fx_bridge.engine.engine import Engine
from ddsp_fx_bridge.engine.events import Event, TracksChanged
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.player import Player
from ddsp_fx_bridge.engine.recorder import Recorder, recover

Presets = dict[str, dict[str, Value]]


def _nobody(_track: int) -> None:
    """Does nothing: nobody is interested."""


class Studio:
    """An engine together with its folders.

    Args:
        engine: the running engine.
        boards: the folder from which boards are loaded and in which they are saved.
        takes: the folder in which takes are written and from which they are played.
    """

    def __init__(self, engine: Engine, boards: Library, takes: Library) -> None:
        self.engine, self.boards, self.takes = engine, boards, takes
        self.board_names: dict[int, str] = {}
        self.preset_names: dict[tuple[int, str], str] = {}
        self._players: dict[int, Player] = {}
        self._presets: dict[tuple[int, int, str], Presets] = {}
        self.on_take: Callable[[int], None] = _nobody
        recover(takes)
        engine.listen(self._on_event)

    def _on_event(self, event: Event) -> None:
        """Forget a removed track's names, because its number may be given to another."""
        if isinstance(event, TracksChanged) and event.track not in self.engine.tracks:
            self.board_names.pop(event.track, None)
            self._players.pop(event.track, None)
            self._forget(event.track)

    def load_board(self, track: int, name: str) -> None:
        """Load a board and crossfade to it, which may take seconds; raises RefusedError or errors of loading."""
        path = self.boards.existing(name)
        board = Board.from_json(path.read_text(encoding="utf-8"))
        self.board_names[track] = name
        self._forget(track)
        self.engine.replace_board(track, board)

    def save_board(self, track: int, name: str) -> Path:
        """Save the board with the requested values; raises RefusedError, BoardError or EngineError."""
        path = self.boards.write(name, self.engine.track(track).board_json() + "\n")
        self.board_names[track] = name
        return path

    def _forget(self, track: int) -> None:
        # Iterates over a copy, because plugins connect and disconnect in other threads.
        self._presets = {key: value for key, value in dict(self._presets).items() if key[0] != track}
        self.preset_names = {key: value for key, value in dict(self.preset_names).items() if key[0] != track}

    def presets(self, track: int, slot_id: str) -> Presets:
        """Presets by name, each with all parameters that it sets; empty for effects that are not from a bundle."""
        of = self.engine.track(track)
        key = (track, of.generation, slot_id)
        if key not in self._presets:
            self._presets[key] = _read_presets(of.board, slot_id)
        return self._presets[key]

    def load_preset(self, track: int, slot_id: str, name: str, source: object = None) -> None:
        """Set all of a preset's parameters at the same sample; raises RefusedError 404."""
        values = self.preset(track, slot_id, name)
        self.engine.change([Change(track, slot_id, symbol, value) for symbol, value in values.items()], source)
        self.preset_names[track, slot_id] = name

    def preset(self, track: int, slot_id: str, name: str) -> dict[str, Value]:
        """The values that a preset sets; raises RefusedError 404."""
        known = self.presets(track, slot_id)
        if name not in known:
            raise RefusedError(
                404,
                "",
                f"there is no preset {name[:64]!r}{did_you_mean(name, known)}; it has {', '.join(known) or 'none'}",
            )
        return known[name]

    def can_record(self, track: int, name: str) -> None:
        """Raises what `record` would refuse in the current state."""
        self.takes.path(name)
        of = self.engine.track(track)
        if of.recorder is not None:
            raise RefusedError(405, "", f"track {track} is recording {of.recorder.path.stem} already; stop that first")

    def record(self, track: int, name: str) -> Path:
        """Record a take from the next block on. If the name exists, NAME-2, NAME-3, ... is used: none is overwritten.

        Raises RefusedError, BoardError or EngineError.
        """
        self.can_record(track, name)
        of = self.engine.track(track)
        recorder = Recorder(self.takes, name, of.sample_rate, of.board_json(), of.controls)
        of.start_recording(recorder)
        self.on_take(track)
        return recorder.path

    def stop_take(self, track: int) -> None:
        """End recording and playing, if they run. Raises EngineError."""
        self._players.pop(track, None)
        self.engine.track(track).stop_recording()
        self.on_take(track)

    def play(self, track: int, name: str) -> None:
        """Send a take's events to the track, starting in 0.1 s; raises RefusedError or AutomationError."""
        self._players[track] = Player(self.engine, track, self.takes.existing(name))
        self.on_take(track)

    def take_state(self, track: int) -> str:
        """ "recording NAME", "playing", both, or "stopped"."""
        recorder = self.engine.track(track).recorder
        states = [f"recording {recorder.path.stem}"] if recorder else []
        return ", ".join(states + ["playing"] * (track in self._players)) or "stopped"

    def tick(self) -> None:
        """Call about every 10 ms: runs the engine's tick and playing takes."""
        self.engine.tick()
        for track, player in list(self._players.items()):
            if not player.tick():
                self._players.pop(track, None)
                self.on_take(track)

    def close(self) -> list[str]:
        """Finish all recordings; returns what went wrong, one line each."""
        failed = []
        for number in list(self.engine.tracks):
            try:
                self.stop_take(number)
            except DdspFxError as error:
                failed.append(str(error))
        return failed


def _read_presets(board: Board, slot_id: str) -> Presets:
    effect = board.plugin_at(board.slot_with_id(slot_id))
    origin = getattr(effect, "origin", "")
    if not origin or origin.endswith(".tflite"):
        return {}
    try:
        bundle, symbol = find_bundle(origin)
        entry = bundle.entry(symbol)
    except BundleError:
        return {}
    declared = {symbol: parameter.default for symbol, parameter in effect.parameters.items()}
    start = {**declared, **entry.defaults}
    return {"default": start, **{name: {**start, **values} for name, values in entry.presets.items()}}
