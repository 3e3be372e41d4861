# SPDX-License-Identifier: GPL-3.0-or-later
import builtins
import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddsp_fx.analysis._mcleod_kernel import confidence_of
from ddsp_fx.analysis.ddspvst import DdspVstTracker
from ddsp_fx.analysis.features import extract
from ddsp_fx.analysis.framing import Framer, last_frame
from ddsp_fx.analysis.mcleod import McLeodTracker
from ddsp_fx.analysis.pitch import PitchTracker
from ddsp_fx.analysis.trackers import open_tracker, tracker_kind
from ddsp_fx.dsp.resample import resample
from ddsp_fx.errors import MissingExtraError, ModelError, ParameterError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TRACKERS = ["mcleod", "swift"]


def tone(f0_hz, seconds=0.5, harmonics=10, level=0.2):
    time = np.arange(int(16000 * seconds)) / 16000
    partials = (np.sin(2 * np.pi * h * f0_hz * time) / h for h in range(1, harmonics + 1) if h * f0_hz < 8000)
    return (level * sum(partials)).astype(np.float32)


def track(tracker, samples, cuts=()):
    tracker.reset()
    blocks = np.split(samples, sorted(min(c, samples.size) for c in cuts))
    parts = [*(tracker.process(block) for block in blocks), tracker.flush(samples.size)]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


@pytest.fixture(params=TRACKERS, scope="module")
def tracker(request):
    if request.param == "swift":
        pytest.importorskip("swift_f0", reason='swift-f0 is not installed: pip install "ddsp-fx[pitch]"')
    return open_tracker(request.param)


def test_trackers_keep_the_protocol(tracker):
    assert isinstance(tracker, PitchTracker)


@settings(max_examples=15)
@given(length=st.integers(0, 12000), cuts=st.lists(st.integers(0, 12000), max_size=6))
def test_any_split_gives_the_same_pitch(tracker, length, cuts):
    samples = tone(200.0, 0.75)[:length]
    whole, cut = track(tracker, samples), track(tracker, samples, cuts)
    assert np.array_equal(whole[0], cut[0])
    assert np.array_equal(whole[1], cut[1])
    assert whole[0].size == last_frame(length, 320) + 1


@pytest.mark.parametrize("f0_hz", [82.4, 110.0, 196.0, 440.0, 987.8, 1760.0])
def test_steady_tones_are_within_10_cents(tracker, f0_hz):
    f0, confidence = track(tracker, tone(f0_hz))
    assert (confidence[4:-4] >= 0.5).all()
    cents = 1200 * np.log2(f0[4:-4] / f0_hz)
    # 10 cents: swift-f0 quantises to its own pitch bins; the built-in tracker stays within 3.
    assert np.abs(cents).max() < (10 if tracker.name == "swift" else 3)


def test_look_ahead_bounds_every_frame(tracker):
    tracker.reset()
    samples, frames = tone(200.0), 0
    for received in range(100, samples.size, 100):
        frames += tracker.process(samples[received - 100 : received])[0].size
        assert received < frames * 320 + tracker.look_ahead + 100


def test_silence_is_unvoiced(tracker):
    assert (track(tracker, np.zeros(8000, np.float32))[1] < 0.5).all()


@settings(max_examples=40)
@given(st.floats(52, 2150), st.floats(0, 1))
def test_the_pitch_of_a_tone_from_52_to_2150_hz(f0_hz, phase):
    samples = tone(f0_hz, 0.2)[int(100 * phase) :]
    f0, confidence = track(McLeodTracker(), samples)
    inner = slice(2, -3)
    assert (confidence[inner] >= 0.5).all()
    assert np.abs(1200 * np.log2(f0[inner] / f0_hz)).max() < 15


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_white_noise_is_unvoiced(seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, 8000).astype(np.float32)
    assert (track(McLeodTracker(), noise)[1] < 0.5).mean() > 0.95


def test_loudness_does_not_matter_to_pitch():
    quiet, loud = (track(McLeodTracker(), tone(150.0, level=level)) for level in (0.005, 0.2))
    np.testing.assert_allclose(quiet[0][3:-3], loud[0][3:-3], rtol=1e-4)


def test_below_the_silence_gate_nothing_is_voiced():
    assert not track(McLeodTracker(), tone(150.0, level=1e-4))[1].any()


@given(st.floats(0, 1), st.floats(0, 1))
def test_confidence_rises_with_clarity(a, b):
    low, high = sorted((a, b))
    assert 0 <= confidence_of(low) <= confidence_of(high) <= 1
    assert (confidence_of(a) >= 0.5) == (a >= 0.75)


