# SPDX-License-Identifier: GPL-3.0-or-later
"""MIDI controllers: both ends, the middle and the direction of a range; times; files that are not MIDI."""

from pathlib import Path

import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise

from ddsp_fx.automation import read_automation
from ddsp_fx.automation.midi import BEND, BoundControl, MidiControl, parse_control, read_controls
from ddsp_fx.board import Board
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.errors import AutomationError, DdspFxError

mido = pytest.importorskip("mido")


def _board() -> Board:
    return Board([LearnedReverb.from_response(decaying_noise(0.1, 0.1, 16000), 16000), pedalboard.Gain()])


def _cc(number: int, value: int, channel: int = 0) -> object:
    return mido.Message("control_change", control=number, value=value, channel=channel)


@given(st.integers(0, 127), st.one_of(st.none(), st.integers(0, 127)), st.one_of(st.none(), st.integers(1, 16)))
def test_what_is_written_is_parsed(number: int, fine: int | None, channel: int | None) -> None:
    text = f"{f'{channel}/' if channel else ''}{number}{f'+{fine}' if fine is not None else ''}=0.tone:-3 dB..4"
    assert parse_control(text) == MidiControl(number, fine, channel, "0.tone", "-3 dB", "4")


def test_a_slot_may_hold_dots_and_a_range_is_optional() -> None:
    assert parse_control("7=my.slot.mix") == MidiControl(7, None, None, "my.slot.mix")
    assert parse_control("bend=mix").number == BEND


@given(st.sampled_from(["mix", "decay", "tone", "pre_delay"]), st.integers(0, 127))
def test_the_whole_range_along_the_parameters_own_scale(symbol: str, value: int) -> None:
    board = _board()
    parameter = board[0].parameters[symbol]
    bound = BoundControl(parse_control(f"74=0.{symbol}"), board)
    assert bound.value(_cc(74, value)) == pytest.approx(parameter.from_normalised(value / 127))


@given(st.floats(-12, 12), st.floats(-12, 12))
def test_the_ends_of_a_part_of_the_range_in_either_direction(low: float, high: float) -> None:
    bound = BoundControl(parse_control(f"74=0.tone:{low}..{high}"), _board())
    assert bound.value(_cc(74, 0)) == pytest.approx(low, abs=1e-9)
    assert bound.value(_cc(74, 127)) == pytest.approx(high, abs=1e-9)


def test_fourteen_bits() -> None:
    bound = BoundControl(parse_control("1+33=0.mix"), _board())
    assert bound.value(_cc(1, 127)) == pytest.approx(127 * 128 / 16383)
    assert bound.value(_cc(33, 127)) == 1.0
    assert bound.value(_cc(1, 0)) == 0.0


def test_the_wheel_rests_in_the_middle_and_reaches_both_ends() -> None:
    bound = BoundControl(parse_control("bend=0.tone:-2..2"), _board())
    pitches = [-8192, 0, 8191]
    assert [bound.value(mido.Message("pitchwheel", pitch=p)) for p in pitches] == pytest.approx([-2, 0, 2])


def test_other_channels_and_messages_are_not_meant() -> None:
    bound = BoundControl(parse_control("2/7=mix"), _board())
    assert bound.value(_cc(7, 10, channel=0)) is None
    assert bound.value(_cc(8, 10, channel=1)) is None
    assert bound.value(mido.Message("note_on", channel=1)) is None
    assert bound.value(_cc(7, 127, channel=1)) == 1.0


def test_native_plugins_need_a_range() -> None:
    assert BoundControl(parse_control("7=Gain.gain_db:-6..6"), _board()).value(_cc(7, 127)) == pytest.approx(6)
    with pytest.raises(DdspFxError, match=r"write it: Gain.gain_db:LOW..HIGH"):
        BoundControl(parse_control("7=Gain.gain_db"), _board())


def test_times_follow_the_tempo(tmp_path: Path) -> None:
    tempo = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000), mido.MetaMessage("end_of_track", time=960)])
    moves = mido.MidiTrack([_cc(7, 0), _cc(7, 127).copy(time=480), _cc(9, 1).copy(time=1)])  # type: ignore[attr-defined]
    path = tmp_path / "a.mid"
    mido.MidiFile(type=1, tracks=[tempo, moves], ticks_per_beat=480).save(path)
    automation = read_automation(path, _board(), [parse_control("7=0.mix")])
    assert list(automation.events(_board(), 48000, 96000)) == [(0, 0, "mix", 0.0), (48000, 0, "mix", 1.0)]


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([], r"it contains 1/7 \(2 x\); write"),
        (["8=mix"], r"no CC 8 for mix; it contains 1/7 \(2 x\)"),
        (["7=0.mux"], "MIDI map, CC 7: .*did you mean 'mix'"),
        (["7=0.mix:0..9"], "MIDI map, CC 7: mix = 9 is out of range"),
        (["7=mix", "1/7=mix"], "two controls move mix"),
    ],
)
def test_mistakes(maps: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    mido.MidiFile(tracks=[mido.MidiTrack([_cc(7, 0), _cc(7, 127)])]).save(path)
    with pytest.raises(AutomationError, match=message):
        read_automation(path, _board(), [parse_control(text) for text in maps])


@pytest.mark.parametrize("text", ["", "7", "7=", "=mix", "200=mix", "17/7=mix", "0/7=mix", "1+200=mix", "x=mix"])
def test_maps_that_are_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(AutomationError, match="MIDI map"):
        parse_control(text)
    path = tmp_path / "map.txt"
    path.write_text(f"# knobs\n7=mix  # left\n\n{text or '='}\n")
    with pytest.raises(AutomationError, match="line 4"):
        read_controls(path)


@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_midi_are_our_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, with_header: bool
) -> None:
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    header = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00\x00\x40"
    path.write_bytes((header if with_header else b"") + data)
    with pytest.raises(AutomationError):
        read_automation(path, _board(), [])
