# SPDX-License-Identifier: GPL-3.0-or-later
"""An effect that raises: its slot is bypassed with its latency, reported by name, retried; the same in every door."""

import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest

from ddsp_fx import Board
from ddsp_fx.array_types import Audio
from ddsp_fx.effects import Effect
from ddsp_fx.errors import AudioError
from ddsp_fx_bridge.engine import Engine, Layout
from ddsp_fx_bridge.engine.device import DeviceDoor
from ddsp_fx_bridge.engine.doors import ClockDoor
from ddsp_fx_bridge.engine.events import Event, Failed
from ddsp_fx_bridge.http.eyes import Eyes
from serve.engine.blocks import BLOCK, RATE, noise
from serve.osc.desk import Desk

LATENCY = 100


class Fuse(Effect):
    """A delay of 100 samples that raises in every block while it is `blown`."""

    kind = "fuse"
    blown = False

    @property
    def latency_samples(self) -> int:
        return LATENCY

    def _prepare(self) -> None:
        self._held = np.zeros((self.channels, LATENCY), np.float32)

    def _reset(self) -> None:
        self._held = np.zeros((self.channels, LATENCY), np.float32)

    def _process(self, block: Audio) -> Audio:
        if type(self).blown:
            raise RuntimeError("a third party's bug")
        joined = np.concatenate([self._held, block], axis=1)
        self._held = joined[:, -LATENCY:]
        return joined[:, : block.shape[1]]


@pytest.fixture(autouse=True)
def _whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fuse, "blown", False)


def board() -> Board:
    return Board([Fuse(), pedalboard.Gain(-6.0)])


@pytest.fixture
def engine() -> Engine:
    engine = Engine(Layout(RATE, BLOCK, 2))
    engine.add_track(board())
    return engine


def run(engine: Engine, audio: Audio) -> Audio:
    blocks = [engine.process(audio[:, start : start + BLOCK]) for start in range(0, audio.shape[1], BLOCK)]
    return np.concatenate(blocks, axis=1)


def test_the_rest_plays_on_in_time_and_the_slot_is_named(engine: Engine) -> None:
    told: list[Event] = []
    engine.listen(told.append)
    audio = noise(20 * BLOCK)
    expected = board()
    expected.prepare(RATE, BLOCK, 2)
    starts = range(0, audio.shape[1], BLOCK)
    wanted = np.concatenate([expected.process_block(audio[:, i : i + BLOCK]) for i in starts], axis=1)
    first = run(engine, audio[:, : 10 * BLOCK])
    Fuse.blown = True
    second = run(engine, audio[:, 10 * BLOCK :])
    engine.tick()
    # The fuse is a delay, and so is its replacement: the samples are the same with and without it.
    assert np.allclose(np.concatenate([first, second], axis=1), wanted, atol=1e-6)
    assert [event for event in told if isinstance(event, Failed)] == [
        Failed(1, "fuse", "RuntimeError: a third party's bug")
    ]
    assert engine.track(1).faults == {"fuse": "RuntimeError: a third party's bug"}
    assert not engine.is_busy


def test_it_is_tried_again_at_the_next_reset(engine: Engine) -> None:
    Fuse.blown = True
    run(engine, noise(4 * BLOCK))
    engine.tick()
    track = engine.track(1)
    assert track.board.bypassed_slots == ["fuse"]
    track.try_again()
    run(engine, noise(2 * BLOCK))
    engine.tick()
    assert track.faults == {"fuse": "RuntimeError: a third party's bug"}
    Fuse.blown = False
    track.try_again()
    run(engine, noise(2 * BLOCK))
    engine.tick()
    assert (track.faults, track.board.bypassed_slots) == ({}, [])


def test_other_tracks_play_on(engine: Engine) -> None:
    engine.add_track(Board([pedalboard.Gain(0.0)]))
    Fuse.blown = True
    audio = noise(8 * BLOCK)
    out = run(engine, audio)
    delayed = np.pad(audio, ((0, 0), (LATENCY, 0)))[:, : audio.shape[1]] * np.float32(10.0 ** (-6.0 / 20.0))
    assert np.allclose(out, audio + delayed, atol=1e-5)