@given(st.integers(0, 3000), st.lists(st.integers(0, 3000), max_size=5))
def test_frames_are_centred_on_multiples_of_the_hop(length, cuts):
    samples = np.arange(1, length + 1, dtype=np.float32)
    framer = Framer(512, 160)
    parts = [framer.process(b) for b in np.split(samples, sorted(min(c, length) for c in cuts))]
    frames = np.concatenate([*parts, framer.flush(length)])
    assert len(frames) == last_frame(length, 160) + 1
    padded = np.pad(samples, (256, 1000))
    for k, frame in enumerate(frames):
        assert np.array_equal(frame, padded[k * 160 : k * 160 + 512])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("mcloed", "did you mean 'mcleod'"),
        ("zzz", "installed: ddsp-vst, mcleod, swift"),
        ("mcleod:7", "'mcleod:7': write mcleod"),
        ("ddsp-vst", "write ddsp-vst:PATH"),
        ("ddsp-vst:", "write ddsp-vst:PATH"),
    ],
)
def test_an_unknown_name_suggests_one(name, part):
    with pytest.raises(ParameterError, match=part):
        open_tracker(name)


@pytest.mark.parametrize("name", ["mcleod", "swift"])
@pytest.mark.parametrize("hop", [160, 320])
def test_what_is_told_of_a_tracker_is_so(name, hop):
    """The declared look-ahead, to the sample, and the range: at both ends it must be free of octave errors."""
    kind, opened = tracker_kind(name), open_tracker(name, hop)
    assert (opened.name, opened.hop, opened.look_ahead) == (name, hop, kind.look_ahead)
    for f0_hz in (1.03 * kind.f0_min_hz, 0.97 * kind.f0_max_hz):
        heard, _ = track(opened, tone(f0_hz, 1.0))
        assert np.median(heard[len(heard) // 4 : -len(heard) // 4]) == pytest.approx(f0_hz, rel=0.03)


def test_a_missing_extra_names_the_pip_line(monkeypatch):
    real_import = builtins.__import__

    def without_swift(name, *args, **kwargs):
        if name == "swift_f0":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_swift)
    with pytest.raises(MissingExtraError, match=r'pip install "ddsp-fx\[pitch\]"'):
        open_tracker("swift")


def test_the_vst_tracker_is_gated_by_power():
    def extractor(frame):
        power = 10 * np.log10(np.mean(frame**2) + 1e-9)
        return {"f0_hz": np.array([548.0]), "pw_db": np.array([power])}

    audio = np.concatenate([tone(548.0), np.zeros(8000, np.float32)])
    f0, confidence = track(DdspVstTracker(extractor), audio)
    assert set(f0.tolist()) == {548.0}
    assert confidence[:24].all()
    assert not confidence[28:].any()


def test_an_extractor_without_pitch_is_refused():
    with pytest.raises(ModelError, match=r"no output is named f0_hz or .*; it has pw_db"):
        DdspVstTracker(lambda frame: {"pw_db": np.zeros(1)}).flush(0)


def test_the_genuine_vst_extractor():
    path = DATA / "extract_features_micro.tflite"
    if not path.exists():
        pytest.skip(f"the extractor is not at {path}; it belongs to another project")
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    runner = litert.Interpreter(str(path)).get_signature_runner()
    (argument,) = runner.get_input_details()
    tracker = DdspVstTracker(lambda frame: runner(**{argument: frame}))
    f0, confidence = track(tracker, tone(220.0))
    assert confidence[3:-3].all()
    np.testing.assert_allclose(f0[3:-3], 220.0, rtol=0.03)


@pytest.mark.parametrize("name", TRACKERS)
def test_a_sung_line_with_known_pitch(name):
    folder = DATA / "voices"
    if not folder.is_dir():
        pytest.skip(f"the recordings are not at {folder}")
    soundfile = pytest.importorskip("soundfile")
    audio, rate = soundfile.read(folder / "singing_male_vocadito1.flac", dtype="float32")
    with (folder / "singing_male_vocadito1_f0.csv").open() as file:
        truth = np.array([[float(cell) for cell in row] for row in csv.reader(file)])
    features = extract(resample(audio, rate, 16000), 16000, tracker=name)
    nearest = np.searchsorted(truth[:, 0], np.arange(len(features)) * 0.02).clip(max=len(truth) - 1)
    sung = truth[nearest, 1] > 0
    cents = 1200 * np.log2(features.f0_hz[sung] / truth[nearest, 1][sung])
    assert (np.abs(cents) < 50).mean() > 0.97
    assert features.voiced[sung].mean() > 0.96
    assert features.voiced[~sung].mean() < 0.1
