# SPDX-License-Identifier: GPL-3.0-or-later
"""Ardour without a display or a sound card: a recording in a region, our VST3 on its track, lanes, an export.

Facts about Ardour 7.3: it reads a lane at the plugin's output, so its automation is late by the plugin's latency. It
does not tell plugins of an offline mode, so the bounce is detected by its pace. Its export sometimes aborts in the
destructor of PortExportChannel, even without plugins (11 of 53 runs): then it is run again.
"""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soxr
from pedalboard.io import AudioFile
from support import tone

from ddsp_fx import Automation
from ddsp_fx.analysis.features import extract
from ddsp_fx.board.text import parse_board
from vst.conftest import EngineProcess, link_latency, tool

RATE, SECONDS = 48000, 3
# The unit of positions in Ardour's files, and its block size.
TICKS, BLOCK = 282240000 // RATE, 1024
CHAIN = "violin-room:mix=0.4"
FORMATS = {
    ".vst3": {"format": "VST3", "name": "ddsp-fx"},
    ".lv2": {"format": "LV2", "name": "urn:ddsp-fx:plugin"},
}
SCANNER = Path("/usr/lib/ardour7/ardour-vst3-scanner")

pytestmark = pytest.mark.slow


def environment(home: Path) -> dict[str, str]:
    places = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_CACHE_HOME": home / "cache",
        "LV2_PATH": f"{home}/.lv2:/usr/lib/lv2:/usr/lib/ardour7/LV2",
    }
    return {**os.environ, **{name: str(path) for name, path in places.items()}}


def install(home: Path, plugin: Path) -> None:
    """Install where Ardour looks; a VST3 must also be scanned."""
    installed = home / plugin.suffix / plugin.name
    installed.parent.mkdir()
    installed.symlink_to(plugin)
    if plugin.suffix == ".vst3":
        scan = [SCANNER, "-f", "-q", installed]
        values = {**environment(home), "LD_LIBRARY_PATH": "/usr/lib/ardour7"}
        subprocess.run(scan, env=values, capture_output=True, timeout=60, check=True)


