# SPDX-License-Identifier: GPL-3.0-or-later
"""CoreAudio's channel layouts, as stored in AIFF's CHAN and CAF's chan (CoreAudioBaseTypes.h)."""

from __future__ import annotations

import struct

from ddsp_fx.files.layout import BC, BL, BR, FC, FL, FLC, FR, FRC, LFE, SL, SR

_DESCRIPTIONS, _BITMAP = 0, 0x10000
# Layout tags by their upper half: the speakers in order.
_TAGS = {
    108: (FL, FR, BL, BR), 113: (FL, FR, FC), 114: (FC, FL, FR), 115: (FL, FR, FC, BC), 116: (FC, FL, FR, BC),
    117: (FL, FR, FC, SL, SR), 118: (FL, FR, SL, SR, FC), 119: (FL, FC, FR, SL, SR), 120: (FC, FL, FR, SL, SR),
    121: (FL, FR, FC, LFE, SL, SR), 122: (FL, FR, SL, SR, FC, LFE), 123: (FL, FC, FR, SL, SR, LFE),
    124: (FC, FL, FR, SL, SR, LFE), 125: (FL, FR, FC, LFE, SL, SR, BC), 126: (FL, FR, FC, LFE, SL, SR, FLC, FRC),
    127: (FC, FLC, FRC, FL, FR, SL, SR, LFE), 128: (FL, FR, FC, LFE, SL, SR, BL, BR), 133: (FL, FR, LFE),
}  # fmt: skip
# Channels without loudspeakers: Ambisonics (B format; ACN with SN3D or N3D), and discrete channels.
_DISCRETE = 147
_NO_SPEAKERS = (107, _DISCRETE, 190, 191)
# Labels 1 to 18 are WAVE_FORMAT_EXTENSIBLE's bits in order. Rear surrounds have labels of their own.
_BITS, _BEHIND = 18, {33: BL, 34: BR}
_DESCRIPTION = 20


def layout_of(content: bytes) -> tuple[int | None, tuple[int, ...] | None]:
    """Mask and order as in `Survey`, of which at most one is known."""
    if len(content) < 12:
        return None, None
    tag, bitmap, count = struct.unpack(">III", content[:12])
    if tag == _BITMAP:
        return bitmap, None
    if tag == _DESCRIPTIONS:
        return None, _described(content[12 : 12 + _DESCRIPTION * count])
    return (0, None) if tag >> 16 in _NO_SPEAKERS else (None, _TAGS.get(tag >> 16))


def _described(content: bytes) -> tuple[int, ...] | None:
    """The order from channel descriptions (label, flags, coordinates); None if a label is not a known loudspeaker."""
    labels = [label for label, *_ in struct.iter_unpack(">II12x", content[: len(content) // 20 * 20])]
    behind = any(label in _BEHIND for label in labels)
    order = []
    for label in labels:
        if not (1 <= label <= _BITS or label in _BEHIND):
            return None
        # If there are rear surrounds, the plain ones are the side surrounds.
        aside = {5: SL, 6: SR}.get(label) if behind else None
        order.append(aside or _BEHIND.get(label) or 1 << (label - 1))
    return tuple(order) if order and len(set(order)) == len(order) else None


def no_loudspeakers(channels: int) -> bytes:
    """A layout that states that channels have no loudspeakers."""
    return struct.pack(">III", _DISCRETE << 16 | channels, 0, 0)


def of_speakers(mask: int) -> bytes:
    """A layout from a speaker mask."""
    return struct.pack(">III", _BITMAP, mask, 0)
