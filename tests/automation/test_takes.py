# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: what is written can be read back, with the board's state, and faulty lines are never ignored."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise, tone

from ddsp_fx.automation import read_automation, read_take, take_event, take_header
from ddsp_fx.board import Board
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import AutomationError, DdspFxError

RATE = 48000
EVENTS = st.lists(
    st.tuples(st.integers(0, RATE), st.sampled_from(["0.mix", "0.width", "mix"]), st.floats(0, 1)), min_size=1
)


def _board(**values: float) -> Board:
    return Board([LearnedReverb.from_response(decaying_noise(0.1, 0.1, RATE), RATE, **values)])


@given(EVENTS, st.sampled_from([44100, 48000, 96000, 11025.5]))
def test_what_was_written_is_scheduled(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, str, float]], rate: float
) -> None:
    path = tmp_path_factory.mktemp("takes") / "take.jsonl"
    path.write_text(take_header(rate) + "".join(take_event(*event) for event in events))
    board = _board()
    slots = {"0.mix": (0, "mix"), "0.width": (0, "width"), "mix": (None, "mix")}
    found = list(read_take(path).automation.events(board, rate, 2 * RATE))
    assert len(found) == len(events)
    # Events at one position keep their order: the last one is heard.
    for slot, symbol in set(slots.values()):
        of_target = [(sample, value) for sample, s, p, value in found if (s, p) == (slot, symbol)]
        written = [(e[0], e[2]) for e in events if slots[e[1]] == (slot, symbol)]
        assert of_target == sorted(written, key=lambda pair: pair[0])


def test_a_render_equals_the_board_that_was_sent_the_same(tmp_path: Path) -> None:
    audio = tone(0.5, RATE)
    live = _board(mix=0.9)
    path = tmp_path / "take.jsonl"
    moves = [(0, "0.mix", 0.2), (5000, "mix", 0.5), (9001, "0.mix", 1.0)]
    path.write_text(take_header(RATE) + "".join(take_event(*move) for move in moves))
    live.prepare(RATE, 512, 1)
    for sample, target, value in moves:
        live.schedule(sample, 0 if target == "0.mix" else None, "mix", value)
    sent = np.concatenate([live.process_block(audio[:, i : i + 512]) for i in range(0, audio.shape[1], 512)], axis=1)
    rendered = _board(mix=0.9).render(audio, RATE, tail=False, automation=read_take(path).automation)
    assert np.array_equal(sent, rendered)


def test_without_a_header_the_first_value_holds_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    path.write_text('{"time_s": 0.4, "target": "0.mix", "value": 0.0}\n')
    audio = tone(0.2, RATE)
    assert np.array_equal(_board(mix=1).render(audio, RATE, tail=False, automation=read_automation(path)), audio)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"time_s": 0}'], "line 1: KeyError: 'target' is missing"),
        (["[]"], "line 1: expected an object"),
        (["", "{"], "line 2: not JSON"),
        (['{"target": "mix", "value": 1}'], "line 1: no time"),
        (['{"sample": 1, "target": "mix", "value": 1}'], "line 1: sample without a rate"),
        (['{"sample": 1, "rate": 0, "target": "mix", "value": 1}'], "line 1: rate 0 is not"),
        (['{"sample": -1, "rate": 9, "target": "mix", "value": 1}'], "line 1: sample -1 is not a number of samples"),
        (['{"time_s": NaN, "target": "mix", "value": 1}'], "line 1: time nan"),
        (['{"time_s": true, "target": "mix", "value": 1}'], "line 1: time True"),
        (['{"time_s": 1, "target": "mix", "value": [1]}'], "line 1: target 'mix' must be text"),
        (['{"time_s": 1, "target": "mix", "value": 1}', '{"ddsp_fx_take": 1}'], "line 2: the header must be"),
        (['{"ddsp_fx_take": 2}'], "line 1: take version 2 is unknown"),
        (['{"ddsp_fx_take": 1, "board": 3}'], "line 1: board is 3"),
        (['{"ddsp_fx_take": 1, "rate": "x"}'], "line 1: rate 'x'"),
        (['{"ddsp_fx_take": 1}'], "the take is empty"),
    ],
)
def test_mistakes_name_their_line(lines: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(AutomationError, match=message.replace("[", r"\[")):
        read_take(path)


@given(st.lists(st.one_of(st.text(), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))))
def test_nonsense_is_one_of_our_errors(tmp_path_factory: pytest.TempPathFactory, lines: list[object]) -> None:
    path = tmp_path_factory.mktemp("takes") / "take.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    with pytest.raises(DdspFxError):
        read_take(path)
