# SPDX-License-Identifier: GPL-3.0-or-later
"""A take renders to the same samples as were played live."""

import json
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ddsp_fx import Board
from ddsp_fx.automation import read_automation, read_take
from ddsp_fx_bridge.engine import Change, Engine, Layout
from ddsp_fx_bridge.engine.player import Player
from serve.engine.blocks import BLOCK, RATE, MakeBoard, mix, noise, record, run

CHANGES = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.sampled_from(
            [
                ("hall", "mix", st.floats(0, 1)),
                ("hall", "pre_delay", st.floats(0, 20)),
                ("Gain", "gain_db", st.floats(-20, 6)),
                ("", "mix", st.floats(0, 1)),
                ("", "bypass", st.booleans()),
            ]
        ).flatmap(lambda kind: st.tuples(st.just(kind[0]), st.just(kind[1]), kind[2])),
        st.booleans(),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=CHANGES)
def test_a_take_renders_to_the_samples_that_were_heard(
    make_board: MakeBoard, tmp_path: Path, moves: list[tuple[int, tuple[str, str, float], bool]]
) -> None:
    engine = Engine(Layout(RATE, BLOCK, 2))
    track = engine.add_track(make_board())
    # Live, a room's new response is heard when it is made, which a take does not know.
    track.is_rendering = True
    recorder = record(engine, tmp_path / "take.jsonl")
    audio = noise(5000)

    def send(position: int) -> None:
        for at, (slot, symbol, value), exact in moves:
            if position <= at < position + BLOCK:
                engine.change([Change(1, slot, symbol, value)], sample=at if exact else None)

    heard = run(engine, audio, send)
    track.stop_recording()
    take = read_take(recorder.path)
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


def test_a_take_finds_slots_that_were_renamed_and_reordered(
    engine: Engine, make_board: MakeBoard, tmp_path: Path
) -> None:
    record(engine, tmp_path / "take.jsonl")
    run(engine, noise(1000), lambda position: engine.change([mix(0.25)]))
    engine.track(1).stop_recording()
    board = make_board()
    board.reverse()
    board[1].name = "cave"
    again = Engine(Layout(RATE, BLOCK, 2))
    track = again.add_track(board)
    player = Player(again, 1, tmp_path / "take.jsonl")
    run(again, noise(20000), lambda position: player.tick())  # type: ignore[arg-type, return-value]
    assert track.values["hall", "mix"] == board[1].mix == 0.25
    # A render on the command line gives the same.
    fresh = make_board()
    fresh.reverse()
    fresh[1].name = "cave"
    fresh.render(noise(1000), RATE, automation=read_automation(tmp_path / "take.jsonl", fresh))
    assert fresh[1].mix == 0.25


def test_a_take_without_ids_goes_by_names(engine: Engine, make_board: MakeBoard, tmp_path: Path) -> None:
    record(engine, tmp_path / "take.jsonl")
    run(engine, noise(1000), lambda position: engine.change([mix(0.25)]))
    engine.track(1).stop_recording()
    header, events = (tmp_path / "take.jsonl").read_text().split("\n", 1)
    old = {key: value for key, value in json.loads(header).items() if key != "slot_ids"}
    (tmp_path / "old.jsonl").write_text(f"{json.dumps(old)}\n{events}")
    board = make_board()
    board.render(noise(1000), RATE, automation=read_automation(tmp_path / "old.jsonl", board))
    assert board[0].mix == 0.25
