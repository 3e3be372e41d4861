# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags as Vorbis comments, and their names in ID3, RIFF's INFO, AIFF and bext."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

Tags = dict[str, list[str]]

ID3 = {
    "TIT2": "title", "TPE1": "artist", "TALB": "album", "TPE2": "albumartist", "TDRC": "date", "TCON": "genre",
    "TRCK": "tracknumber", "TPOS": "discnumber", "TCOM": "composer", "TBPM": "bpm", "TSRC": "isrc", "TCOP": "copyright",
    "TENC": "encoded-by", "TLAN": "language", "TPUB": "organization", "TEXT": "lyricist", "TPE3": "conductor",
    "TPE4": "remixer", "TIT1": "grouping", "TIT3": "version", "TKEY": "initialkey", "TMED": "media",
    "TDOR": "originaldate", "TSSE": "encodersettings", "TSST": "discsubtitle", "TMOO": "mood",
}  # fmt: skip
INFO = {
    "INAM": "title", "IART": "artist", "IPRD": "album", "ICMT": "comment", "ICRD": "date", "IGNR": "genre",
    "ITRK": "tracknumber", "ICOP": "copyright", "IENG": "engineer", "ITCH": "encoded-by", "IKEY": "keywords",
    "ISBJ": "subject", "ISRC": "source", "IMED": "media", "ILNG": "language", "IMUS": "composer", "IWRI": "lyricist",
    "ISFT": "encoder", "IBPM": "bpm",
}  # fmt: skip
AIFF = {b"NAME": "title", b"AUTH": "artist", b"(c) ": "copyright", b"ANNO": "comment"}
APE = {"year": "date", "track": "tracknumber", "disc": "discnumber", "album artist": "albumartist"}
# ffmpeg's names for bext's fields, and the fields' positions.
_BEXT = {
    "description": (0, 256),
    "originator": (256, 288),
    "originator_reference": (288, 320),
    "origination_date": (320, 330),
    "origination_time": (330, 338),
}
_BEXT_BYTES = 602
# ffmpeg renames two of them when it writes other formats.
_ALIASES = {"originator": "encoded_by", "origination_date": "date"}
# CAF's info chunk has other names for these (Core Audio Format Specification, "Information Chunk").
_CAF = {"comments": "comment", "tempo": "bpm", "track number": "tracknumber", "year": "date", "recorded date": "date"}
_LOUDNESS, _DELAY = "the loudness has changed", "the encoder has another delay"
# Measurements of the old sound or the old file are no longer true.
_STALE = {
    "replaygain_": _LOUDNESS, "r128_": _LOUDNESS, "mp3gain_": _LOUDNESS, "itunnorm": _LOUDNESS, "itunsmpb": _DELAY,
}  # fmt: skip
# ID3 frames that measure loudness, and frames with byte or time positions in the file.
_STALE_FRAMES = ("RVA2", "RVAD", "RGAD")
_OF_THE_FILE = ("TLEN", "MLLT", "ASPI", "RBUF")
# Frames that `from_id3` understands in addition to those in ID3.
_UNDERSTOOD = ("COMM", "USLT", "TXXX", "APIC")


def why_stale(key: str) -> str:
    """The reason why this comment is no longer true; empty if it still is."""
    return next((why for begin, why in _STALE.items() if key.lower().startswith(begin)), "")


def stale_frames(frames: Any) -> list[str]:
    """Names of the frames in a mutagen ID3 object that are no longer true."""
    return [f"{name} ({_LOUDNESS})" for name in _STALE_FRAMES if frames is not None and frames.getall(name)]


def _is_stale(frame: Any) -> bool:
    return frame.FrameID in (*_STALE_FRAMES, *_OF_THE_FILE) or bool(why_stale(getattr(frame, "desc", "")))


def without_stale(content: bytes, frames: Any) -> bytes:
    """An ID3 chunk with these frames: unchanged, or rewritten if some of them are no longer true."""
    if frames is None or not any(_is_stale(frame) for frame in frames.values()):
        return content
    return packed(to_id3({}, (), frames))


def packed(frames: Any) -> bytes:
    """A mutagen ID3 object as the content of a WAV or AIFF chunk."""
    from io import BytesIO

    content = BytesIO()
    frames.save(content, padding=lambda _: 0)
    return content.getvalue()


def only_in_id3(frames: Any) -> list[str]:
    """Names of frames that no comment can represent: chapters, ratings, programs' private data."""
    known = (*ID3, *_UNDERSTOOD, *_STALE_FRAMES, *_OF_THE_FILE)
    return sorted({frame.FrameID for frame in frames.values()} - set(known)) if frames is not None else []


def add(tags: Tags, key: str, values: Iterable[str]) -> None:
    """Add values that are not present yet, except empty ones."""
    present = tags.setdefault(key.lower(), [])
    present += [value for value in values if value and value not in present]
    if not present:
        del tags[key.lower()]


