# Writes the sounds of this folder: two seconds of steady.wav, as phones and the published SDK record them.
#
#     python3 -m venv target/av && target/av/bin/pip install av==18.1.0
#     target/av/bin/python crates/tonegate/tests/sounds/make.py
#
# They are committed, since other versions of FFmpeg write other bytes.

from fractions import Fraction
from pathlib import Path

import av

FOLDER = Path(__file__).resolve().parent
SOUND = FOLDER.parents[3] / "bindings/voice/sounds/steady.wav"
SECONDS = 2
# Name, codec, samples per second, bits per second, channels. FFmpeg's own Vorbis takes two channels, and has to be told.
KINDS = [
    ("two-seconds.mp3", "libmp3lame", 44100, 48000, "mono"),
    ("two-seconds.m4a", "aac", 44100, 48000, "mono"),
    ("two-seconds.ogg", "vorbis", 16000, 48000, "stereo"),
    ("two-seconds.flac", "flac", 8000, None, "mono"),
]


def write(name, codec, rate, bits, channels):
    with av.open(str(SOUND)) as source, av.open(str(FOLDER / name), "w") as target:
        stream = target.add_stream(codec, rate=rate, layout=channels, options={"strict": "-2"})
        if bits:
            stream.bit_rate = bits
        resampler = av.AudioResampler(stream.format.name, channels, rate)
        sound = av.AudioFifo()
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                part.pts = None
                sound.write(part)
        sound.read(SECONDS * rate)  # what comes before
        left = SECONDS * rate
        while left:
            part = sound.read(min(left, stream.codec_context.frame_size or 1024))
            part.pts, part.time_base = SECONDS * rate - left, Fraction(1, rate)
            left -= part.samples
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))


for kind in KINDS:
    write(*kind)
