# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's laws: exact, atomic, never waiting, and recorded so that a take renders to the same samples."""

import contextlib
import json
import math
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ddsp_fx import Board
from ddsp_fx.automation import read_take
from ddsp_fx.effects import NonFiniteAudioWarning
from ddsp_fx.errors import EngineError, ParameterError, RefusedError
from ddsp_fx_bridge.engine import Change, Changed, Engine, Event, Layout, TracksChanged
from ddsp_fx_bridge.engine.clock import ClockMap
from ddsp_fx_bridge.engine.library import Library
from ddsp_fx_bridge.engine.meters import SCOPE_SAMPLES, Meter, Scope
from ddsp_fx_bridge.engine.player import Player
from ddsp_fx_bridge.engine.recorder import Recorder
from ddsp_fx_bridge.engine.studio import Studio
from ddsp_fx_bridge.engine.track import Track

RATE, BLOCK = 48000, 256
Audio = NDArray[np.float32]
MakeBoard = Callable[[], Board]


def noise(samples: int, seed: int = 0) -> Audio:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (2, samples)).astype(np.float32)


def run(engine: Engine, audio: Audio, before: Callable[[int], None] = lambda position: None) -> Audio:
    """All of `audio` in blocks, `before` called with each block's position."""
    out = []
    for start in range(0, audio.shape[1], BLOCK):
        before(start)
        out.append(engine.process(audio[:, start : start + BLOCK]))
    return np.concatenate(out, axis=1)


def first_difference(a: Audio, b: Audio) -> int:
    return int(np.flatnonzero((a != b).any(axis=0))[0])


def mix(value: float, track: int = 1) -> Change:
    return Change(track, 0, "mix", value)


def record(engine: Engine, path: Path) -> Recorder:
    track = engine.track(1)
    targets = {key: control.target for key, control in track.controls.items()}
    recorder = Recorder(path, track.sample_rate, track.board_json(), targets)
    track.start_recording(recorder)
    return recorder


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.sampled_from(
            [
                (0, "mix", st.floats(0, 1)),
                (0, "pre_delay", st.floats(0, 20)),
                (1, "gain_db", st.floats(-20, 6)),
                (None, "mix", st.floats(0, 1)),
                (None, "bypass", st.booleans()),
            ]
        ).flatmap(lambda kind: st.tuples(st.just(kind[0]), st.just(kind[1]), kind[2])),
        st.booleans(),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=CHANGES)
def test_a_take_renders_to_the_samples_that_were_heard(
    make_board: MakeBoard, tmp_path: Path, moves: list[tuple[int, tuple[int | None, str, float], bool]]
) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    track = engine.add_track(make_board())
    record(engine, tmp_path / "take.jsonl")
    audio = noise(5000)

    def send(position: int) -> None:
        for at, (slot, symbol, value), exact in moves:
            if position <= at < position + BLOCK:
                engine.change([Change(1, slot, symbol, value)], sample=at if exact else None)

    heard = run(engine, audio, send)
    track.stop_recording()
    take = read_take(tmp_path / "take.jsonl")
    board = Board.from_json(take.board_json or "")
    rendered = board.render(audio, RATE, buffer_size=1000, tail=False, automation=take.automation)
    assert np.array_equal(rendered, heard)


