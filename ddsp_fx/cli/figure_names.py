# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions of the figures of `ddsp-fx evaluate`, in a module that --help can load without heavy imports."""

DEFINITIONS = """\
Each recording is averaged to mono and played by the bundle's timbre_transfer effect, with the room, at the file's own
sample rate, with latency removed. The same tracker reads the pitch inside the effect, and that of the recording and the
resynthesis for the comparison. There are 50 frames a second; a frame is voiced if its confidence is 0.5 or more.

  f0 L1          mean |difference| of pitch in semitones, over frames voiced in both and within half a semitone
  f0 L1 all      the same over all frames voiced in both
  outliers       share of the frames voiced in both that are more than half a semitone apart
  kept           share of the recording's voiced frames that are voiced in the resynthesis
  paper f0 L1    as Engel et al. 2020, table 1: mean |difference| over frames of confidence 0.85 or more in both
  paper outliers share of the recording's frames of such confidence that have less in the resynthesis. The paper's
                 tracker is CREPE; with another tracker 0.85 means something else, so compare with care
  loudness L1    mean |difference| of A-weighted loudness, in units of 80 dB
  spectral loss  at 16 kHz, FFT 2048 to 64: mean |difference| of magnitudes plus that of their logarithms
  out of range   share of the recording's voiced frames whose pitch or level lies outside the manifest's trained range
                 (pitch from 1 % to 99 %, level from 5 % to 95 % of the training frames: the training recordings
                 themselves score about 0.1)
  x real time    seconds of audio per second that the effect took, in blocks of 8192, mono

The total weights all frames equally, and spectral losses by length.
"""
