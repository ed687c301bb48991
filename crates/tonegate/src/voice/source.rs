//! Reads a sound from a file, packet by packet.
//!
//! Invariant: what comes out is whole. A file that is cut off or damaged ends in an error, never in half of its sound
//! (but for MP3, which does not say how long it is), nor in a panic of what decodes it.

use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_FLAC, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S32LE,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::limits::{CHANNELS_MAX, RATES, SECONDS_MAX, TAG_BYTES_MAX};
use crate::exit::Failure;

/// How a sound is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The container, such as `wave`.
    pub(super) format: &'static str,
    /// Samples per second of each channel.
    pub(super) rate: u32,
    pub(super) channels: usize,
    pub(super) depth: Depth,
}

/// How a sample is written to a WAV file that loses nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Integers of 16 bits: enough for what had fewer, and for MP3 and its like.
    Sixteen,
    /// Integers of 24 bits.
    TwentyFour,
    /// Floating point of 32 bits.
    Float,
}

impl Depth {
    pub(super) const fn bits(self) -> u16 {
        match self {
            Self::Sixteen => 16,
            Self::TwentyFour => 24,
            Self::Float => 32,
        }
    }

    fn of(codec: &AudioCodecParameters) -> Self {
        match codec.codec {
            CODEC_ID_PCM_F32LE | CODEC_ID_PCM_F64LE => Self::Float,
            CODEC_ID_PCM_S24LE | CODEC_ID_PCM_S32LE => Self::TwentyFour,
            CODEC_ID_FLAC if codec.bits_per_sample.is_some_and(|bits| bits > 16) => {
                Self::TwentyFour
            }
            _ => Self::Sixteen,
        }
    }
}

/// A file that is being read.
pub(super) struct Source {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    shape: Shape,
    /// Samples of each channel that were decoded.
    decoded: u64,
    /// The packet at hand, one sample of each channel after the other.
    packet: Vec<f32>,
    /// It was decoded to learn the shape, and nobody has had it.
    is_first: bool,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format!("cannot read {}: {error}; check the path", path.display()))
        };
        let file = File::open(path).map_err(|error| failed(&error))?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(failed(&"it is no file"));
        }
        let opened = contained(|| opened(file)).map_err(|error| unreadable(path, &error));
        let (format, decoder, track) = opened?;
        let codec = decoder.codec_params();
        let shape = Shape {
            format: format.format_info().short_name,
            rate: 0,
            channels: 0,
            depth: Depth::of(codec),
        };
        let mut source = Self {
            path: path.to_owned(),
            format,
            decoder,
            track,
            shape,
            decoded: 0,
            packet: Vec::new(),
            is_first: false,
        };
        if !source.decode()? {
            return Err(Failure::new(format!(
                "there is no sound in {}; record it anew",
                path.display()
            )));
        }
        source.is_first = true;
        Ok(source)
    }

    pub(super) const fn shape(&self) -> Shape {
        self.shape
    }

    /// The next packet, one sample of each channel after the other; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[f32]>, Failure> {
        let is_there = std::mem::take(&mut self.is_first) || self.decode()?;
        Ok(is_there.then_some(&self.packet))
    }

    /// The same, and all channels mixed to one in `mixed`.
    pub(super) fn next_mixed(&mut self, mixed: &mut Vec<f32>) -> Result<Option<&[f32]>, Failure> {
        let channels = self.shape.channels;
        let packet = self.next()?;
        mix(packet.unwrap_or_default(), channels, mixed);
        Ok(packet)
    }

    /// Decodes a packet that has sound; `false` at the end.
    fn decode(&mut self) -> Result<bool, Failure> {
        loop {
            let decoded = contained(|| self.decode_next());
            let decoded = decoded.map_err(|error| unreadable(&self.path, &error))?;
            let Some((rate, channels)) = decoded else { return Ok(false) };
            if self.packet.is_empty() {
                continue;
            }
            // Of floating point alone: what is no number would stay in every filter that it passes.
            self.packet.iter_mut().filter(|sample| !sample.is_finite()).for_each(|it| *it = 0.0);
            self.admit(rate, channels)?;
            return Ok(true);
        }
    }

    /// Decodes the next packet: its rate and channels, or `None` at the end. Those of other tracks are empty.
    fn decode_next(&mut self) -> Result<Option<(u32, usize)>, Error> {
        self.packet.clear();
        let Some(packet) = self.format.next_packet()? else { return Ok(None) };
        if packet.track_id != self.track {
            return Ok(Some((self.shape.rate, self.shape.channels)));
        }
        let sound = self.decoder.decode(&packet)?;
        sound.copy_to_vec_interleaved(&mut self.packet);
        Ok(Some((sound.spec().rate(), sound.spec().channels().count())))
    }

    /// Holds a packet against the bounds, and against those before it.
    fn admit(&mut self, rate: u32, channels: usize) -> Result<(), Failure> {
        let refused = |what: String| Failure::new(format!("{}: {what}", self.path.display()));
        if self.decoded == 0 {
            (self.shape.rate, self.shape.channels) = (rate, channels);
        }
        if !RATES.contains(&rate) || !(1..=CHANNELS_MAX).contains(&channels) {
            return Err(refused(format!(
                "a sound of {rate} Hz and {channels} channels is not processed; convert it to one \
                 of {} to {} Hz and up to {CHANNELS_MAX} channels",
                RATES.start(),
                RATES.end()
            )));
        }
        if (self.shape.rate, self.shape.channels) != (rate, channels) {
            return Err(refused(
                "the sample rate or the channels change in the middle; save it anew".to_owned(),
            ));
        }
        self.decoded += u64::try_from(self.packet.len() / channels).unwrap_or(u64::MAX);
        if self.decoded > SECONDS_MAX * u64::from(rate) {
            return Err(refused(format!(
                "it is longer than {} h; cut it into parts",
                SECONDS_MAX / 3_600
            )));
        }
        Ok(())
    }
}

type Opened = (Box<dyn FormatReader>, Box<dyn AudioDecoder>, u32);

fn opened(file: File) -> Result<Opened, Error> {
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES_MAX));
    // What a file is, its content says; names lie.
    let probe = symphonia::default::get_probe();
    let format = probe.probe(&Hint::new(), stream, Default::default(), tags)?;
    let track = format.default_track(TrackType::Audio);
    let track = track.ok_or(Error::Unsupported("there is no audio in it"))?;
    let codec = track.codec_params.as_ref().and_then(CodecParameters::audio);
    let codec = codec.ok_or(Error::Unsupported("its codec is not known"))?;
    let decoder =
        symphonia::default::get_codecs().make_audio_decoder(codec, &Default::default())?;
    let id = track.id;
    Ok((format, decoder, id))
}

/// What strangers wrote may find a place where a decoder panics; here that is a damaged file, and no bug to report.
fn contained<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    panic::set_hook(hook);
    result.unwrap_or(Err(Error::DecodeError("it makes no sense")))
}

fn unreadable(path: &Path, error: &Error) -> Failure {
    let path = path.display();
    Failure::new(match error {
        Error::Unsupported(what) => format!(
            "{path} is no audio file that can be read here ({what}); WAV, FLAC, MP3, M4A (AAC) and \
             Ogg Vorbis can"
        ),
        Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            format!("{path} is cut off; copy or record it anew")
        }
        error => format!("{path} is damaged ({error}); copy or record it anew"),
    })
}

/// Puts into `mixed` the mean of the channels.
fn mix(packet: &[f32], channels: usize, mixed: &mut Vec<f32>) {
    mixed.clear();
    let share = 1.0 / channels as f32;
    mixed.extend(packet.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share));
}
