# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a loudspeaker layout into a finished file, because encoders assume the usual one for the channel count."""

from __future__ import annotations

import struct
from pathlib import Path

from ddsp_fx.files.containers import core_audio
from ddsp_fx.files.layout import SpeakerLayout


def state_layout(path: Path, layout: SpeakerLayout) -> None:
    """For more than two channels: .wav by its mask, .flac by a comment, .aiff by a CHAN chunk. Raises OSError."""
    if layout.channels <= 2:
        return
    suffix = path.suffix.lower()
    if suffix == ".wav":
        _mask_of_wave(path, layout.mask)
    elif suffix == ".flac" and layout.mask != SpeakerLayout.of(layout.channels, None, "flac").mask:
        from mutagen.flac import FLAC

        file = FLAC(path)
        if file.tags is None:
            file.add_tags()
        file["WAVEFORMATEXTENSIBLE_CHANNEL_MASK"] = f"0x{layout.mask:04X}"
        file.save()
    elif suffix == ".aiff":
        from ddsp_fx.files.carry.chunks import add_chunks

        stated = core_audio.of_speakers(layout.mask) if layout.speakers else core_audio.no_loudspeakers(layout.channels)
        add_chunks(path, [(b"CHAN", stated)], [])


def _mask_of_wave(path: Path, mask: int) -> None:
    with path.open("rb+") as file:
        position = 12
        while True:
            file.seek(position)
            name, length = struct.unpack("<4sI", file.read(8))
            if name == b"fmt ":
                break
            position += 8 + length + length % 2
        if length >= 40:
            file.seek(position + 8 + 20)
            file.write(struct.pack("<I", mask))
