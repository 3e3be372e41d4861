# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes one file's metadata into another: unchanged within a format, otherwise as far as the format allows."""

from __future__ import annotations

import struct
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ddsp_fx.files.carry.chunks import Chunk, add_chunks
from ddsp_fx.files.carry.collect import Belongings
from ddsp_fx.files.carry.markers import to_aiff, to_wav
from ddsp_fx.files.carry.rescale import rescaled, without_loudness
from ddsp_fx.files.carry.tags import AIFF, only_in_id3, packed, to_bext, to_id3, to_info, without_stale

# Chunks whose content is also in the tags, so that other formats keep it.
_AS_TAGS = (b"bext", b"id3 ", b"ID3 ", b"acid", b"info", *AIFF)
_MOST_OF_PICTURE = (1 << 24) - (1 << 16)
# The audio definition model of BW64 (ITU-R BS.2076): what each channel is.
_OF_CHANNELS = (b"chna", b"axml", b"bxml")
_NAMES = {
    b"cue ": "cue points",
    b"smpl": "loops (smpl)",
    b"LIST": "labels (LIST)",
    b"MARK": "markers",
    b"plst": "play list",
}


def bestow(mine: Belongings, path: Path, sample_rate: float, folded: bool = False) -> list[str]:
    """Write metadata into a finished file at `sample_rate`; returns descriptions of what its format cannot store.

    If channels were folded down, descriptions of single channels are left out. The suffix decides the format: .wav,
    .aiff, .flac, .ogg or .mp3. Raises OSError if the file cannot be written.
    """
    import mutagen

    ratio, suffix = sample_rate / mine.sample_rate, path.suffix.lower()
    lost = list(mine.lost)
    if folded:
        lost += [name.decode() for name, *_ in mine.chunks if name in _OF_CHANNELS]
        mine.chunks = [chunk for chunk in mine.chunks if chunk[0] not in _OF_CHANNELS]
    if "time_reference" in mine.tags and mine.tags["time_reference"][0].isdecimal():
        mine.tags["time_reference"] = [str(round(int(mine.tags["time_reference"][0]) * ratio))]
    try:
        if suffix in (".wav", ".aiff"):
            lost += _on_chunks(mine, path, ratio, sample_rate)
        else:
            lost += _not_in_tags(mine)
            lost += _on_tags(mine, path, suffix, ratio)
    except (mutagen.MutagenError, ValueError, struct.error) as error:
        lost.append(f"its metadata ({' '.join(str(error).split())})")
    return lost


def _not_in_tags(mine: Belongings, kept: Collection[bytes] = ()) -> list[str]:
    """Names of chunks that have no counterpart in tags. Of a LIST, the labels: its INFO becomes tags."""
    lost = []
    for name, content, _ in mine.chunks:
        if name not in _AS_TAGS and name not in kept and not (name == b"LIST" and content[:4] == b"INFO"):
            shown = _NAMES.get(name, name.decode("latin-1").strip())
            lost += [shown] if shown not in lost else []
    return lost


def _on_chunks(mine: Belongings, path: Path, ratio: float, sample_rate: float) -> list[str]:
    """Copy chunks if the format is the same; otherwise write INFO, bext and ID3 from tags, and convert markers."""
    kind = "wav" if path.suffix.lower() == ".wav" else "aiff"
    before: list[Chunk] = []
    after: list[Chunk] = []
    if mine.container == kind:
        for name, content, ahead in mine.chunks:
            true = without_stale(content, mine.id3) if name in (b"id3 ", b"ID3 ") else content
            new = rescaled(name, without_loudness(true) if name == b"bext" else true, ratio)
            (before if ahead else after).append((name, new))
        lost = []
    else:
        marks = to_aiff(mine.chunks, ratio) if kind == "aiff" else to_wav(mine.chunks, ratio, sample_rate)
        lost = _not_in_tags(mine, marks.kept) + (["cue sheet and application blocks"] if mine.blocks else [])
        lost += marks.lost
        before, after = _made_of_tags(mine, kind)
        after += marks.chunks
    if before or after:
        add_chunks(path, before, after)
    return lost


def _made_of_tags(mine: Belongings, kind: str) -> tuple[list[Chunk], list[Chunk]]:
    if not mine.tags and not mine.pictures and not mine.id3:
        return [], []
    frames = packed(to_id3(mine.tags, mine.pictures, mine.id3))
    if kind == "aiff":
        return [], [(b"ID3 ", frames)]
    bext, info = to_bext(mine.tags), to_info(mine.tags)
    listed = [(b"LIST", info)] if info else []
    return [(b"bext", bext)] if bext else [], [*listed, (b"id3 ", frames)]


def _on_tags(mine: Belongings, path: Path, suffix: str, ratio: float) -> list[str]:
    """Write tags as comments or ID3; returns what has no place there."""
    if not (mine.tags or mine.pictures or mine.id3 or mine.blocks):
        return []
    if suffix == ".mp3":
        to_id3(mine.tags, mine.pictures, mine.id3).save(path)
        return []
    lost = only_in_id3(mine.id3)
    if suffix == ".flac":
        return lost + _on_flac(mine, path, ratio)
    _on_ogg(mine, path)
    return lost


def _on_flac(mine: Belongings, path: Path, ratio: float) -> list[str]:
    from mutagen import flac

    file, lost = flac.FLAC(path), []
    _add_comments(file, mine)
    for picture in mine.pictures:
        # A metadata block states its length in 24 bits.
        if len(picture.data) < _MOST_OF_PICTURE:
            file.add_picture(picture)
        else:
            lost.append(f"a picture ({len(picture.data) >> 20} MiB)")
    for block in mine.blocks:
        if isinstance(block, flac.CueSheet):
            _rescale_sheet(block, ratio)
        file.metadata_blocks.append(block)
    file.save()
    return lost


def _rescale_sheet(sheet: Any, ratio: float) -> None:
    sheet.lead_in_samples = round(sheet.lead_in_samples * ratio)
    for track in sheet.tracks:
        track.start_offset = round(track.start_offset * ratio)
        track.indexes = [type(index)(index.index_number, round(index.index_offset * ratio)) for index in track.indexes]


def _on_ogg(mine: Belongings, path: Path) -> None:
    import base64

    from mutagen.oggvorbis import OggVorbis

    file = OggVorbis(path)
    _add_comments(file, mine)
    if mine.pictures:
        file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode() for picture in mine.pictures]
    file.save()


def _add_comments(file: Any, mine: Belongings) -> None:
    if file.tags is None:
        file.add_tags()
    for key, values in mine.tags.items():
        # The name of a Vorbis comment is printable ASCII without "=".
        name = "".join(c if " " <= c <= "}" and c != "=" else "_" for c in key)
        if name:
            file[name] = values
