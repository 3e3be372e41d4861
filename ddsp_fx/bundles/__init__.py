# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles: folders with a manifest, found and loaded as effects by name. Schema, discovery, loading, validation."""

from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.discovery import Catalogue, discover
from ddsp_fx.bundles.loading import load
from ddsp_fx.bundles.manifest import Manifest, json_schema

__all__ = ["Bundle", "Catalogue", "Manifest", "discover", "json_schema", "load"]
