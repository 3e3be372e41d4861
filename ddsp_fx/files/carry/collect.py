# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a file's metadata and keeps it in memory while the file is processed."""

from __future__ import annotations

import contextlib
import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ddsp_fx.files.carry import tags as names
from ddsp_fx.files.carry.tags import Tags
from ddsp_fx.files.reader import AudioReader

# Chunks that describe the samples as stored, only pad, or measure what processing changes.
_OF_THE_SAMPLES = (
    b"fmt ", b"data", b"fact", b"ds64", b"JUNK", b"junk", b"PAD ", b"FLLR", b"PEAK", b"levl",
    b"COMM", b"SSND", b"FVER", b"CHAN", b"desc", b"chan", b"kuki", b"pakt", b"free", b"peak", b"ovvw",
)  # fmt: skip
# Containers with chunks, and the chunks that are understood; None means all, which are copied unchanged.
_UNDERSTOOD: dict[str, tuple[bytes, ...] | None] = {
    "wav": None, "aiff": None, "w64": (b"bext",), "caf": (b"info",), "rifx": (b"LIST", b"id3 ", b"ID3 "),
}  # fmt: skip
_NAMES = {
    b"mark": "markers",
    b"regn": "regions",
    b"inst": "loops (inst)",
    b"cue ": "cue points",
    b"smpl": "loops (smpl)",
}
# Large enough for covers and long edit lists; a chunk that claims more is not a tag.
MOST_BYTES = 64 << 20


@dataclass
class Belongings:
    """All metadata of a file.

    Args:
        name, container, sample_rate: of the file it came from.
        chunks: (id, content, before the samples?) of WAV and AIFF, in order.
        tags: as Vorbis comments, whatever their original form.
        pictures: mutagen's `flac.Picture`.
        id3: mutagen's frames, if there were any.
        blocks: FLAC's cue sheet and application blocks.
        lost: descriptions of what could not be read or is no longer true.
    """

    name: str
    container: str
    sample_rate: float
    chunks: list[tuple[bytes, bytes, bool]] = field(default_factory=list)
    tags: Tags = field(default_factory=dict)
    pictures: list[Any] = field(default_factory=list)
    id3: Any = None
    blocks: list[Any] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def add_tags(self, tags: Tags) -> None:
        """Add tags that are still true and not present yet."""
        for key, values in tags.items():
            if why := names.why_stale(key):
                self.lose(f"{key.upper()} ({why})")
            elif key not in self.tags:
                names.add(self.tags, key, values)

    def lose(self, what: str) -> None:
        """Record a loss, once."""
        if what not in self.lost:
            self.lost.append(what)


def collect(reader: AudioReader) -> Belongings:
    """The metadata of an opened file. Never raises: what it cannot read is recorded as lost."""
    import mutagen

    mine = Belongings(reader.name, reader.container, reader.sample_rate)
    try:
        if reader.container in _UNDERSTOOD:
            _from_chunks(mine, reader)
        elif reader.container == "flac":
            _from_flac(mine, reader.path)
        elif reader.container == "ogg":
            _from_ogg(mine, reader.path)
        elif reader.container == "mp3":
            _from_id3(mine, reader.path)
        else:
            mine.add_tags({key: [value] for key, value in reader.strings().items()})
        if reader.container not in ("mp3", "ogg"):
            _from_id3_in_front(mine, reader.path)
    except (mutagen.MutagenError, OSError, ValueError, KeyError, IndexError, struct.error):
        mine.lose("tags that cannot be read")
    return mine


def _from_chunks(mine: Belongings, reader: AudioReader) -> None:
    left, size, understood = MOST_BYTES, reader.path.stat().st_size, _UNDERSTOOD[reader.container]
    with reader.path.open("rb") as file:
        for name, begin, end in reader.chunks:
            if name in _OF_THE_SAMPLES:
                continue
            if end > size:
                mine.lose(f"{_shown(name)} (cut short)")
            elif end - begin > left:
                mine.lose(f"{_shown(name)} ({(end - begin) >> 20} MiB)")
            elif understood is not None and name not in understood:
                mine.lose(_shown(name))
            else:
                left -= end - begin
                file.seek(begin)
                mine.chunks.append((name, file.read(end - begin), begin < reader.samples_at))
    for name, content, _ in mine.chunks:
        mine.add_tags(_tags_of(mine, name, content))
    if reader.container == "w64":
        # Its bext chunk has WAV's format, and is copied as WAV's.
        mine.container = "wav"