def make_session(home: Path, plugin: Path, lanes: dict[str, list[tuple[int, float]]], chain: str) -> Path:
    install(home, plugin)
    text = ",".join(
        f'["{name}"]={{{",".join(f"{{{at},{to}}}" for at, to in points)}}}' for name, points in lanes.items()
    )
    script = home / "make.lua"
    source = (Path(__file__).parent / "ardour.lua").read_text()
    names = {"folder": str(home / "session"), "rate": str(RATE), "lanes": "{" + text + "}", **FORMATS[plugin.suffix]}
    script.write_text(re.sub(r"\{([a-z]+)\}", lambda match: names[match[1]], source))
    words = [tool("ardour7-lua", "ardour"), script]
    done = subprocess.run(
        words,
        env={**environment(home), "DDSP_FX_BOARD": chain},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.stdout.count("LANE") == len(lanes), done.stdout + done.stderr
    return home / "session"


def put_region(session: Path, audio: np.ndarray) -> None:
    """Write what an import would have written: a source per channel, a region, its position, and the export range."""
    folder = session / "interchange" / "session" / "audiofiles"
    folder.mkdir(parents=True, exist_ok=True)
    names = ("in%L.wav", "in%R.wav")
    for name, channel in zip(names, audio, strict=True):
        with AudioFile(str(folder / name), "w", RATE, 1, bit_depth=32) as file:
            file.write(channel)
    length = audio.shape[1] * TICKS
    sources = "".join(
        f'<Source name="{name}" type="audio" flags="" id="{9001 + i}" channel="0" origin="" gain="1"/>'
        for i, name in enumerate(names)
    )
    region = (
        f'<Region name="in" muted="0" opaque="1" start="a0" length="a{length}@a0" position="a0" stretch="1" shift="1" '
        'fade-in-active="0" fade-out-active="0" scale-amplitude="1" id="{}" type="audio" channels="2" '
        'source-0="9001" source-1="9002" master-source-0="9001" master-source-1="9002"/>'
    )
    place = f'<Location id="9005" name="session" start="a0" end="a{length}" flags="IsSessionRange" locked="0"/>'
    file = session / "session.ardour"
    text = file.read_text()
    text = text.replace("<Sources/>", f"<Sources>{sources}</Sources>")
    text = text.replace("<Regions/>", f"<Regions>{region.format(9003)}</Regions>")
    text = text.replace("<Locations/>", f"<Locations>{place}</Locations>")
    playlist = re.compile(r'(<Playlist [^>]*name="one"[^>]*)/>')
    file.write_text(playlist.sub(lambda match: f"{match[1]}>{region.format(9004)}</Playlist>", text))


def export(home: Path, session: Path) -> np.ndarray:
    out = home / "out.wav"
    words = [tool("ardour7-export", "ardour"), "-b", "float", "-o", str(out), str(session), "session"]
    for _ in range(8):
        done = subprocess.run(words, env=environment(home), capture_output=True, text=True, timeout=200, check=False)
        if done.returncode == 0:
            with AudioFile(str(out)) as file:
                return np.asarray(file.read(file.frames))
    raise AssertionError(done.stdout + done.stderr)


def level_db(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """The difference of the levels, in pieces of 0.1 s."""
    pieces = [x[:, : x.shape[1] // 4800 * 4800].reshape(2, -1, 4800).std(axis=2) for x in (got, want)]
    return np.asarray(20.0 * np.log10((pieces[0] + 1e-6) / (pieces[1] + 1e-6)))


def late_s(chain: str) -> float:
    """The plugin's latency: a block, the link's, and the board's."""
    board = parse_board(chain)
    board.prepare(RATE, BLOCK, 2)
    return (link_latency(BLOCK, RATE) + board.latency_samples) / RATE


@pytest.fixture
def gated() -> np.ndarray:
    """A tone on the left and noise on the right, each switched on and off."""
    noise = np.random.default_rng(3).normal(size=RATE * SECONDS) * 0.1
    line = 0.3 * tone(SECONDS, RATE, 330.0, channels=1)[0]
    gates = np.sin(2.0 * np.pi * np.array([[1.5], [2.0]]) * np.arange(RATE * SECONDS) / RATE) > 0.0
    return np.asarray(np.stack([line, noise]) * gates, np.float32)


def exported(
    home: Path, plugin: Path, chain: str, lanes: dict[str, list[tuple[int, float]]], audio: np.ndarray
) -> np.ndarray:
    if not SCANNER.exists():
        pytest.skip("Ardour 7 is not installed: apt install ardour")
    session = make_session(home, plugin, lanes, chain)
    put_region(session, audio)
    got = export(home, session)
    assert got.shape == audio.shape
    return got


# An LV2's names are fixed when it is installed.
@pytest.mark.parametrize(("suffix", "mix"), [(".vst3", "violin-room: Mix"), (".lv2", "Slot 3")])
def test_an_export_is_the_render_of_python(
    vst3: Path, engine_process: EngineProcess, tmp_path: Path, gated: np.ndarray, suffix: str, mix: str
) -> None:
    engine_process.start()
    got = exported(tmp_path, vst3.with_suffix(suffix), CHAIN, {mix: [(0, 0.0), (2 * RATE, 1.0)]}, gated)
    curve = Automation({"violin-room.mix": [(late_s(CHAIN), 0.0), (2.0 + late_s(CHAIN), 1.0)]})
    want = parse_board(CHAIN).render(gated, RATE, automation=curve)[:, : gated.shape[1]]
    assert np.abs(level_db(got, want)).max() <= 0.1
    # Where the lane is constant, the sound is identical: nothing is late, dry or offset.
    still = slice(round(2.1 * RATE), None)
    assert np.abs(got[:, still] - want[:, still]).max() <= 1e-6
    # The lane made a difference: without it, the sound is another.
    assert np.abs(level_db(got, gated)).max() > 3.0


def f0_hz(audio: np.ndarray) -> np.ndarray:
    """The pitch, 50 times a second; NaN where nothing sounds."""
    features = extract(soxr.resample(audio[0], RATE, 16000), 16000)
    return np.where(features.confidence > 0.8, features.f0_hz, np.nan)


def test_a_violin_glides_in_an_export_as_in_python(vst3: Path, engine_process: EngineProcess, tmp_path: Path) -> None:
    engine_process.start()
    chain = "violin:preset=vocal,room=off"
    voice = 0.3 * tone(SECONDS, RATE, 330.0, channels=2)
    voice[:, : RATE // 2] = 0.0
    # From 0 to 12 semitones of -48 to 48.
    lane = [(0, 0.5), (RATE, 0.5), (2 * RATE, 0.625), (SECONDS * RATE, 0.625)]
    got = exported(tmp_path, vst3, chain, {"Pitch shift": lane}, voice)
    points = [(0.0, 0.0), (1.0 + late_s(chain), 0.0), (2.0 + late_s(chain), 12.0)]
    want = parse_board(chain).render(voice, RATE, automation=Automation({"violin.pitch_shift": points}))
    # The stream began before the export, so the model's frames, its noise and its steps lie elsewhere.
    heard, expected = f0_hz(got), f0_hz(want[:, : voice.shape[1]])
    cents = 1200.0 * np.log2(heard / expected)[30:-10]
    assert np.nanmedian(np.abs(cents)) <= 2.0
    # While moving, each has its own steps; one of Ardour's blocks is 26 cents.
    assert np.nanpercentile(np.abs(cents), 95.0) <= 26.0
    assert np.isfinite(cents).mean() >= 0.95
    apart = np.abs(level_db(got, want[:, : voice.shape[1]]))
    # The voice begins in this tenth of a second, where a violin that is 43 ms late would differ by 6 dB.
    assert apart[:, 5].max() <= 0.8
    assert apart[:, 6:].max() <= 0.4
