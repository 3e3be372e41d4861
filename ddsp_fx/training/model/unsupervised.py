# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoencoder whose pitch is learned: it resynthesises recordings while its encoder's lessons continue.

The spectral loss alone makes an encoder forget. Its gradient in f0 is large, because each f0 moves all later phases,
and its sign is right only within a main lobe. After 200 joint steps on the Bach violin, 5 % of the frames were within
50 cents of swift's pitch, down from 85 % after the warm-up. So that gradient is damped (`pitch_encoder.DAMPING`), and
each step adds a lesson to the clips, as in Engel et al. 2020, "Self-supervised pitch detection by inverse audio
synthesis".
"""

from __future__ import annotations

from typing import Any

from ddsp_fx.training.model import lessons
from ddsp_fx.training.model.autoencoder import Autoencoder


class Unsupervised(Autoencoder):
    """An :class:`Autoencoder` whose batches also contain a ``lesson`` and its ``answers`` (clips, frames, 2)."""

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:  # fmt: skip
        """Return the audio loss of the clips plus the encoder's loss of the lesson."""
        audio_loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        logits = self.encoder.logits(lessons.sound(x["lesson"], self.sizes.hop))
        return audio_loss + lessons.loss(logits, x["answers"][..., 0], x["answers"][..., 1])
