# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for a soundfont: every note is in the player's range and ends; the same seed gives the same notes."""

from pathlib import Path

import pytest

from ddsp_fx.errors import AudioError
from ddsp_fx.training.data.soundfont import MAJOR, PLAYERS, line, render


def _notes(midi: bytes) -> list[tuple[int, int]]:
    """(status, key) of note messages: three bytes that start with 0x90 or 0x80 and a key below 128."""
    found, at = [], midi.index(b"MTrk") + 8
    while at < len(midi):
        while midi[at] & 128:
            at += 1
        status = midi[at + 1]
        size = {0xC0: 2, 0xFF: 3}.get(status, 3)
        if status in (0x90, 0x80):
            found.append((status, midi[at + 2]))
        at += 1 + size
    return found


@pytest.mark.parametrize("name", sorted(PLAYERS))
def test_notes_lie_in_the_players_range_and_end(name: str) -> None:
    player = PLAYERS[name]
    notes = _notes(line(player, 30.0, 1))
    highest = player.lowest_key + 12 * (player.degrees // 7) + MAJOR[player.degrees % 7]
    assert all(player.lowest_key <= key <= highest for _, key in notes)
    started = [key for status, key in notes if status == 0x90]
    assert len(started) > 20
    assert sorted(started) == sorted(key for status, key in notes if status == 0x80)


def test_a_seed_is_a_line() -> None:
    violin = PLAYERS["violin"]
    assert line(violin, 10.0, 3) == line(violin, 10.0, 3) != line(violin, 10.0, 4)


def test_what_is_no_soundfont_is_said(tmp_path: Path) -> None:
    text = tmp_path / "not.sf2"
    text.write_text("no")
    with pytest.raises(AudioError, match=r"fluidsynth|soundfont"):
        render(PLAYERS["violin"], text, 1.0, 0, 16000)
