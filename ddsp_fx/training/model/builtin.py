# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in decoders, encoders and loss, as their entry points name them.

Nothing here imports Keras before `build`, so that checking a recipe is fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from ddsp_fx.training.parts import Settings, Sizes, Statistics

Units = Annotated[int, Field(ge=1, le=8192)]
Depth = Annotated[int, Field(ge=1, le=16)]


class TinySettings(Settings):
    """Settings of a decoder: units of its GRU and of each dense layer, and dense layers before and after the GRU."""

    units: Units = 256
    depth: Depth = 1


class CompactSettings(TinySettings):
    """The paper's decoder, a fifth narrower: with 8-bit weights, its bundle stays below 4 MiB."""

    units: Units = 416
    depth: Depth = 3


class FullSettings(TinySettings):
    """The paper's decoder."""

    units: Units = 512
    depth: Depth = 3


@dataclass(frozen=True)
class Recurrent:
    """A GRU between dense layers: `ddsp_fx.training.model.decoder`."""

    Settings: type[TinySettings]

    def state_size(self, settings: TinySettings) -> int:
        """Return the number of the GRU's units."""
        return settings.units

    def build(self, settings: TinySettings, sizes: Sizes, statistics: Statistics) -> Any:
        """Return a new decoder."""
        from ddsp_fx.training.model.decoder import Decoder

        return Decoder(settings.units, settings.depth, sizes, statistics, name="decoder")


class NoSettings(Settings):
    """Settings of a part that has none."""


class NoEncoder:
    """No encoder: the decoder receives only pitch and level."""

    Settings = NoSettings
    learns_pitch = False
    card = ""

    def n_z(self, settings: NoSettings) -> int:
        """Return 0."""
        del settings
        return 0

    def build(self, settings: NoSettings, sizes: Sizes) -> None:
        """Return None."""


class ZSettings(Settings):
    """Settings of the z encoder: the size of z, and its GRU's units (default: 512 for decoders above 256, else 128)."""

    units: Units | None = None
    size: Annotated[int, Field(ge=1, le=1024)] = 16


class Z:
    """An encoder of what pitch and level do not describe: `ddsp_fx.training.model.z_encoder`."""

    Settings = ZSettings
    learns_pitch = False
    card = "Trained with an encoder of what pitch and level do not describe; plays the average for each pitch and level"

    def n_z(self, settings: ZSettings) -> int:
        """Return the size of z."""
        return settings.size

    def build(self, settings: ZSettings, sizes: Sizes) -> Any:
        """Return a new encoder."""
        from ddsp_fx.training.model.z_encoder import ZEncoder

        # The paper uses a GRU with 512 units for a decoder with 512.
        units = settings.units or (512 if sizes.state_size > 256 else 128)
        return ZEncoder(units, settings.size, hop=sizes.hop, sample_rate=sizes.sample_rate, name="z_encoder")


class UnsupervisedEncoder:
    """An encoder that learns pitch: `ddsp_fx.training.model.pitch_encoder`."""

    Settings = NoSettings
    learns_pitch = True
    card = "Pitch was learned from the recordings, by an encoder, with no tracker"

    def n_z(self, settings: NoSettings) -> int:
        """Return 0."""
        del settings
        return 0

    def build(self, settings: NoSettings, sizes: Sizes) -> Any:
        """Return a new encoder."""
        del settings
        from ddsp_fx.training.model.pitch_encoder import PitchListener

        rates = {"hop": sizes.hop, "sample_rate": sizes.sample_rate}
        return PitchListener(n_harmonics=sizes.n_harmonics, name="pitch_listener", **rates)


class Spectral:
    """The multi-scale spectral loss: `ddsp_fx.training.model.spectral_loss`."""

    Settings = NoSettings

    def build(self, settings: NoSettings, sizes: Sizes) -> Callable[[Any, Any], Any]:
        """Return the loss at the scales for the sample rate."""
        del settings
        from ddsp_fx.training.model.spectral_loss import fft_sizes, spectral_loss

        scales = fft_sizes(sizes.sample_rate)
        return lambda target, audio: spectral_loss(target, audio, scales)


TINY, COMPACT, FULL = Recurrent(TinySettings), Recurrent(CompactSettings), Recurrent(FullSettings)
NONE, Z_ENCODER, UNSUPERVISED = NoEncoder(), Z(), UnsupervisedEncoder()
SPECTRAL = Spectral()
