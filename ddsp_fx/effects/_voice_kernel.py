# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stages of timbre transfer and dereverb share: from audio to frames, and from frames to audio.

A stage hears a block, decides what each frame asks of the model, plays the frame, and then takes the same number of
samples out of the queue, piece by piece: the model's sound, its room, and the input, all aligned.
"""

from typing import NamedTuple

import numpy as np

from ddsp_fx.analysis._listening_kernel import Listener, take_in
from ddsp_fx.dsp._copy_kernel import copy
from ddsp_fx.dsp._delay_kernel import delay, dequeue
from ddsp_fx.dsp._jit import kernel
from ddsp_fx.dsp._ramp_kernel import Ramp, aim, follow
from ddsp_fx.dsp._synthesis_kernel import Synthesis, synthesise
from ddsp_fx.dsp.delay import Delay
from ddsp_fx.dsp.state import Float1, Float2, Record
from ddsp_fx.effects._gate_kernel import Gate, Threshold, threshold_step
from ddsp_fx.effects._hearing_kernel import Counts, count
from ddsp_fx.effects._room_kernel import RoomState, in_room
from ddsp_fx.inference._decoder_kernel import Decoder, decode


class Request(Record):
    """What a frame asks of the model and the synthesizer: see `frame_request`."""

    f0_hz: float
    level_db: float
    harmonic_gain: float
    noise_gain: float
    followed: int
    too_quiet: int
    out_of_range: int


class Limits(Record):
    """Harmonics at or above the ceiling are silent, and so are those that would be for the lowest trained note.

    `has_room` tells whether the bundle has one.
    """

    ceiling_hz: float
    lowest_hz: float
    has_room: int


class Pieces(NamedTuple):
    """A piece of each part: `mono` input, harmonic and noise, what goes into the room, the room, and the input."""

    mono: Float1
    sound: Float2
    send: Float2
    room: Float2
    dry: Float2
    ramp: Float1


class Voice(NamedTuple):
    """An instrument: everything between its input and its parts."""

    request: Request
    limits: Limits
    listener: Listener
    decoder: Decoder
    synthesis: Synthesis
    gate: Gate
    threshold: Threshold
    since_reset: Counts
    lately: Counts
    dry: Delay
    room_send: Ramp
    room: RoomState
    pieces: Pieces


@kernel(inline=True)
def hear(voice: Voice, block: Float2, start: int, n: int) -> None:
    """Add a piece of the block to what waits to become frames."""
    mono, channels = voice.pieces.mono, block.shape[0]
    for i in range(n):
        total = block[0, start + i]
        for c in range(1, channels):
            total += block[c, start + i]
        mono[i] = total / np.float32(channels)
    take_in(voice.listener, mono[:n])


@kernel()
def level_gate(threshold: Threshold, level_db: float, voiced: bool, gate_db: float, follows: bool) -> float:
    """The level in dB below which nothing sounds. It follows the stream even while the parameter says not to use it."""
    following_db = threshold_step(threshold, level_db, voiced, gate_db)
    return following_db if follows else gate_db


@kernel()
def _shape_harmonics(distribution: Float1, base_hz: float, ceiling_hz: float) -> float:
    """Silence what is negative or above the ceiling, before it is normalised as in the reference; returns the sum."""
    total = np.float32(0.0)
    for h in range(distribution.size):
        is_audible = (h + 1) * base_hz < ceiling_hz
        distribution[h] = max(distribution[h], np.float32(0.0)) if is_audible else np.float32(0.0)
        total += distribution[h]
    return float(total)


@kernel(inline=True)
def sound(voice: Voice) -> None:
    """The controls in `decoder` as sound, with the gains of `request`."""
    request, decoder, target = voice.request, voice.decoder, voice.synthesis.target
    base_hz = max(request.f0_hz, voice.limits.lowest_hz)
    total = _shape_harmonics(decoder.distribution, base_hz, voice.limits.ceiling_hz)
    gain = decoder.amplitude[0] * request.harmonic_gain / total if total > 1e-12 else 0.0
    for h in range(target.size):
        target[h] = decoder.distribution[h] * np.float32(gain)
    for b in range(decoder.noise.size):
        decoder.noise[b] = max(decoder.noise[b], np.float32(0.0)) * np.float32(request.noise_gain)
    synthesise(voice.synthesis, request.f0_hz if gain > 0.0 else 0.0, decoder.noise)


@kernel(inline=True)
def play(voice: Voice) -> int:
    """The sound of the frame that `request` describes, into the queue. Returns the model's status."""
    request, heard, decoder = voice.request, voice.listener.heard, voice.decoder
    for counts in (voice.since_reset, voice.lately):
        count(
            counts,
            heard.level_db,
            heard.character,
            request.followed == 1,
            request.too_quiet == 1,
            request.out_of_range == 1,
        )
    status = decode(decoder, request.f0_hz, request.level_db)
    if status == 0:
        sound(voice)
    return status


@kernel(inline=True)
def take_parts(voice: Voice, block: Float2, start: int, n: int, send: float) -> None:
    """The next n samples of all parts into `pieces`. `send` mutes the room's input, so that a tail rings out."""
    pieces, rows = voice.pieces, voice.pieces.send.shape[0]
    dequeue(voice.synthesis.queue, n, pieces.sound)
    delay(voice.dry, block, start, n, pieces.dry)
    moves = aim(voice.room_send, send)
    if moves:
        follow(voice.room_send, pieces.ramp[:n])
    for i in range(n):
        share = pieces.ramp[i] if moves else np.float32(send)
        pieces.send[0, i] = (pieces.sound[0, i] + pieces.sound[1, i]) * share
    for c in range(1, rows):
        copy(pieces.send[0, :n], pieces.send[c, :n])
    if voice.limits.has_room:
        in_room(voice.room, pieces.send, 0, n, pieces.room)


@kernel()
def write_stems(  # noqa: PLR0913, PLR0917
    sound: Float2, room: Float2, dry: Float2, out: Float2, start: int, n: int
) -> None:
    """Harmonic, noise, room and input, each with all channels, into `out` from `start`.

    The first two rows of `sound` are harmonic and noise; `room` has one row for all channels or one for each.
    """
    channels = dry.shape[0]
    for c in range(channels):
        copy(sound[0, :n], out[c, start : start + n])
        copy(sound[1, :n], out[channels + c, start : start + n])
        copy(room[min(c, room.shape[0] - 1), :n], out[2 * channels + c, start : start + n])
        copy(dry[c, :n], out[3 * channels + c, start : start + n])
