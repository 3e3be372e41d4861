# SPDX-License-Identifier: GPL-3.0-or-later
"""What timbre transfer and dereverb share: resynthesis, room, aligned dry signal, stems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ddsp_fx.analysis.trackers import DEFAULT_TRACKER, open_tracker
from ddsp_fx.array_types import Audio
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects.frame_request import FrameRequest
from ddsp_fx.effects.gate import FollowingThreshold, VoicingGate
from ddsp_fx.effects.hearing import Hearing
from ddsp_fx.effects.impulse_response import at_rate, read_response
from ddsp_fx.effects.offline import as_channels_first, drive, reader
from ddsp_fx.effects.resynthesis import Resynthesizer
from ddsp_fx.effects.room import Room
from ddsp_fx.effects.smoothed import SmoothedEffect
from ddsp_fx.effects.source import Source
from ddsp_fx.effects.staged import StagedEffect
from ddsp_fx.errors import ModelError
from ddsp_fx.inference.control_model import ControlModel
from ddsp_fx.inference.litert import load_runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ddsp_fx.dsp.stage import Stage
    from ddsp_fx.effects.timing import Timing
    from ddsp_fx.effects.voice import CompiledVoice

STEMS = ("harmonic", "noise", "room", "dry")


class InstrumentEffect(StagedEffect, SmoothedEffect):
    """Base of the effects around one decoder model and its room, if the bundle has one.

    Its audio path is a compiled stage, or the same in Python if the tracker or the model is one that compiled code
    can't call.
    """

    _gate: VoicingGate
    _threshold: FollowingThreshold

    def __init__(self, source: Source, **values: float | str | bool) -> None:
        self._source = source
        self._timing: Timing | None = None
        self._resynthesizer: Resynthesizer | None = None
        self._room: Room | None = None
        self._dry: DelayLine | None = None
        super().__init__(**values)

    @classmethod
    def from_source(cls, source: Source, **values: float | str | bool) -> InstrumentEffect:
        """Make an effect from a bundle; raises ParameterError for a bad value. No file is opened before `prepare`."""
        return cls(source, **values)

    @property
    def tracker(self) -> str:
        """The pitch tracker, one of `ddsp_fx.analysis.trackers`."""
        return str(self._source.options.get("tracker", DEFAULT_TRACKER))

    def _load_options(self) -> Mapping[str, str]:
        return {} if self.tracker == DEFAULT_TRACKER else {"tracker": self.tracker}

    @property
    def hearing(self) -> Hearing:
        """How much of the input could be followed since the last reset, and why the rest could not."""
        return self._timing.listeners[0].hearing() if self._timing else Hearing()

    @property
    def hearing_now(self) -> Hearing:
        """Like `hearing`, for about the last ten seconds of a stream."""
        return self._timing.listeners[1].hearing() if self._timing else Hearing()

    @property
    def model_runtime(self) -> str:
        """What runs the model: LiteRT's C library, or the interpreter and why; empty before `prepare`."""
        return self._timing.runtime if self._timing else ""

    @property
    def latency_samples(self) -> int:
        """Tracker look-ahead and one hop, at the host's rate."""
        return self._timing.latency_samples if self._timing else 0

    @property
    def frame_delay_samples(self) -> int:
        """The tracker's look-ahead, at the host's rate."""
        return self._timing.look_ahead_samples if self._timing else 0

    @property
    def tail_samples(self) -> int:
        """The gate's release time plus the room's length."""
        if self._timing is None:
            return 0
        room = self._room.tail_samples if self._room else 0
        return self._timing.tail_samples + self._gate.release_frames * self._timing.grid.longest + room

    def _make_stage(self) -> Stage | None:
        trained = self._source.trained
        model = ControlModel(self._source.runner or load_runner(self._source.file("model")), trained.frame_s)
        self._gate = VoicingGate(trained.frame_s)
        self._threshold = FollowingThreshold(trained.level_high_db, trained.frame_s)
        self._room = self._load_room()
        self._resynthesizer = self._dry = None
        decoder = model.new_state() if self.tracker == DEFAULT_TRACKER else None
        if decoder is None:
            self._prepare_in_python(model)
            return None
        from ddsp_fx.effects.voice import CompiledVoice

        stream, gates = (self.sample_rate, self._max_block_size, self.channels), (self._gate, self._threshold)
        self._timing = voice = CompiledVoice(model, decoder, trained, stream, gates, self._room)
        return self._stage_around(voice)

    def _load_room(self) -> Room | None:
        if "room" not in self._source.files:
            return None
        response, rate = read_response(self._source.file("room"))
        # All channels carry the same voice, so a mono room is convolved once and copied.
        channels = 1 if response.shape[0] == 1 else self.channels
        return Room(channels, self.sample_rate, at_rate(response, rate, self.sample_rate))

    def _prepare_in_python(self, model: ControlModel) -> None:
        tracker = open_tracker(self.tracker, self._source.trained.hop)
        stream = self.sample_rate, self._max_block_size
        made = Resynthesizer(model, self._source.trained, stream, self._conduct, tracker)
        self._timing = self._resynthesizer = made
        self._dry = DelayLine(self.channels, made.latency_samples)

    def _stage_around(self, voice: CompiledVoice) -> Stage:
        """The compiled stage of this effect, with its `_controls`."""
        raise NotImplementedError

    def _stage_error(self, code: int) -> Exception:
        del code
        label = self._timing.model.runner.label if self._timing else self._name
        return ModelError(f"{label}: the model failed to run")

    def _reset(self) -> None:
        super()._reset()
        self._gate.reset()
        self._threshold.reset()
        for part in (self._timing, self._room, self._dry):
            if part is not None:
                part.reset()

    def _parts(self, block: Audio) -> dict[str, Audio]:
        """Each stem (channels, n), or (1, n) where all channels are the same."""
        assert self._resynthesizer is not None
        assert self._dry is not None
        harmonic, noise = self._resynthesizer.process(np.add.reduce(block, axis=0) / np.float32(self.channels))
        # The switch mutes the input of the room, so that a tail in progress rings out.
        voice, send = harmonic + noise, self._room_send()
        if not (send == 1.0 and self._rests_at("room", 1.0)):
            voice *= self._ramp("room", send, block.shape[1])
        room = self._in_room(voice)
        dry = self._dry.process(block)
        return {"harmonic": harmonic[np.newaxis], "noise": noise[np.newaxis], "room": room, "dry": dry}

    def _in_room(self, voice: NDArray[np.float32]) -> Audio:
        """(n,) -> the room's part, (1, n) or (channels, n)."""
        if self._room is None:
            return np.zeros((1, voice.shape[0]), np.float32)
        return self._room.process(np.repeat(voice[np.newaxis], self._room.channels, axis=0))

    def _process(self, block: Audio) -> Audio:
        return self._combine(self._parts(block))

    def stems(
        self, audio: NDArray[Any], sample_rate: float, buffer_size: int = 8192, tail: bool = True
    ) -> Mapping[str, NDArray[np.float32]]:
        """The parts separately: harmonic, noise, room and the aligned dry input, each shaped as in `render`.

        Timbre transfer at full mix and 0 dB is harmonic + noise + room. Dereverb is dry - room with method `suppress`,
        and harmonic + noise with method `resynthesise`.
        """
        shaped, restore = as_channels_first(audio)
        self.prepare(sample_rate, buffer_size, shaped.shape[0])
        flush = (lambda: self.tail_samples) if tail else (lambda: 0)
        parts = self._usage.owned(self._stacked_parts, self._name, "whole")
        blocks = drive(parts, reader(shaped), self.latency_samples, flush, buffer_size)
        joined = np.concatenate([np.zeros((len(STEMS) * shaped.shape[0], 0), np.float32), *blocks], axis=1)
        rows = joined.reshape(len(STEMS), shaped.shape[0], -1)
        return {name: restore(rows[i]) for i, name in enumerate(STEMS)}

    def _stacked_parts(self, block: Audio) -> Audio:
        if self._chain is not None:
            out = np.empty((len(STEMS) * self.channels, block.shape[1]), np.float32)
            self._run(np.ascontiguousarray(block), out)
            return out
        parts = self._parts(block)
        return np.concatenate([np.broadcast_to(parts[name], block.shape) for name in STEMS], axis=0)

    def _level_gate(self, level_db: float, voiced: bool) -> float:
        """The level in dB that opens the gate, for effects that declare `gate` and `gate_follows`."""
        gate_db = float(self.get_value("gate"))
        following_db = self._threshold.step(level_db, voiced, gate_db)
        return following_db if self.get_value("gate_follows") else gate_db

    def _conduct(self, f0_hz: float, confidence: float, level_db: float) -> FrameRequest:
        raise NotImplementedError

    def _room_send(self) -> float:
        raise NotImplementedError

    def _combine(self, parts: dict[str, Audio]) -> Audio:
        raise NotImplementedError