def test_two_takes_of_the_same_moves_are_the_same_file(make_board: MakeBoard, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        engine = Engine(Layout(RATE, BLOCK, 2))
        track = engine.add_track(make_board())
        record(engine, tmp_path / f"{name}.jsonl")
        run(engine, noise(2000), lambda position, e=engine: e.change([mix(position / 4000)]))  # type: ignore[misc]
        track.stop_recording()
        texts.append((tmp_path / f"{name}.jsonl").read_text())
    assert texts[0] == texts[1]
    assert texts[0].count("hall.mix") == 4


def test_a_change_acts_at_its_sample(engine: Engine, make_board: MakeBoard) -> None:
    audio = noise(4000)
    plain = run(engine, audio)
    for sample in (0, 1, 255, 256, 1000):
        again = Engine(Layout(RATE, BLOCK, 2))
        again.add_track(make_board())
        again.change([mix(0.9)], sample=sample)
        # At sample 0 nothing has sounded yet, so there is no ramp and the very first sample has the value.
        assert first_difference(run(again, audio), plain) == sample


def test_a_change_without_a_time_acts_at_the_next_block(engine: Engine, make_board: MakeBoard) -> None:
    audio = noise(4000)
    plain = run(engine, audio)
    again = Engine(Layout(RATE, BLOCK, 2))
    again.add_track(make_board())
    changed = run(again, audio, lambda position: again.change([mix(0.9)]) if position == 512 else None)
    assert first_difference(changed, plain) == 512


@given(offset_s=st.floats(0.3, 30.0))
def test_a_time_becomes_its_sample(offset_s: float) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    track = engine.add_track(Board())
    engine.now = lambda: now
    now, start_s = 1000.0, 1000.0
    seen: list[int] = []
    track._schedule = lambda sample, start, key, value: seen.append(sample)  # type: ignore[method-assign]
    engine.process(np.zeros((2, BLOCK), np.float32), start_s)
    engine.change([Change(1, None, "mix", 0.5)], at_s=start_s + offset_s)
    assert track.values[None, "mix"] == 1.0
    while not seen:
        time_s = start_s + engine.position / RATE
        now = time_s + BLOCK / RATE
        engine.tick()
        engine.process(np.zeros((2, BLOCK), np.float32), time_s)
        assert time_s <= start_s + offset_s
    assert len(seen) == 1
    assert abs(seen[0] - offset_s * RATE) <= 1.0
    now = start_s + offset_s
    engine.tick()
    assert track.values[None, "mix"] == 0.5
    assert engine.waiting == 0


def test_all_or_none(engine: Engine) -> None:
    before = dict(engine.track(1).values)
    for bad in (mix(2.0), Change(1, 0, "absent", 1), Change(1, 7, "mix", 1), Change(9, 0, "mix", 1), mix(math.nan)):
        with pytest.raises((ParameterError, EngineError)):
            engine.change([mix(0.9), Change(1, 1, "gain_db", -6.0), bad])
        assert engine.track(1).values == before
    audio = noise(1000)
    changed = run(engine, audio)
    again = Engine(Layout(RATE, BLOCK, 2))
    again.add_track(Board.from_json(engine.track(1).board_json()))
    assert np.array_equal(changed, run(again, audio))


def test_a_built_in_plugin_refuses_before_the_audio_hears_of_it(engine: Engine, make_board: MakeBoard) -> None:
    track = engine.add_track(Board([pedalboard.Compressor()]))
    with pytest.raises(ParameterError, match=r"Compressor\.ratio"):
        engine.change([Change(track.number, 0, "ratio", 0.5)])
    with pytest.raises(ParameterError, match="out of range"):
        engine.change([Change(track.number, 0, "ratio", math.inf)])
    with pytest.raises(ParameterError, match="expected a number"):
        engine.change([Change(track.number, 0, "ratio", "loud")])
    engine.change([Change(track.number, 0, "ratio", 3.0)])
    engine.process(noise(BLOCK))
    assert track.board[0].ratio == 3.0


def test_several_tracks_change_in_one_block(engine: Engine, make_board: MakeBoard) -> None:
    second = engine.add_track(make_board())
    engine.change([mix(0.9), mix(0.9, track=2)])
    engine.process(noise(BLOCK))
    assert engine.track(1).board[0].mix == second.board[0].mix == 0.9


def test_the_audio_never_waits_for_who_posts(engine: Engine) -> None:
    track = engine.track(1)
    engine.change([mix(0.9)])
    with track.gate.lock:  # someone is just posting
        engine.process(noise(BLOCK))
        assert track.board[0].mix == 0.25
    engine.process(noise(BLOCK))
    assert track.board[0].mix == 0.9


def test_a_flood_takes_no_room(engine: Engine) -> None:
    for i in range(10000):
        engine.change([mix(i / 10000)])
    assert len(engine.track(1)._inbox._now) == 1
    engine.process(noise(BLOCK))
    assert engine.track(1).board[0].mix == 0.9999


def test_a_flood_is_taken_a_hundred_times_a_second(engine: Engine, tmp_path: Path) -> None:
    record(engine, tmp_path / "take.jsonl")
    small, blocks = 64, 750
    for number in range(blocks):
        engine.change([mix(number / blocks), Change(1, None, "mix", 1.0 - number / blocks)])
        engine.process(noise(small))
    engine.track(1).stop_recording()
    events = [json.loads(line) for line in (tmp_path / "take.jsonl").read_text().splitlines()[1:]]
    hall, board = ([e["sample"] for e in events if e["target"] == target] for target in ("hall.mix", "mix"))
    # What came together acts together, and the last of it is not lost.
    assert hall == board
    assert 90 <= len(hall) <= 101
    engine.process(noise(small))
    for _ in range(10):
        engine.process(noise(small))
    assert engine.track(1).board[0].mix == (blocks - 1) / blocks


def test_a_block_is_not_cut_to_pieces(engine: Engine, tmp_path: Path) -> None:
    record(engine, tmp_path / "take.jsonl")
    for sample in range(200):
        engine.change([mix(sample / 400)], sample=sample)
    for _ in range(2):
        engine.process(noise(BLOCK))
    engine.track(1).stop_recording()
    samples = [json.loads(line)["sample"] for line in (tmp_path / "take.jsonl").read_text().splitlines()[1:]]
    # Eight where they belong; the rest no more than a block late.
    assert samples == [*range(8), *[BLOCK] * 192]
    assert engine.track(1).board[0].mix == 199 / 400


def test_too_many_waiting_are_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ddsp_fx_bridge.engine.engine.MOST_TIMED", 3)
    engine.change([mix(0.1), mix(0.2)], at_s=engine.now() + 30)
    with pytest.raises(RefusedError, match="at most 3") as refused:
        engine.change([mix(0.1), mix(0.2)], at_s=engine.now() + 30)
    assert refused.value.code == 503
    assert engine.waiting == 2


def test_listeners_hear_what_changed_and_by_whom(engine: Engine, make_board: MakeBoard) -> None:
    events: list[Event] = []
    end = engine.listen(events.append)
    engine.change([mix(0.9)], source="phone")
    engine.change([mix(0.9)], source="desk")
    engine.add_track(make_board())
    end()
    engine.change([mix(0.1)])
    assert events == [Changed(mix(0.9), "phone"), TracksChanged(2)]


def test_a_new_board_fades_in_and_forgets_what_waited(engine: Engine, tmp_path: Path) -> None:
    track = engine.track(1)
    recorder = record(engine, tmp_path / "take.jsonl")
    ones = np.ones((2, BLOCK), np.float32)
    engine.change([Change(1, None, "mix", 0.0)])
    for _ in range(20):
        engine.process(ones)
    engine.change([Change(1, 0, "mix", 0.9)], at_s=engine.now() + 20)
    engine.replace_board(1, Board([pedalboard.Invert()]))
    assert recorder.path.is_file()
    out = np.concatenate([engine.process(ones) for _ in range(8)], axis=1)
    assert out[0, 0] == pytest.approx(1.0, abs=0.01)
    assert np.all(out[:, 960:] == -1.0)
    assert np.abs(np.diff(out)).max() < 0.01
    assert list(track.values) == [(None, "mix"), (None, "bypass")]
    engine.now = lambda: 1e12
    engine.tick()
    assert engine.waiting == 0


class Repeated(threading.Thread):
    """Does something again and again until it is told to stop, or fails."""

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
    """Three threads: audio, changes for two kinds of board, and boards that come and go."""

    def change() -> None:
        for wanted in (mix(0.5), Change(1, 3, "gain_db", 1.0)):
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
    engine.change([Change(1, None, "bypass", True)], sample=10_130)
    for start in range(10_128, 12_000, 64):
        plain = track.process(audio, start)
    assert np.array_equal(plain, audio)
    assert np.array_equal(engine.process(noise(BLOCK)), np.zeros((2, BLOCK), np.float32))


def test_a_take_plays_back_at_its_samples(engine: Engine, make_board: MakeBoard, tmp_path: Path) -> None:
    audio = noise(12000)
    record(engine, tmp_path / "take.jsonl")
    run(engine, audio, lambda position: engine.change([mix(position / 24000)]))
    engine.track(1).stop_recording()
    again = Engine(Layout(RATE, BLOCK, 2))
    again.add_track(make_board())
    record(again, tmp_path / "again.jsonl")
    player = Player(again, 1, tmp_path / "take.jsonl")
    run(again, noise(20000), lambda position: player.tick())  # type: ignore[arg-type, return-value]
    again.track(1).stop_recording()
    first, second = (
        [(round(t * RATE), v) for t, v in read_take(tmp_path / f"{n}.jsonl").automation._curves[0][1].points(9)]
        for n in ("take", "again")
    )
    assert [(sample + 4800, value) for sample, value in first] == second


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_meters_do_not_depend_on_blocks(sizes: list[int]) -> None:
    audio = noise(sum(sizes))
    whole, cut = Meter(RATE), Meter(RATE)
    scope = Scope()
    whole.push(audio)
    start = 0
    for size in sizes:
        cut.push(audio[:, start : start + size])
        scope.push(audio[:, start : start + size])
        start += size
    assert cut.levels_db == pytest.approx(whole.levels_db)
    n = min(SCOPE_SAMPLES, audio.shape[1])
    assert np.allclose(scope.latest(n), audio.mean(axis=0)[-n:], atol=1e-6)


def test_a_clock_follows_slowly_and_jumps_when_the_stream_did() -> None:
    clock = ClockMap(RATE)
    assert clock.sample_at(5.0) == 0
    rng = np.random.default_rng(1)
    for block in range(1000):
        clock.block(100.0 + block * BLOCK / RATE + rng.uniform(0, 0.004), block * BLOCK)
    # 2 ms is the mean of the jitter; what is left of it is a tenth.
    assert abs(clock.sample_at(106.002) - 6 * RATE) < 0.0004 * RATE
    clock.block(500.0, 1000 * BLOCK)
    assert clock.sample_at(500.0) == 1000 * BLOCK


def test_who_gets_a_number_again_has_no_past(engine: Engine, tmp_path: Path) -> None:
    studio = Studio(engine, Library(tmp_path / "boards", ".json"), Library(tmp_path / "takes", ".jsonl"))
    studio.save_board(1, "mine")
    studio.load_preset(1, 0, "far")
    generation = engine.track(1).generation
    engine.remove_track(1)
    track = engine.add_track(Board([pedalboard.Gain(0)]))
    assert (track.number, studio.board_names, studio.preset_names) == (1, {}, {})
    assert studio.presets(1, 0) == {}
    assert track.generation != generation


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a\0b", "x" * 65, "con", "é", "a.", "-a", "a b "])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="plain name"):
        Library(tmp_path, ".json").write(name, "{}")
    assert list(tmp_path.iterdir()) == []


def test_links_out_of_the_folder_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    library = Library(tmp_path / "boards", ".json")
    library.write("mine", "{}")
    (tmp_path / "boards" / "link.json").symlink_to(tmp_path / "secret.json")
    assert library.existing("mine").read_text() == "{}"
    with pytest.raises(RefusedError, match="no 'link'"):
        library.existing("link")