def from_caf(content: bytes) -> Tags:
    """CAF's info chunk: a count, then names and values, each with a terminating zero byte."""
    tags: Tags = {}
    words = content[4:].split(b"\0")
    for name, value in zip(words[::2], words[1::2], strict=False):
        key = text(name).lower()
        add(tags, _CAF.get(key, key), [text(value)] if key else [])
    return tags


def from_acid(content: bytes) -> Tags:
    """The tempo in an acid chunk."""
    bpm = struct.unpack_from("<f", content, 20)[0] if len(content) >= 24 else 0.0
    return {"bpm": [f"{bpm:g}"]} if 0.0 < bpm < 1000.0 else {}


def from_info(content: bytes, order: str = "<") -> Tags:
    """A LIST chunk of type INFO; `order` is the byte order of its sizes."""
    tags: Tags = {}
    position = 4
    while content[:4] == b"INFO" and position + 8 <= len(content):
        name, length = struct.unpack_from(f"{order}4sI", content, position)
        key = INFO.get(name.decode("latin-1"))
        if key is not None:
            add(tags, key, [text(content[position + 8 : position + 8 + length])])
        position += 8 + length + length % 2
    return tags


def to_info(tags: Mapping[str, list[str]]) -> bytes:
    """The content of a LIST chunk of type INFO, empty if no tag has a place in it."""
    items = b""
    for name, key in INFO.items():
        if key in tags:
            value = "; ".join(tags[key]).encode("utf-8") + b"\0"
            items += name.encode() + struct.pack("<I", len(value)) + value + b"\0" * (len(value) % 2)
    return b"INFO" + items if items else b""


def text(raw: bytes) -> str:
    """Decode UTF-8, else Latin-1, up to the first zero byte."""
    raw = raw.partition(b"\0")[0]
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def from_bext(content: bytes) -> Tags:
    """The texts in a bext chunk, and its time reference in samples since midnight."""
    tags: Tags = {}
    for key, (start, end) in _BEXT.items():
        add(tags, key, [text(content[start:end])])
    if len(content) >= 346:
        reference = struct.unpack_from("<Q", content, 338)[0]
        add(tags, "time_reference", [str(reference)] if reference else [])
    return tags


def to_bext(tags: Mapping[str, list[str]]) -> bytes:
    """A bext chunk of version 1 if the tags contain a time reference, which only bext has; else empty."""
    reference = tags.get("time_reference", [""])[0]
    if not reference.isdecimal() or int(reference) >= 1 << 64:
        return b""
    data = bytearray(_BEXT_BYTES)
    for key, (start, end) in _BEXT.items():
        value = _first(tags, key, _ALIASES.get(key, key)).encode("ascii", "replace")[: end - start]
        data[start : start + len(value)] = value
    struct.pack_into("<QH", data, 338, int(reference), 1)
    return bytes(data)


def _first(tags: Mapping[str, list[str]], *keys: str) -> str:
    return next((tags[key][0] for key in keys if tags.get(key)), "")


def from_id3(frames: Any) -> Tags:
    """A mutagen ID3 object's texts, comments and free texts as tags."""
    tags: Tags = {}
    for frame in frames.values():
        if frame.FrameID in ID3:
            add(tags, ID3[frame.FrameID], [str(value) for value in frame.text])
        elif frame.FrameID == "COMM":
            add(tags, frame.desc or "comment", [str(value) for value in frame.text])
        elif frame.FrameID == "USLT":
            add(tags, "lyrics", [frame.text])
        elif frame.FrameID == "TXXX":
            add(tags, frame.desc, [str(value) for value in frame.text])
    return tags


def to_id3(tags: Mapping[str, list[str]], pictures: Iterable[Any], frames: Any = None) -> Any:
    """A mutagen ID3 object: the source's `frames` if any, without stale ones, plus the tags that they lack."""
    from mutagen import id3

    new = id3.ID3()
    for frame in frames.values() if frames is not None else ():
        if not _is_stale(frame):
            new.add(frame)
    known = from_id3(new)
    for key, values in tags.items():
        if key not in known:
            new.add(_frame(key, values))
    if not new.getall("APIC"):
        for picture in pictures:
            new.add(id3.APIC(3, picture.mime, picture.type, picture.desc, picture.data))
    return new


def _frame(key: str, values: list[str]) -> Any:
    from mutagen import id3

    names = {key: name for name, key in ID3.items()}
    if key in names:
        return getattr(id3, names[key])(encoding=3, text=values)
    if key == "comment":
        return id3.COMM(encoding=3, lang="XXX", desc="", text=values)
    if key == "lyrics":
        return id3.USLT(encoding=3, lang="XXX", desc="", text="\n".join(values))
    return id3.TXXX(encoding=3, desc=key, text=values)