def test_offline_it_is_an_error_that_names_the_slot() -> None:
    Fuse.blown = True
    with pytest.raises(AudioError, match=r"slot 'fuse': RuntimeError: a third party's bug"):
        board()(noise(BLOCK), RATE)


class _Device:
    """As much of sounddevice as the door needs: a stream that calls back until the callback raises."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.calls, self.raised = 0, False
        self.default = types.SimpleNamespace(device=(0, 0))
        self.stream: Any = None

    def Stream(self, callback: Callable[..., None], finished_callback: Callable[[], None], **_: Any) -> Any:  # noqa: N802
        self.callback, self.finished = callback, finished_callback
        return types.SimpleNamespace(start=lambda: None, stop=finished_callback, close=lambda: None)

    def block(self) -> Audio:
        times = types.SimpleNamespace(currentTime=0.0, inputBufferAdcTime=0.0)
        status = types.SimpleNamespace(input_overflow=False, output_underflow=False)
        out = np.full((BLOCK, 2), np.nan, np.float32)
        self.callback(np.ones((BLOCK, 2), np.float32), out, BLOCK, times, status)
        return out


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> _Device:
    device = _Device()
    monkeypatch.setitem(sys.modules, "sounddevice", device)  # type: ignore[arg-type]
    return device


def test_behind_a_device(engine: Engine, device: _Device) -> None:
    door = DeviceDoor(engine)
    door.start()
    device.block()
    Fuse.blown = True
    for _ in range(5):
        assert np.isfinite(device.block()).all()
    assert engine.position == 6 * BLOCK
    assert (door.error, door.ended.is_set()) == (None, False)
    door.stop()
    assert (door.error, door.ended.is_set()) == (None, True)


def test_a_device_that_goes_is_said(engine: Engine, device: _Device) -> None:
    door = DeviceDoor(engine)
    door.start()
    device.finished()
    assert door.ended.is_set()
    assert "has stopped" in str(door.error)


def test_behind_a_clock(engine: Engine) -> None:
    Fuse.blown = True
    door = ClockDoor(engine)
    door.start()
    end = time.monotonic() + 30.0
    while engine.position < 20 * BLOCK and time.monotonic() < end:
        time.sleep(0.01)
    assert (door.error, door.ended.is_set()) == (None, False)
    door.stop()
    assert engine.position >= 20 * BLOCK


def test_over_osc_and_in_the_panel(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path)
    desk.send(desk.b, "/subscribe")
    desk.b.take()
    desk.service.hub.in_loop = lambda call, *arguments: call(*arguments)  # type: ignore[method-assign]
    Fuse.blown = True
    run(engine, noise(2 * BLOCK))
    desk.studio.tick()
    assert ("/error", (500, "/track/1", "fuse is bypassed: RuntimeError: a third party's bug")) in desk.b.take()
    assert desk.value("/track/1/faults") == "fuse: RuntimeError: a third party's bug"
    assert Eyes(engine, engine.track(1)).look()["faults"] == ["fuse is bypassed: RuntimeError: a third party's bug"]
    Fuse.blown = False
    desk.send(desk.a, "/track/1/reset")
    run(engine, noise(2 * BLOCK))
    assert desk.send(desk.a, "/track/1/faults") == [("/track/1/faults", ())]


def test_audio_and_control_do_not_wait_for_each_other(engine: Engine) -> None:
    """Failures occur and are collected while both threads run."""
    stop = threading.Event()

    def control() -> None:
        while not stop.is_set():
            engine.tick()
            engine.track(1).try_again()

    thread = threading.Thread(target=control)
    thread.start()
    for turn in range(100):
        Fuse.blown = turn % 3 == 0
        run(engine, noise(2 * BLOCK))
    stop.set()
    thread.join()
