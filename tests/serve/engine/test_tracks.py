# SPDX-License-Identifier: GPL-3.0-or-later
"""Boards and tracks that are added, removed and numbered again."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pedalboard
import pytest

from ddsp_fx import Board
from ddsp_fx.effects import NonFiniteAudioWarning
from ddsp_fx.errors import EngineError
from ddsp_fx_bridge.engine import Change, Engine, Layout
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.engine.track import Track
from serve.engine.blocks import BLOCK, RATE, MakeBoard, mix, noise, record


def test_a_new_board_fades_in_and_forgets_what_waited(engine: Engine, tmp_path: Path) -> None:
    track = engine.track(1)
    recorder = record(engine, tmp_path / "take.jsonl")
    ones = np.ones((2, BLOCK), np.float32)
    engine.change([Change(1, "", "mix", 0.0)])
    for _ in range(20):
        engine.process(ones)
    engine.change([Change(1, "hall", "mix", 0.9)], at_s=engine.now() + 20)
    engine.replace_board(1, Board([pedalboard.Invert()]))
    assert recorder.path.is_file()
    out = np.concatenate([engine.process(ones) for _ in range(8)], axis=1)
    assert out[0, 0] == pytest.approx(1.0, abs=0.01)
    assert np.all(out[:, 960:] == -1.0)
    assert np.abs(np.diff(out)).max() < 0.01
    assert list(track.values) == [("", "mix"), ("", "bypass")]
    engine.now = lambda: 1e12
    engine.tick()
    assert engine.waiting == 0


class Repeated(threading.Thread):
    """Repeats an action until it is told to stop, or fails."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act, self._stopping = act, threading.Event()
        self.failed: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._act()
        except BaseException as error:  # the test's verdict
            self.failed = error

    def stop(self) -> BaseException | None:
        self._stopping.set()
        self.join()
        return self.failed


def test_boards_may_be_replaced_while_messages_come(engine: Engine, make_board: MakeBoard) -> None:
    """Three threads: audio, changes for two kinds of board, and replacement of boards."""

    def change() -> None:
        for wanted in (mix(0.5), Change(1, "Gain-4", "gain_db", 1.0)):
            with contextlib.suppress(EngineError):
                engine.change([wanted])

    audio = noise(BLOCK)
    threads = [Repeated(lambda: engine.process(audio)), Repeated(change)]
    for number in range(30):
        engine.replace_board(1, Board([pedalboard.Gain() for _ in range(4)]) if number % 2 else make_board())
    assert [thread.stop() for thread in threads] == [None, None]


def test_what_is_no_number_becomes_silence_in_sound_and_meters(engine: Engine) -> None:
    bad = np.full((2, BLOCK), np.nan, np.float32)
    with pytest.warns(NonFiniteAudioWarning):
        out = [engine.process(bad) for _ in range(20)]
    assert np.array_equal(np.concatenate(out), np.zeros((40, BLOCK), np.float32))
    assert engine.track(1).meter_in.levels_db == (-120.0, -120.0)
    assert not engine.track(1).scope_in.latest(100).any()


def test_a_removed_track_is_gone(engine: Engine) -> None:
    engine.change([mix(0.5)], at_s=engine.now() + 20)
    engine.remove_track(1)
    with pytest.raises(EngineError, match="no track 1"):
        engine.track(1)
    engine.now = lambda: 1e12
    engine.tick()
    audio = noise(BLOCK)
    assert np.array_equal(engine.process(audio), np.zeros_like(audio))


def test_a_track_with_a_door_of_its_own(make_board: MakeBoard) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    track = engine.add_track(make_board(), Layout(44100, 64, 1))
    assert isinstance(track, Track)
    audio = noise(64)[:1]
    assert track.process(audio, 10_000).shape == (1, 64)
    assert track.position == 10_064
    plain = track.process(audio, 10_064)
    engine.change([Change(1, "", "bypass", True)], sample=10_130)
    for start in range(10_128, 12_000, 64):
        plain = track.process(audio, start)
    assert np.array_equal(plain, audio)
    assert np.array_equal(engine.process(noise(BLOCK)), np.zeros((2, BLOCK), np.float32))


def test_who_gets_a_number_again_has_no_past(engine: Engine, tmp_path: Path) -> None:
    studio = Studio(engine, Library(tmp_path / "boards", ".json"), Library(tmp_path / "takes", ".jsonl"))
    studio.save_board(1, "mine")
    studio.load_preset(1, "hall", "far")
    generation = engine.track(1).generation
    engine.remove_track(1)
    track = engine.add_track(Board([pedalboard.Gain(0)]))
    assert (track.number, studio.board_names, studio.preset_names) == (1, {}, {})
    assert studio.presets(1, "Gain") == {}
    assert track.generation != generation


@pytest.mark.parametrize("key", [("gone", "mix"), ("hall", "gone")])
def test_a_value_for_a_board_that_has_just_left_is_dropped(
    key: tuple[str, str], engine: Engine, make_board: MakeBoard, tmp_path: Path
) -> None:
    """An audio source reads its values before it calls `process`; in between, another board may take over."""
    track, audio = engine.track(1), noise(BLOCK)
    plain = Engine(Layout(RATE, BLOCK, 2))
    plain.add_track(make_board())
    recorder = record(engine, tmp_path / "take.jsonl")
    track.set_at(10, key, 0.5)
    assert np.array_equal(track.process(audio), plain.track(1).process(audio))
    track.restart([(key, 0.5)])
    plain.track(1).restart()
    assert np.array_equal(track.process(audio), plain.track(1).process(audio))
    track.stop_recording()
    assert recorder.count == 0
