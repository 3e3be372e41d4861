# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an audio file block by block: the data that is really there, with at most one block in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ddsp_fx.array_types import Audio
from ddsp_fx.errors import AudioError, DamagedAudioError
from ddsp_fx.files import zero_tail
from ddsp_fx.files.decoder import STEP, PiecesDecoder
from ddsp_fx.files.layout import SpeakerLayout
from ddsp_fx.files.names import printable
from ddsp_fx.files.structure import Loss, Survey
from ddsp_fx.files.survey import survey

# libsndfile's sample formats -> the bit depth that keeps the samples; 24 for the others.
_DEPTHS = {"PCM_U8": 16, "PCM_S8": 16, "PCM_16": 16, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 32}
_DEPTHS |= {"ULAW": 16, "ALAW": 16, "IMA_ADPCM": 16, "MS_ADPCM": 16, "VORBIS": 32, "OPUS": 32}
_DEPTHS |= {f"MPEG_LAYER_{number}": 32 for number in ("I", "II", "III")}
MOST_CHANNELS = 64
# 64 times 48 kHz, the highest rate that sound is stored at. Converting from a damaged header's 2 GHz takes minutes.
HIGHEST_RATE = 3_072_000.0


class AudioReader:
    """A file opened for reading at its own rate, channels and length.

    Args:
        path: of the file.
        salvage: True reads the good part of a damaged file and reports the rest in `loss`; False refuses it.
        trust_silence: zeros at the end of a WAV or AIFF are intended, however abruptly they begin.
        encoder_delay: samples to drop from the start of a file that does not state its encoder's delay.

    Attributes:
        sample_rate: in Hz.
        channels, layout: as they are in the file.
        frames: sample frames to expect, None for a stream of unknown length.
        bit_depth: 16, 24 or 32, whichever keeps the samples.
        container: "wav", "aiff", "flac", "mp3", "ogg", or "" for any other.
        delay_known: False if the file states no encoder delay, so that its sound may be late by an unknown amount.
        chunks, samples_at: (id, begin, end) of everything but sound in the file, and the position of the sound.
        position: sample frames read.
        loss: what is missing, once known; at the latest when `read` has returned the last block.

    Raises:
        AudioError: for a file that is missing, empty, not audio, or of an unsupported kind.
        DamagedAudioError: without `salvage`, for a file that is truncated or does not match its header, when opened or
            while reading; with it, for a file without any good part.
    """

    def __init__(
        self, path: Path, salvage: bool = False, trust_silence: bool = False, encoder_delay: int | None = None
    ) -> None:
        self.path, self.name, self._salvage = path, printable(path), salvage
        self._survey = self._look()
        self.loss: Loss | None = None
        self.position = self._skipped = 0
        self._decoder = PiecesDecoder(path, self._survey.parts)
        try:
            self._describe()
            if not trust_silence:
                self._judge_silence()
            if not self.delay_known:
                self._skip(encoder_delay or 0)
            self._check()
        except BaseException:
            self.close()
            raise

    def _look(self) -> Survey:
        try:
            if not self.path.is_file():
                raise AudioError(f"{self.name}: {_kind(self.path)}")
            size = self.path.stat().st_size
            if size == 0:
                raise AudioError(f"{self.name}: the file is empty (0 bytes)")
            with self.path.open("rb") as file:
                seen = survey(file, size)
        except PermissionError:
            raise AudioError(f"{self.name}: no permission to read") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise AudioError(f"{self.name}: cannot be read: {' '.join(str(reason).split())}") from None
        if isinstance(seen, str):
            raise AudioError(f"{self.name}: {seen}")
        return seen

    def _describe(self) -> None:
        decoder, seen = self._decoder, self._survey
        self.sample_rate, self.channels = decoder.sample_rate, decoder.channels
        if not 0 < self.channels <= MOST_CHANNELS:
            raise AudioError(f"{self.name}: has {self.channels} channels; the limit is {MOST_CHANNELS}")
        if not 0.0 < self.sample_rate <= HIGHEST_RATE:
            rate = f"{self.sample_rate:.0f}"
            raise AudioError(f"{self.name}: its header states {rate} Hz; the limit is {HIGHEST_RATE:.0f} Hz")
        self.bit_depth, self.container = _DEPTHS.get(decoder.file.subtype, 24), seen.container
        self.layout = SpeakerLayout.of(self.channels, seen.mask, seen.container, seen.order)
        self.chunks, self.samples_at = seen.chunks, seen.samples_at
        # If only libsndfile recognises MPEG audio, no tag was understood.
        self.delay_known = seen.delay_known and (seen.container != "" or "MPEG" not in decoder.file.subtype)
        known = seen.promised if seen.present is None else seen.present
        # libsndfile reports 2^63 - 1 if a FLAC stream has no length, and estimates an MP3's from its bit rate.
        if known is None and decoder.is_last and seen.container != "mp3" and 0 <= decoder.file.frames < 1 << 60:
            known = int(decoder.file.frames)
        self.frames = known

    def _judge_silence(self) -> None:
        raw = self._survey.raw
        if raw is None or self._survey.fault:
            return
        sound = zero_tail.sound_before_zeros(self.path, raw, self._survey.parts[0], self.sample_rate)
        if sound is None:
            return
        total = (raw[1] - raw[0]) // raw[2]
        end_s = total / self.sample_rate
        fault = f"its sound stops dead, and only zeros follow to the end at {end_s:.3f} s (an unfinished copy?)"
        self._survey = replace(self._survey, promised=total, present=sound, fault=fault)
        self.frames = sound

    def _skip(self, n: int) -> None:
        self._skipped = n
        while n and (got := self._decoder.read(n).shape[1]):
            n -= got

    def _check(self) -> None:
        fault = self._survey.fault
        if fault and not self._salvage:
            raise DamagedAudioError(self._lost(self._survey.present or self._count(), fault))
        if self.frames == 0 and not fault:
            raise AudioError(f"{self.name}: the file holds no audio (0 samples)")

    def read(self, n: int) -> Audio:
        """The next n sample frames (channels, <= n), float32; none after the last good one.

        Raises DamagedAudioError without `salvage` when it finds damage, including NaN and infinity.
        """
        most = n
        if self._survey.fault and self._survey.present is not None:
            most = min(n, self._survey.present - self.position)
        blocks, got = [np.zeros((self.channels, 0), np.float32)], 0
        while got < most and (block := self._decoder.read(most - got)).shape[1]:
            got += block.shape[1]
            blocks.append(block)
        sound = self._finite(np.concatenate(blocks, axis=1))
        self.position += sound.shape[1]
        if sound.shape[1] < n and self.loss is None:
            self._ended()
        return sound

    def _finite(self, block: Audio) -> Audio:
        """The block up to the first NaN or infinity, which is how damage shows in a file of floats."""
        if np.isfinite(block).all():
            return block
        bad = np.argwhere(~np.isfinite(block))
        channel, sample = bad[np.argmin(bad[:, 1])]
        at_s = (self.position + int(sample)) / self.sample_rate
        self._decoder.stop(f"NaN or infinity at {at_s:.3f} s, channel {channel + 1}")
        return block[:, :sample]

    def _ended(self) -> None:
        """At the end, check that everything promised was there."""
        promised, fault = self._survey.promised, self._survey.fault or self._decoder.trouble
        if not fault and promised is not None and self.position < promised - self._skipped:
            fault = "the file ends before its sound does (cut short?)"
        self.frames = self.position
        if not fault:
            return
        self.loss = self._lost(self.position, fault)
        if not self._salvage or not self.position:
            raise DamagedAudioError(self.loss)

    def _lost(self, frames: int, reason: str) -> Loss:
        promised = self._survey.promised
        promised_s = None if promised is None else promised / self.sample_rate
        return Loss(self.name, frames / self.sample_rate, promised_s, reason)

    def _count(self) -> int:
        """The number of frames that can be decoded from a damaged file, for the message that refuses it."""
        total = 0
        while got := self._decoder.read(STEP).shape[1]:
            total += got
        return total

    def strings(self) -> dict[str, str]:
        """Title, artist and so on, for kinds of file without a container module; only before reading."""
        return dict(self._decoder.file.copy_metadata())

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _kind(path: Path) -> str:
    if path.is_dir():
        return "is a folder, not an audio file"
    return "is not a regular file" if path.exists() else "no such file"
