# SPDX-License-Identifier: GPL-3.0-or-later
"""Loudspeaker layouts, and their folding down by ITU-R BS.775.

A speaker is its bit in WAVE_FORMAT_EXTENSIBLE's mask. BS.775-4, annex 4, gives the front 1, centre and surrounds
0.7071, and a single surround 0.5. It leaves out the LFE; here it is added at 0.7071, so that no recorded channel is
lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.array_types import Audio

FL, FR, FC, LFE, BL, BR, FLC, FRC, BC, SL, SR = (1 << bit for bit in range(11))
_R = 0.70710678
_NAMES = ("L", "R", "C", "LFE", "Lb", "Rb", "Lc", "Rc", "Cb", "Ls", "Rs", "T", "Lh", "Ch", "Rh", "Lbh", "Cbh", "Rbh")
# Left and right gain by bit. Lc and Rc lie half-way to the centre, at constant power. Heights fold like those below.
_GAINS = (
    (1.0, 0.0), (0.0, 1.0), (_R, _R), (_R, _R), (_R, 0.0), (0.0, _R), (0.9239, 0.3827), (0.3827, 0.9239), (0.5, 0.5),
    (_R, 0.0), (0.0, _R), (0.5, 0.5), (_R, 0.0), (0.5, 0.5), (0.0, _R), (_R, 0.0), (0.5, 0.5), (0.0, _R),
)  # fmt: skip
# The layouts meant by plain headers, by number of channels: Microsoft's defaults, the same as FLAC's from 1 to 8.
_DEFAULTS: dict[int, tuple[int, ...]] = {
    1: (FC,),
    2: (FL, FR),
    3: (FL, FR, FC),
    4: (FL, FR, BL, BR),
    5: (FL, FR, FC, BL, BR),
    6: (FL, FR, FC, LFE, BL, BR),
    7: (FL, FR, FC, LFE, BC, SL, SR),
    8: (FL, FR, FC, LFE, BL, BR, SL, SR),
}
# Vorbis I specification, section 4.3.9; Opus in Ogg has the same (RFC 7845, section 5.1.1.2).
_XIPH: dict[int, tuple[int, ...]] = {
    3: (FL, FC, FR),
    4: (FL, FR, BL, BR),
    5: (FL, FC, FR, BL, BR),
    6: (FL, FC, FR, BL, BR, LFE),
    7: (FL, FC, FR, SL, SR, BC, LFE),
    8: (FL, FC, FR, SL, SR, BL, BR, LFE),
}


@dataclass(frozen=True)
class SpeakerLayout:
    """The channels of a file.

    Args:
        channels: how many.
        speakers: the bit of each channel, empty if they belong to no loudspeakers.
        stated: False if the file states no layout, and the usual one for that number of channels is assumed.
    """

    channels: int
    speakers: tuple[int, ...]
    stated: bool

    @classmethod
    def of(
        cls, channels: int, mask: int | None, container: str = "", order: tuple[int, ...] | None = None
    ) -> SpeakerLayout:
        """The layout of a file from its number of channels and its mask, or an explicit order of channels."""
        if order is not None and len(order) == channels:
            return cls(channels, order, stated=True)
        if mask is None:
            usual = _XIPH if container == "ogg" and channels in _XIPH else _DEFAULTS
            return cls(channels, usual.get(channels, ()), stated=container in ("ogg", "flac") or channels < 3)
        bits = tuple(1 << bit for bit in range(len(_GAINS)) if mask >> bit & 1)
        # Channels beyond the mask belong to no speaker; a mask with more bits than channels is invalid.
        return cls(channels, bits if len(bits) == channels else (), stated=True)

    @property
    def mask(self) -> int:
        """The mask of all speakers."""
        return sum(self.speakers)

    @property
    def text(self) -> str:
        """A description, such as "6 channels (L R C LFE Lb Rb)"."""
        names = " ".join(_NAMES[speaker.bit_length() - 1] for speaker in self.speakers)
        inner = names or "no loudspeakers stated"
        return (
            f"{self.channels} channels ({inner}{'' if self.stated or not names else ', as usual where none is stated'})"
        )

    def in_order(self) -> tuple[SpeakerLayout, NDArray[np.float32]]:
        """The layout in the order of WAV, FLAC and AIFF (rising bits), and the matrix that reorders a block."""
        order = sorted(range(self.channels), key=self.speakers.__getitem__ if self.speakers else None)
        speakers = tuple(self.speakers[channel] for channel in order) if self.speakers else ()
        return SpeakerLayout(self.channels, speakers, self.stated), np.eye(self.channels, dtype=np.float32)[order]

    def fold(self, channels: int) -> NDArray[np.float32]:
        """The matrix (channels, self.channels) that folds down to stereo or mono, or repeats channels upwards.

        Mono is the mean of the stereo fold, as for a stereo file.
        """
        if channels == self.channels:
            return np.eye(channels, dtype=np.float32)
        if self.channels == 1:
            return np.ones((channels, 1), np.float32)
        stereo = np.eye(2) if self.channels == 2 else self._stereo()
        if channels == 1:
            return np.asarray(stereo.mean(axis=0, keepdims=True), np.float32)
        wider = np.zeros((channels, self.channels))
        wider[:2] = stereo
        return wider.astype(np.float32)

    def _stereo(self) -> NDArray[np.float64]:
        if not self.speakers:
            return np.full((2, self.channels), 1.0 / self.channels)
        return np.array([_GAINS[speaker.bit_length() - 1] for speaker in self.speakers]).T


def fold(block: Audio, matrix: NDArray[np.float32]) -> Audio:
    """Apply a matrix of `SpeakerLayout.fold` to (channels, n); the identity leaves samples unchanged bit for bit."""
    rows, columns = matrix.shape
    if rows == columns and np.array_equal(matrix, np.eye(rows)):
        return block
    if columns == 1:
        return np.repeat(block, rows, axis=0)
    return np.asarray(matrix @ block, np.float32)
