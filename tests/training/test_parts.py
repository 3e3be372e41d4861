# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoders, encoders and losses of other packages: listed, refused with a reason, and used in training."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pedalboard.io import AudioFile
from support import install

from ddsp_fx.bundles import Bundle, load
from ddsp_fx.bundles.validation import validate_bundle
from ddsp_fx.cli.example_sounds import RATE_HZ, bow
from ddsp_fx.errors import TrainingError
from ddsp_fx.training import parts
from ddsp_fx.training.config import make_config, read_recipe

PAGE = Path(__file__).parents[2] / "docs" / "training_house.md"
MODULES = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
POINTS = re.findall(
    r'\[project\.entry-points\."(ddsp_fx\.\w+)"\]\n([\w-]+) = "([\w:]+)"', PAGE.read_text(encoding="utf-8")
)


def installed(folder: Path, points: list[tuple[str, str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A package in a folder on the path of this process and its children; points are (group, name, target)."""
    groups: dict[str, dict[str, str]] = {}
    for group, name, target in points:
        groups.setdefault(group, {})[name] = target
    install(folder, "thirdparty", groups)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three parts in docs/training_house.md."""
    (tmp_path / "package").mkdir()
    for name, source in MODULES.items():
        (tmp_path / "package" / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)
    installed(tmp_path / "package", POINTS, monkeypatch)


def of_source(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with one module, ``source``, whose ``part`` is registered as loss, encoder and decoder "mine"."""
    (tmp_path / "mine.py").write_text(source)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    installed(tmp_path, [(door.group, "mine", "mine:part") for door in parts.DOORS.values()], monkeypatch)


def test_the_built_in_parts_come_by_entry_point() -> None:
    assert {"compact", "full", "tiny"} <= set(parts.DOORS["decoder"].names())
    assert {"none", "unsupervised", "z"} <= set(parts.DOORS["encoder"].names())
    assert "spectral" in parts.DOORS["loss"].names()


def test_names_and_built_in_settings_are_read_without_keras(of_the_page: None) -> None:
    code = (
        "import sys; from ddsp_fx.training import parts; from ddsp_fx.training.config import make_config\n"
        "listed = [door.names() for door in parts.DOORS.values()]\n"
        "make_config({'name': 'x', 'decoder': 'full', 'encoder': 'unsupervised'})\n"
        "import json; print(json.dumps([listed, sorted({'keras', 'tensorflow', 'my_loss'} & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    listed, imported = json.loads(done.stdout)
    assert ("dense" in listed[0], "bright" in listed[1], "log-spectral" in listed[2]) == (True, True, True)
    assert imported == []


REFUSED = {
    "an unknown name": ({"loss": "spectrl"}, r"no loss is called 'spectrl'; did you mean 'spectral'; installed: "),
    "no name": ({"decoder": {"units": 3}}, r"decoder is \{'units': 3\}; give a name, decoder = "),
    "a number": ({"encoder": 3}, r"encoder is 3; give a name"),
    "an unknown key": ({"decoder": {"name": "tiny", "unit": 3}}, r"'tiny' has no setting 'unit'; did you mean 'units'"),
    "a key where none is": ({"loss": {"name": "spectral", "a": 1}}, r"loss 'spectral' has no setting 'a'; it has none"),
    "a wrong type": ({"decoder": {"name": "tiny", "units": "3"}}, r"decoder 'tiny': units: it should be .*got '3'"),
    "out of range": ({"encoder": {"name": "z", "size": 0}}, r"encoder 'z': size: it should be greater .*got 0"),
    "no tracker": ({"encoder": "unsupervised", "varispeed_semitones": 1.0}, r"encoder 'unsupervised' does not use"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_recipe_is_refused_in_one_line(case: str) -> None:
    settings, message = REFUSED[case]
    with pytest.raises(TrainingError, match=message) as caught:
        make_config({"name": "x", **settings})
    assert "\n" not in str(caught.value)


def test_a_recipes_table_is_checked_by_the_part(tmp_path: Path, of_the_page: None) -> None:
    pytest.importorskip("keras", reason="needs the [train] extra")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('name = "x"\n[loss]\nname = "log-spectral"\nweight = 2\n')
    assert parts.loss_of(read_recipe(recipe).loss).settings.model_dump() == {"weight": 2.0}
    recipe.write_text('name = "x"\n[loss]\nname = "log-spectral"\nwieght = 2.0\n')
    with pytest.raises(TrainingError, match=r"recipe\.toml: loss 'log-spectral' has no setting 'wieght'; did you mean"):
        read_recipe(recipe)


BROKEN = {
    "raises": ("raise RuntimeError('no GPU')", r"the loss 'mine' cannot be loaded from mine:part: no GPU"),
    "has no build": ("part = object()", r"loss 'mine' from mine:part has no build"),
    "has no settings": ("class part:\n    build = None", r"loss 'mine' from mine:part has no pydantic Settings"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_is_named_and_hides_no_other(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, message = BROKEN[case]
    of_source(source, tmp_path, monkeypatch)
    assert {"mine", "spectral"} <= set(parts.DOORS["loss"].names())
    assert parts.loss_of("spectral").name == "spectral"
    with pytest.raises(TrainingError, match=message):
        make_config({"name": "x", "loss": "mine"})


def test_a_state_of_no_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from ddsp_fx.training import parts\nclass part:\n    Settings, build = parts.Settings, None\n"
    of_source(source + "    state_size = staticmethod(lambda settings: 0)", tmp_path, monkeypatch)
    with pytest.raises(TrainingError, match="decoder 'mine': state_size is 0; expected a whole number of at least 1"):
        _ = make_config({"name": "x", "decoder": "mine"}).sizes


def test_a_decoder_of_wrong_shapes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras", reason="needs the [train] extra")
    from ddsp_fx.training.model.build import build_decoder

    of_source(
        "from ddsp_fx.training import parts\n"
        "class part:\n"
        "    class Settings(parts.Settings): pass\n"
        "    @staticmethod\n"
        "    def state_size(settings): return 1\n"
        "    @staticmethod\n"
        "    def build(settings, sizes, statistics): return lambda f0, level: (f0, level)\n",
        tmp_path,
        monkeypatch,
    )
    with pytest.raises(
        TrainingError, match=r"'mine' returns shapes \(1, 2\), \(1, 2\); expected amplitude \(1, 2\), d"
    ):
        build_decoder(make_config({"name": "x", "decoder": "mine"}), parts.Statistics(0.5, 0.1, 0.5, 0.1))


def test_z_needs_a_decoder_that_hears_it(of_the_page: None) -> None:
    pytest.importorskip("keras", reason="needs the [train] extra")
    from ddsp_fx.training.model.build import build_decoder

    config = make_config({"name": "x", "decoder": "dense", "encoder": "z"})
    with pytest.raises(TrainingError, match="decoder 'dense' has no input z"):
        build_decoder(config, parts.Statistics(0.5, 0.1, 0.5, 0.1))


def test_a_loss_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras", reason="needs the [train] extra")
    from ddsp_fx.training.model.build import build_loss

    source = "from ddsp_fx.training import parts\nclass part:\n    Settings = parts.Settings\n    @staticmethod\n"
    of_source(source + "    def build(settings, sizes): return lambda target, audio: target", tmp_path, monkeypatch)
    with pytest.raises(TrainingError, match=r"loss 'mine' returns shapes \(1, 32000\); expected loss \(\)"):
        build_loss(make_config({"name": "x", "loss": "mine"}))


SMALL: dict[str, Any] = {
    "name": "toy",
    "steps": 10,
    "fit_steps": 2,
    "batch": 2,
    "clip_seconds": 0.3,
    "pre_roll_seconds": 0.1,
    "room": False,
    "tracker": "mcleod",
    "weights": "float32",
}


def run(folder: Path, chosen: dict[str, Any]) -> Any:
    """Train a few steps, export in a child process, validate and play the bundle; returns the checkpoint."""
    pytest.importorskip("tensorflow", reason="needs the [train] extra")
    from ddsp_fx.training.loop.checkpoint import load_checkpoint
    from ddsp_fx.training.run import train

    (folder / "recordings").mkdir()
    with AudioFile(str(folder / "recordings" / "phrase.wav"), "w", RATE_HZ, 1) as file:
        file.write(np.tile(bow(), 8).astype(np.float32)[np.newaxis])
    bundle = train(folder / "recordings", folder / "bundle", folder / "run", make_config({**SMALL, **chosen}))
    assert validate_bundle(Bundle.open(bundle)).passed
    assert np.abs(load(bundle).render(bow().astype(np.float32), RATE_HZ)).max() > 1e-5
    saved = load_checkpoint(folder / "run")
    assert {role: getattr(saved.config, role) for role in chosen} == chosen
    return saved


def test_a_run_with_the_pages_loss_and_decoder(tmp_path: Path, of_the_page: None) -> None:
    chosen = {"loss": {"name": "log-spectral", "weight": 0.0}, "decoder": {"name": "dense", "units": 8}}
    saved = run(tmp_path, chosen)
    assert [loss for stage, _, loss in saved.progress.losses if stage == "audio"] == [0.0]
    assert [weights.shape for weights in saved.weights] == [(2, 8), (8,), (8, 126), (126,)]


def test_a_run_with_the_pages_encoder(tmp_path: Path, of_the_page: None) -> None:
    saved = run(tmp_path, {"encoder": "bright"})
    assert [weights.shape for weights in saved.weights[-2:]] == [(32, 2), (2,)]
