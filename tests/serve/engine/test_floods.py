# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues are bounded, and the latest value wins."""

import json
from pathlib import Path

import pytest

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine import Change, Engine
from serve.engine.blocks import BLOCK, mix, noise, record


def test_the_audio_never_waits_for_who_posts(engine: Engine) -> None:
    track = engine.track(1)
    engine.change([mix(0.9)])
    with track.gate.lock:  # another thread is posting
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
        engine.change([mix(number / blocks), Change(1, "", "mix", 1.0 - number / blocks)])
        engine.process(noise(small))
    engine.track(1).stop_recording()
    events = [json.loads(line) for line in (tmp_path / "take.jsonl").read_text().splitlines()[1:]]
    hall, board = ([e["sample"] for e in events if e["target"] == target] for target in ("hall.mix", "mix"))
    # Changes that arrived together act together, and the last one is kept.
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
    # Eight act at their positions, the others at most a block late.
    assert samples == [*range(8), *[BLOCK] * 192]
    assert engine.track(1).board[0].mix == 199 / 400


def test_too_many_waiting_are_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ddsp_fx_bridge.engine.schedule.MOST_TIMED", 3)
    engine.change([mix(0.1), mix(0.2)], at_s=engine.now() + 30)
    with pytest.raises(RefusedError, match="at most 3") as refused:
        engine.change([mix(0.1), mix(0.2)], at_s=engine.now() + 30)
    assert refused.value.code == 503
    assert engine.waiting == 2
