# SPDX-License-Identifier: GPL-3.0-or-later
"""A file as input for effects: folded to their number of channels, and converted to their sample rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.resample import StreamingResampler
from ddsp_fx.errors import AudioError
from ddsp_fx.files.layout import SpeakerLayout, fold
from ddsp_fx.files.reader import AudioReader
from ddsp_fx.files.structure import Loss

# The delay of LAME, and so of nearly all MP3s: 576 samples of the encoder and 529 of any decoder.
USUAL_DELAY = 1105


@dataclass(frozen=True)
class Taking:
    """How a file is read.

    Args:
        channels: to fold down to. None keeps the file's, or stereo if it has more than two; "keep" keeps all.
        sample_rate: in Hz to convert to; None keeps the file's.
        salvage, trust_silence, encoder_delay: as in `AudioReader`.
        aligned: refuse a file with an unknown encoder delay, because its sound would be late by it.
    """

    channels: int | str | None = None
    sample_rate: float | None = None
    salvage: bool = False
    trust_silence: bool = False
    encoder_delay: int | None = None
    aligned: bool = False


class InputFile:
    """An audio file opened for reading, folded and converted.

    Attributes:
        sample_rate: of the samples that `read` returns, in Hz; `native_rate` is the file's.
        channels, layout: of the samples that `read` returns, with speakers in WAV's order.
        frames: the approximate number of samples to read, None for a stream of unknown length.
        bit_depth: the one that keeps the file's samples.
        position: samples read.
        remarks: one line each for what was done to the file.

    Raises AudioError if the file is missing, empty, or not audio; DamagedAudioError unless it may be salvaged.
    """

    def __init__(
        self,
        path: Path,
        channels: int | str | None = None,
        sample_rate: float | None = None,
        taking: Taking | None = None,
    ) -> None:
        taking = taking or Taking(channels, sample_rate)
        self.path, self._taking = path, taking
        self.reader = AudioReader(path, taking.salvage, taking.trust_silence, taking.encoder_delay)
        self.name, self.bit_depth = self.reader.name, self.reader.bit_depth
        self.native_rate = self.reader.sample_rate
        self.remarks: list[str] = []
        self._check_alignment()
        self.channels = self._channels()
        if self.channels == self.reader.channels:
            self.layout, self._matrix = self.reader.layout.in_order()
        else:
            self.layout = SpeakerLayout.of(self.channels, None)
            self._matrix = self.reader.layout.fold(self.channels)
        self.sample_rate = float(taking.sample_rate or self.native_rate)
        self._convert, self._ready, self._over = self._converter(), np.zeros((self.channels, 0), np.float32), False
        self.position = 0

    def _check_alignment(self) -> None:
        known = self.reader.delay_known or self._taking.encoder_delay is not None
        if known or not self._taking.aligned:
            return
        self.reader.close()
        raise AudioError(
            f"{self.name}: its encoder's delay is not stated (no LAME tag), so the start of its sound is unknown; "
            f"use --encoder-delay {USUAL_DELAY}, the usual one, or 0 for no delay"
        )

    def _channels(self) -> int:
        wanted, layout = self._taking.channels, self.reader.layout
        if wanted == "keep":
            return layout.channels
        channels = int(wanted) if wanted is not None else min(layout.channels, 2)
        if layout.channels > 2 and channels < layout.channels:
            way = "by ITU-R BS.775, LFE at -3 dB" if layout.speakers else "each to both sides, at equal level"
            if channels > 2:
                way += f", channels 3 to {channels} silent"
            self.remarks.append(f"{self.name}: {layout.text} folded down to {min(channels, 2)}, {way}")
        return channels

    def _converter(self) -> StreamingResampler | None:
        if self.sample_rate == self.native_rate:
            return None
        return StreamingResampler(self.native_rate, self.sample_rate, self.channels)

    @property
    def frames(self) -> int | None:
        """See the class."""
        known = self.reader.frames
        return None if known is None else round(known * self.sample_rate / self.native_rate)

    @property
    def loss(self) -> Loss | None:
        """What is missing from the file, once that is known."""
        return self.reader.loss

    def read(self, n: int) -> Audio:
        """The next n samples, (channels, <= n); none at the end. Raises DamagedAudioError like the reader."""
        if self._convert is None:
            block = self._native(n)
        else:
            while self._ready.shape[1] < n and not self._over:
                self._more(n)
            block, self._ready = self._ready[:, :n], self._ready[:, n:]
        self.position += block.shape[1]
        return block

    def skip(self, n: int) -> None:
        """Skip n samples."""
        while n > 0 and (got := self.read(min(n, 1 << 16)).shape[1]):
            n -= got

    def skip_to_the_end(self) -> None:
        """Decode the rest, so that `loss` is known. Raises like `read`."""
        while self._native(1 << 16).shape[1]:
            pass

    def _more(self, n: int) -> None:
        block = self._native(max(1, round(n * self.native_rate / self.sample_rate)))
        self._over = not block.shape[1]
        assert self._convert is not None
        ready = self._convert.flush() if self._over else self._convert.process(block)
        self._ready = np.concatenate([self._ready, ready], axis=1)

    def _native(self, n: int) -> Audio:
        return fold(self.reader.read(n), self._matrix)

    def all_remarks(self) -> list[str]:
        """`remarks` and, once the file has been read, what is missing from it."""
        lost = [f"{self.loss.text}; only that is used"] if self.loss else []
        return [*self.remarks, *lost]

    def again(self) -> InputFile:
        """Close this file and open it again from its start."""
        self.close()
        return InputFile(self.path, taking=self._taking)

    def close(self) -> None:
        """Close the file."""
        self.reader.close()

    def __enter__(self) -> InputFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_mono(
    path: Path,
    first_s: float | None = None,
    last_s: float | None = None,
    salvage: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Audio, float]:
    """(samples,) of a file and the rate in Hz: all of it, its beginning, or its end; `tell` is called with its remarks.

    More than two channels are folded down, two are averaged. Raises AudioError like `InputFile`.
    """
    with InputFile(path, taking=Taking(channels=1, salvage=salvage)) as file:
        most = None if first_s is None else round(first_s * file.sample_rate)
        kept = None if last_s is None else round(last_s * file.sample_rate)
        audio = read_some(file, most, kept)[0]
    for remark in file.all_remarks():
        tell(remark)
    return audio, file.sample_rate


def read_some(file: InputFile, most: int | None = None, last: int | None = None) -> Audio:
    """Read at most `most` samples from the start and keep the last `last` of them: (channels, samples).

    Memory grows with the samples read, not with the length that a header claims.
    """
    blocks: list[Audio] = []
    held = 0
    while most is None or file.position < most:
        block = file.read(1 << 16 if most is None else min(1 << 16, most - file.position))
        if not block.shape[1]:
            break
        blocks.append(block)
        held += block.shape[1]
        while last is not None and held - blocks[0].shape[1] >= last:
            held -= blocks.pop(0).shape[1]
    whole = np.concatenate([np.zeros((file.channels, 0), np.float32), *blocks], axis=1)
    return whole if last is None else whole[:, max(0, whole.shape[1] - last) :]
