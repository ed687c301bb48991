//! `tonegate voice process`: what an app does to a voice message, on a file.
//!
//! Invariant: it goes through the gated `Voice`, so what a licence does not unlock does not happen; then the sound is
//! copied, and nothing is said to have been done.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tonegate_clock::Clock;
use tonegate_license::{Pins, State};
use tonegate_server::inspect::{Trust, without_line_end};
use tonegate_voice::{AnsMode, Voice, VoiceError};

use super::draft::{self, Draft, Wav, refuse_existing};
use super::figures::Figures;
use super::meter::Meter;
use super::picture::Picture;
use super::recording::{Recording, SoundClock};
use super::report::{Asked, License, Report, Sound, Told};
use super::source::{Shape, Source};
use crate::exit::{Exit, Failure};
use crate::license::input;
use crate::license::pins::{self, PinsArgs};
use crate::license::state_file::StateFileArg;
use crate::output::Output;
use crate::progress::Progress;
use crate::time::{self, When};

#[derive(Debug, clap::Args)]
pub(crate) struct Process {
    /// The sound: WAV, FLAC, MP3, M4A (AAC) or Ogg Vorbis; up to 2 h, up to 8 channels
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to: a new WAV file
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Suppress noise: soft, medium, aggressive, ai or ai_balanced [without MODE: medium]
    #[arg(long, value_name = "MODE", num_args = 0..=1, default_missing_value = "medium")]
    ans: Option<AnsMode>,
    /// Bring speech to an even loudness, about −18 LUFS
    #[arg(long)]
    agc: bool,
    /// The licence: its text, a file, or - for stdin [default: none, so nothing is unlocked]
    #[arg(long, value_name = "FILE|-|TEXT")]
    license: Option<String>,
    #[command(flatten)]
    trust: PinsArgs,
    /// Begin at this time: RFC 3339, Unix seconds, or relative such as +8d [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<When>,
    #[command(flatten)]
    state: StateFileArg,
    /// Draw both sounds, waveforms and spectrograms, into a new PNG file
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

impl Process {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let report = self.process()?;
        output.show(&report)?;
        Ok(if report.is_all_done() { Exit::Done } else { Exit::NotValid })
    }

    fn process(&self) -> anyhow::Result<Report> {
        self.check()?;
        let trust = self.trust.read()?;
        let (text, pins) = self.license(&trust)?;
        let state = self.state.read()?;
        let now = time::now();
        let clock = SoundClock::new(self.at.map_or(now, |at| at.at(now)));
        let sound = Measurable::of(&self.input)?;
        let told = RefCell::new(Vec::new());
        let on_error = |error: &VoiceError| told.borrow_mut().push(Told::of(error, &clock));
        let mut voice = Voice::new(pins, trust.expect(), state, on_error);
        let license = License::of(&voice.init(without_line_end(&text), clock.time()));
        let asked = Asked { ans: self.ans, agc: self.agc };
        if let Some(mode) = asked.ans {
            voice.set_ans_mode(i32::from(mode as u8), clock.time());
            // A mode that is refused is not replaced by another.
            if told.borrow().is_empty() {
                voice.enable_ans(true, clock.time());
            }
        }
        if asked.agc {
            voice.enable_agc(true, clock.time());
        }
        voice.start_record(clock.time());
        let applied = voice.running();
        let picture = self.picture.as_ref().map(|_| Picture::new(sound.shape.rate, sound.total));
        let done = if applied.is_none() {
            self.copy(&sound, voice.gate().state(), picture)?
        } else {
            self.apply(&sound, voice, &clock, picture)?
        };
        let picture = self.picture.as_deref().zip(done.picture.as_ref());
        let picture =
            picture.map(|(path, picture)| picture.draft(path, &done.figures)).transpose()?;
        self.state.keep(done.state)?;
        done.draft.place()?;
        picture.map(Draft::place).transpose()?;
        Ok(Report {
            input: Sound::of(&self.input, sound.shape, sound.total),
            output: Sound::of(&self.out, done.shape, done.samples),
            picture: self.picture.clone(),
            license,
            asked: asked.into(),
            applied: applied.into(),
            told: told.into_inner(),
            cut_at_secs: done.is_cut.then(|| done.samples as f64 / f64::from(done.shape.rate)),
            figures: done.figures,
            speed: speed(sound.seconds(), done.spent).filter(|_| !applied.is_none()),
        })
    }

    /// Refuses what cannot come to a good end, before the work.
    fn check(&self) -> Result<(), Failure> {
        if self.ans.is_none() && !self.agc {
            return Err(Failure::usage("nothing to do: give --ans, --agc or both"));
        }
        refuse_existing(&self.out)?;
        let Some(picture) = &self.picture else { return Ok(()) };
        if *picture == self.out {
            return Err(Failure::usage("OUT and --picture are the same file; name two"));
        }
        refuse_existing(picture)
    }

    /// The licence's text, and what it is verified against.
    fn license(&self, trust: &Trust) -> anyhow::Result<(String, Pins)> {
        match &self.license {
            Some(license) => Ok((input::read(license)?, pins::needed(trust)?)),
            // Where there is no text, there is nothing that pins are compared with.
            None => Ok((String::new(), trust.pins.map_or_else(nobody, Ok)?)),
        }
    }

