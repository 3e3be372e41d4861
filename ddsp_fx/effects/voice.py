# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of an instrument's compiled stage: made here, owned here, and returned to silence here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ddsp_fx.analysis.features import FIRST_F0_HZ, FeatureStream
from ddsp_fx.analysis.framing import FRAME
from ddsp_fx.analysis.mcleod import McLeodTracker
from ddsp_fx.analysis.rate import FEATURE_RATE_HZ
from ddsp_fx.dsp.decimate import AnalysisDecimator
from ddsp_fx.dsp.harmonic import HarmonicOscillator
from ddsp_fx.dsp.loudness import LevelMeter
from ddsp_fx.dsp.noise import FilteredNoise
from ddsp_fx.effects.gate import FollowingThreshold, VoicingGate
from ddsp_fx.effects.room import Room
from ddsp_fx.effects.source import Trained
from ddsp_fx.effects.timing import Timing
from ddsp_fx.inference.control_model import ControlModel

if TYPE_CHECKING:
    from ddsp_fx.analysis._listening_kernel import Listener
    from ddsp_fx.dsp._synthesis_kernel import Synthesis
    from ddsp_fx.effects._voice_kernel import Voice
    from ddsp_fx.inference._decoder_kernel import Decoder

Stream = tuple[float, int, int]


class CompiledVoice(Timing):
    """The `Voice` of a stage, from its models, gate and room.

    Args:
        model: the decoder, which LiteRT's C library runs.
        decoder: its state for compiled code.
        trained: level kind, hop and rate of the model.
        stream: the host's rate in Hz, its longest block in samples, and its channels.
        gates: owners of the gate's state and the threshold's.
        room: None if the bundle has none.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        model: ControlModel,
        decoder: Decoder,
        trained: Trained,
        stream: Stream,
        gates: tuple[VoicingGate, FollowingThreshold],
        room: Room | None,
    ) -> None:
        sample_rate, longest, channels = stream
        features = FeatureStream(sample_rate, McLeodTracker(trained.hop), trained.level, trained.hop, FRAME)
        super().__init__(model, trained, sample_rate, features.look_ahead_samples)
        self._decimator = AnalysisDecimator(sample_rate, FEATURE_RATE_HZ)
        self._noise = FilteredNoise(self.grid, model.n_bands)
        self._trained, self._decoder, self._gates = trained, decoder, gates
        self.state = self._voice(room or Room(1, sample_rate, np.zeros((1, 0), np.float32)), longest, channels)
        self.state.limits.has_room = int(room is not None)
        self.reset()

    def _voice(self, room: Room, longest: int, channels: int) -> Voice:
        from ddsp_fx.dsp._delay_kernel import new_delay
        from ddsp_fx.dsp._ramp_kernel import new_ramp
        from ddsp_fx.dsp.state import PIECE, new
        from ddsp_fx.effects._voice_kernel import Limits, Pieces, Request, Voice

        mono, ramp, sound, dry = np.split(np.zeros((4 + channels, PIECE), np.float32), [1, 2, 4])
        send, wet = np.zeros((2, room.channels, PIECE), np.float32)
        gate, threshold = self._gates
        since_reset, lately = self.listeners
        return Voice(
            request=new(Request),
            limits=new(Limits, ceiling_hz=self.ceiling_hz, lowest_hz=self.lowest_hz),
            listener=self._listener(),
            decoder=self._decoder,
            synthesis=self._synthesis(longest),
            gate=gate.state,
            threshold=threshold.state,
            since_reset=since_reset.state,
            lately=lately.state,
            dry=new_delay(channels, self.latency_samples),
            room_send=new_ramp(self.grid.sample_rate),
            room=room.state,
            pieces=Pieces(mono[0], sound, send, wet, dry, ramp[0]),
        )

    def _listener(self) -> Listener:
        from ddsp_fx.analysis._character_kernel import new_characters
        from ddsp_fx.analysis._listening_kernel import Framing, Heard, Listener
        from ddsp_fx.analysis._mcleod_kernel import new_mcleod
        from ddsp_fx.dsp.state import PIECE, new

        # A host at half the feature rate gives twice as many samples.
        most = int(PIECE * max(1.0, FEATURE_RATE_HZ / self.grid.sample_rate)) + 2
        return Listener(
            heard=new(Heard),
            framing=new(Framing, hop=self._trained.hop),
            decimator=self._decimator.new_state(PIECE),
            samples=np.zeros(most, np.float32),
            held=np.zeros(FRAME + most, np.float32),
            tracker=new_mcleod(),
            level=LevelMeter(self._trained.level, FRAME, FEATURE_RATE_HZ).new_state(),
            character=new_characters(FEATURE_RATE_HZ, FRAME),
        )

    def _synthesis(self, longest: int) -> Synthesis:
        from ddsp_fx.dsp._delay_kernel import new_queue
        from ddsp_fx.dsp._harmonic_kernel import new_strips
        from ddsp_fx.dsp._synthesis_kernel import Clock, Noise, Synthesis, Tone
        from ddsp_fx.dsp.state import new

        harmonics, most = self.model.n_harmonics, self.grid.longest + 1
        num, den = self.grid.period.as_integer_ratio()
        basis = self._noise.half_basis
        limit, fade = HarmonicOscillator(self.grid, harmonics, self.ceiling_hz).ceiling_cycles
        taps = 2 * len(basis) - 1
        return Synthesis(
            clock=new(Clock, num=num, den=den),
            tone=new(Tone, limit=limit, fade=fade, sample_rate=self.grid.sample_rate),
            noise=new(Noise),
            amplitudes=np.zeros(harmonics),
            target=np.zeros(harmonics),
            strips=new_strips(),
            basis=basis,
            taps=np.zeros(taps, np.float32),
            next_taps=np.zeros(taps, np.float32),
            white=np.zeros(taps - 1 + most, np.float32),
            segment=np.zeros(most, np.float32),
            # Starts with the latency. Each block adds at most as many samples as it has, in whole segments.
            queue=new_queue(2, self.latency_samples + longest + 2 * most),
        )

    def reset(self) -> None:
        """Return to silence and frame 0."""
        super().reset()
        self._reset_listener()
        self._reset_synthesis()
        from ddsp_fx.dsp._delay_kernel import clear_delay

        clear_delay(self.state.dry)
        self.state.room_send.has_begun = 0

    def _reset_listener(self) -> None:
        listener = self.state.listener
        listener.heard.f0_hz, listener.framing.held = FIRST_F0_HZ, FRAME // 2
        listener.held[:] = 0.0
        listener.character.numbers.count = 0
        self._decimator.restart(listener.decimator)

    def _reset_synthesis(self) -> None:
        from ddsp_fx.dsp._delay_kernel import restart_queue

        state = self.state.synthesis
        state.clock.frames = state.clock.whole = state.clock.rest = 0
        state.tone.phase = state.tone.cycles = state.tone.voiced = 0
        for array in (state.amplitudes, state.taps, state.next_taps):
            array[:] = 0.0
        restart_queue(state.queue, self.latency_samples)
        # The generator must live as long as its addresses are in use.
        self._generator = self._noise.seeded()
        interface = self._generator.bit_generator.ctypes
        state.noise.next_uint32 = _address(interface.next_uint32)
        state.noise.generator = interface.state_address
        kept = state.taps.size - 1
        state.white[:kept] = self._noise.white(self._generator, kept)


def _address(function: object) -> int:
    """The address of a function of ctypes."""
    import ctypes

    return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
