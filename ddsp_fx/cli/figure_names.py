# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures of `ddsp-fx evaluate` mean, in words that --help can print without importing anything."""

DEFINITIONS = """\
Each recording is averaged to mono and played by the bundle's timbre_transfer effect, with the room, at the file's own
sample rate, its latency removed. The tracker reads the recording, inside the effect and for the comparison, and the
resynthesis; frames come 50 a second and are voiced from a confidence of 0.5.

  f0 L1          mean |difference| of pitch in semitones, over frames voiced in both and right to half a semitone
  f0 L1 all      the same over all frames voiced in both
  outliers       share of the frames voiced in both that are more than half a semitone off
  kept           share of the recording's voiced frames that are voiced in the resynthesis
  paper f0 L1    as Engel et al. 2020, table 1: mean |difference| over frames of confidence 0.85 or more in both
  paper outliers of the recording's frames of such confidence, the share that has it no more in the resynthesis.
                 The paper's tracker is CREPE; the 0.85 of another tracker is another limit, so compare with care
  loudness L1    mean |difference| of A-weighted loudness, in units of 80 dB
  spectral loss  at 16 kHz, FFT 2048 to 64: mean |difference| of magnitudes plus that of their logarithms
  out of range   share of the recording's voiced frames whose pitch or level lies outside the manifest's trained range
                 (pitch from 1 % to 99 %, level from 5 % to 95 % of the training's frames: the training's own
                 recordings score about 0.1)
  x real time    seconds of audio for each second that the effect took, all blocks of 8192, mono

The total counts all frames alike, and spectral losses by length.
"""