def _tags_of(mine: Belongings, name: bytes, content: bytes) -> Tags:
    from mutagen.id3 import ID3

    if name == b"LIST":
        return names.from_info(content, ">" if mine.container == "rifx" else "<")
    if name in (b"id3 ", b"ID3 "):
        return _taken(mine, ID3(io.BytesIO(content)))
    if name in names.AIFF and mine.container == "aiff":
        return {names.AIFF[name]: [names.text(content)]}
    readers = {b"bext": names.from_bext, b"acid": names.from_acid, b"info": names.from_caf}
    return readers[name](content) if name in readers else {}


def _taken(mine: Belongings, frames: Any) -> Tags:
    """The tags of these frames; the frames themselves are kept too."""
    mine.id3 = frames
    _pictures_of_id3(mine)
    for name in names.stale_frames(frames):
        mine.lose(name)
    return names.from_id3(frames)


def _from_id3_in_front(mine: Belongings, path: Path) -> None:
    """Some taggers put ID3 before any kind of file; the file's native tags take precedence."""
    from mutagen.id3 import ID3

    with path.open("rb") as file:
        in_front = file.read(3) == b"ID3"
    if in_front and mine.id3 is None:
        mine.add_tags(_taken(mine, ID3(path)))
        own = {"wav": b"id3 ", "aiff": b"ID3 "}.get(mine.container)
        if own:
            mine.chunks.append((own, names.packed(mine.id3), False))


def _pictures_of_id3(mine: Belongings) -> None:
    from mutagen.flac import Picture

    for frame in mine.id3.getall("APIC"):
        picture = Picture()
        picture.mime, picture.type, picture.desc, picture.data = frame.mime, int(frame.type), frame.desc, frame.data
        mine.pictures.append(picture)


def _from_id3(mine: Belongings, path: Path) -> None:
    from mutagen.apev2 import APENoHeaderError, APEv2
    from mutagen.id3 import ID3, ID3NoHeaderError

    with contextlib.suppress(ID3NoHeaderError):
        mine.add_tags(_taken(mine, ID3(path)))
    try:
        items = APEv2(path).items()
    except APENoHeaderError:
        return
    mine.add_tags({names.APE.get(key.lower(), key.lower()): list(item) for key, item in items if item.kind == 0})


def _from_flac(mine: Belongings, path: Path) -> None:
    from mutagen import flac

    file = flac.FLAC(path)
    mine.pictures = list(file.pictures)
    mine.add_tags(_comments(file.tags))
    for block in file.metadata_blocks:
        if isinstance(block, flac.CueSheet):
            mine.blocks.append(block)
        elif block.code == 2:
            # Chunks of another format, kept by flac --keep-foreign-metadata: their sizes only fit the old samples.
            if block.write()[:4] in (b"riff", b"aiff", b"w64 "):
                mine.lose("foreign metadata blocks")
            else:
                mine.blocks.append(block)


def _from_ogg(mine: Belongings, path: Path) -> None:
    import base64

    import mutagen
    from mutagen.flac import Picture

    file = mutagen.File(path)
    if file is None or file.tags is None:
        return
    comments = _comments(file.tags)
    for text in comments.pop("metadata_block_picture", []):
        try:
            mine.pictures.append(Picture(base64.b64decode(text)))
        except (mutagen.MutagenError, ValueError, struct.error):
            mine.lose("a picture that cannot be read")
    mine.add_tags(comments)


def _comments(tags: Any) -> Tags:
    found: Tags = {}
    for key, value in tags or []:
        names.add(found, key, [value])
    return found


def _shown(name: bytes) -> str:
    return _NAMES.get(name) or name.decode("latin-1").strip()