    /// The sound as it is.
    fn copy(
        &self,
        sound: &Measurable<'_>,
        state: State,
        mut picture: Option<Picture>,
    ) -> anyhow::Result<Done> {
        let shape = sound.shape;
        let is_wav = shape.format == "wave";
        let mut decoded = (!is_wav)
            .then(|| Wav::begin(&self.out, shape.rate, shape.channels, shape.depth, sound.total))
            .transpose()?;
        let mut meter = Meter::new(shape.rate)?;
        sound.each_packet(|packet, mixed| {
            if let Some(wav) = &mut decoded {
                wav.write(packet)?;
            }
            if let Some(picture) = &mut picture {
                picture.before(mixed);
                picture.after(mixed);
            }
            meter.hear(mixed)
        })?;
        let draft = match decoded {
            Some(wav) => wav.finish()?,
            None => draft::copy(&self.input, &self.out)?,
        };
        let measured = meter.measured()?;
        Ok(Done {
            draft,
            shape: Shape { format: "wave", ..shape },
            samples: sound.total,
            is_cut: false,
            figures: Figures::of(&measured, &measured),
            spent: Duration::ZERO,
            picture,
            state,
        })
    }

    /// The sound with its effects.
    fn apply<F: FnMut(&VoiceError)>(
        &self,
        sound: &Measurable<'_>,
        voice: Voice<F>,
        clock: &SoundClock,
        mut picture: Option<Picture>,
    ) -> anyhow::Result<Done> {
        let shape = Shape { format: "wave", channels: 1, ..sound.shape };
        let mut wav = Wav::begin(&self.out, shape.rate, 1, shape.depth, sound.total)?;
        let mut recording = Recording::new(voice, clock, shape.rate, sound.total)?;
        let (mut before, mut after) = (Meter::new(shape.rate)?, Meter::new(shape.rate)?);
        let stopwatch = Clock::system();
        let (mut spent, mut samples, mut ready) = (Duration::ZERO, 0, Vec::new());
        let mut put_out = |ready: &mut Vec<f32>, picture: &mut Option<Picture>| {
            samples += u64::try_from(ready.len()).unwrap_or(0);
            if let Some(picture) = picture {
                picture.after(ready);
            }
            wav.write(ready)?;
            after.hear(ready)?;
            ready.clear();
            Ok::<_, Failure>(())
        };
        sound.each_packet(|_, mixed| {
            if let Some(picture) = &mut picture {
                picture.before(mixed);
            }
            before.hear(mixed)?;
            let began = stopwatch.monotonic();
            recording.push(mixed, &mut ready)?;
            spent += stopwatch.monotonic().saturating_sub(began);
            put_out(&mut ready, &mut picture)
        })?;
        let ended = recording.finish(&mut ready)?;
        put_out(&mut ready, &mut picture)?;
        Ok(Done {
            draft: wav.finish()?,
            shape,
            samples,
            is_cut: ended.is_cut,
            figures: Figures::of(&before.measured()?, &after.measured()?),
            spent,
            picture,
            state: ended.voice.gate().state(),
        })
    }
}

/// What was made of a sound.
struct Done {
    draft: Draft,
    shape: Shape,
    /// Of each channel.
    samples: u64,
    is_cut: bool,
    figures: Figures,
    /// Time in the effects.
    spent: Duration,
    picture: Option<Picture>,
    state: State,
}

/// A file that was read to its end once, and found whole.
struct Measurable<'a> {
    path: &'a Path,
    shape: Shape,
    /// Samples of each channel.
    total: u64,
}

impl<'a> Measurable<'a> {
    fn of(path: &'a Path) -> Result<Self, Failure> {
        let mut source = Source::open(path)?;
        let shape = source.shape();
        let mut progress = Progress::endless("s of sound read");
        let mut total = 0;
        while let Some(packet) = source.next()? {
            total += u64::try_from(packet.len() / shape.channels).unwrap_or(0);
            progress.reach(whole(total / u64::from(shape.rate)));
        }
        progress.end();
        Ok(Self { path, shape, total })
    }

    fn seconds(&self) -> f64 {
        self.total as f64 / f64::from(self.shape.rate)
    }

    /// Reads it anew: each packet as it is, and mixed to one channel.
    fn each_packet(
        &self,
        mut take: impl FnMut(&[f32], &[f32]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut source = Source::open(self.path)?;
        let rate = u64::from(self.shape.rate);
        let mut progress = Progress::new(whole(self.total / rate), "s of sound");
        let (mut mixed, mut read) = (Vec::new(), 0);
        while let Some(packet) = source.next_mixed(&mut mixed)? {
            take(packet, &mixed)?;
            read += u64::try_from(mixed.len()).unwrap_or(0);
            progress.reach(whole(read / rate));
        }
        progress.end();
        Ok(())
    }
}

/// Pins to which nobody has the keys: points of the curve, chosen as numbers.
fn nobody() -> anyhow::Result<Pins> {
    Ok(Pins::new(&[9; 32], &[10; 32])?)
}

fn speed(seconds: f64, spent: Duration) -> Option<f64> {
    let spent = spent.as_secs_f64();
    (spent > 0.0).then(|| (seconds / spent * 10.0).round() / 10.0)
}

fn whole(seconds: u64) -> usize {
    usize::try_from(seconds).unwrap_or(usize::MAX)
}
