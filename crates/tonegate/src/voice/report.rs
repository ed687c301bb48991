//! What `voice process` has to say.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tonegate_license::Verdict;
use tonegate_voice::{AnsMode, Effects, VoiceError};

use super::figures::Figures;
use super::recording::SoundClock;
use super::source::Shape;
use crate::output::{self, Table};
use crate::time::Moment;

/// What was asked for, and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) input: Sound,
    pub(super) output: Sound,
    pub(super) picture: Option<PathBuf>,
    pub(super) license: License,
    pub(super) asked: Applied,
    /// From the beginning on.
    pub(super) applied: Applied,
    /// What the app's error callback heard.
    pub(super) told: Vec<Told>,
    /// Where the licence ended the recording, seconds.
    pub(super) cut_at_secs: Option<f64>,
    #[serde(flatten)]
    pub(super) figures: Figures,
    /// Seconds of sound that the effects process in a second; `None`: there were none.
    pub(super) speed: Option<f64>,
}

/// A file of sound.
#[derive(Debug, Serialize)]
pub(super) struct Sound {
    file: PathBuf,
    format: &'static str,
    duration_secs: f64,
    sample_rate: u32,
    channels: usize,
    /// Of a sample in a WAV file that loses nothing of it.
    bits: u16,
}

impl Sound {
    pub(super) fn of(file: &Path, shape: Shape, samples: u64) -> Self {
        Self {
            file: file.to_owned(),
            format: shape.format,
            duration_secs: samples as f64 / f64::from(shape.rate),
            sample_rate: shape.rate,
            channels: shape.channels,
            bits: shape.depth.bits(),
        }
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { duration_secs, sample_rate, channels, format, .. } = self;
        let channels =
            if *channels == 1 { "mono".to_owned() } else { format!("{channels} channels") };
        let file = output::bold(self.file.display());
        write!(f, "{file} ({format}, {duration_secs:.1} s, {sample_rate} Hz, {channels})")
    }
}

/// What became of the licence at the beginning.
#[derive(Debug, Serialize)]
pub(super) struct License {
    /// `valid`, `not_yet_valid`, `expired` or `refused`.
    state: &'static str,
    reason: Option<&'static str>,
    sdk_code: u16,
    message: &'static str,
    next_step: &'static str,
    /// Unix seconds; of an authentic one.
    valid_until: Option<i64>,
}

impl License {
    pub(super) fn of(verdict: &Verdict) -> Self {
        Self {
            state: verdict.state(),
            reason: verdict.reason.map(|reason| reason.name()),
            sdk_code: verdict.sdk_code(),
            message: verdict.message(),
            next_step: verdict.next_step(),
            valid_until: verdict.validity.map(|validity| validity.valid_until),
        }
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(until) = self.valid_until.map(Moment).filter(|_| self.reason.is_none()) else {
            return write!(f, "{} (SDK code {})", output::bad(self.message), self.sdk_code);
        };
        write!(f, "{} until {until}", output::good("valid"))
    }
}

/// What a person asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) ans: Option<AnsMode>,
    pub(super) agc: bool,
}

/// Effects, by name.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Applied {
    ans: Option<&'static str>,
    agc: bool,
}

impl From<Asked> for Applied {
    fn from(Asked { ans, agc }: Asked) -> Self {
        Self { ans: ans.map(AnsMode::name), agc }
    }
}

impl From<Effects> for Applied {
    fn from(Effects { ans, agc }: Effects) -> Self {
        Self { ans: ans.map(AnsMode::name), agc }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ans = self.ans.map(|mode| format!("noise suppression ({mode})"));
        let agc = self.agc.then(|| "gain control".to_owned());
        let effects: Vec<_> = ans.into_iter().chain(agc).collect();
        if effects.is_empty() {
            return f.write_str(&output::warn("nothing: the output is a copy"));
        }
        f.write_str(&effects.join(", "))
    }
}

/// An error as the app's callback heard it.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// Where in the sound.
    at_secs: f64,
    code: u16,
    feature: Option<&'static str>,
    reason: Option<&'static str>,
    message: &'static str,
    next_step: &'static str,
}

impl Told {
    pub(super) fn of(error: &VoiceError, clock: &SoundClock) -> Self {
        Self {
            at_secs: clock.seconds(),
            code: error.code.number(),
            feature: error.feature,
            reason: error.reason.map(|reason| reason.name()),
            message: error.message,
            next_step: error.next_step,
        }
    }
}

impl Report {
    /// Was all that was asked for applied from beginning to end?
    pub(super) fn is_all_done(&self) -> bool {
        self.told.is_empty() && self.applied == self.asked
    }

    fn facts(&self) -> Table {
        let mut table = Table::default();
        table.fact("Read", &self.input);
        table.fact("Licence", &self.license);
        table.fact("Applied", &self.applied);
        for told in &self.told {
            let from = match told.at_secs {
                0.0 => String::new(),
                from => format!(" from {from:.1} s on"),
            };
            let feature = told.feature.unwrap_or("all");
            let what = format!("{feature}{from}: {} (SDK code {})", told.message, told.code);
            table.fact("Not applied", output::warn(what));
        }
        if let Some(cut) = self.cut_at_secs {
            let what = format!("at {cut:.1} s: the licence says that a recording stops then");
            table.fact("Cut", output::warn(what));
        }
        table.fact("Written", &self.output);
        if let Some(picture) = &self.picture {
            table.fact("Picture", picture.display());
        }
        if let Some(speed) = self.speed {
            table.fact("Speed", format_args!("{speed} × real time"));
        }
        let mut steps: Vec<_> = self.told.iter().map(|told| told.next_step).collect();
        steps.dedup();
        steps.iter().for_each(|step| table.fact("Next", step));
        table
    }

    fn levels(&self) -> Table {
        let Figures { before, after, .. } = &self.figures;
        let mut table = Table::headed(["", "before", "after", ""]);
        let mut row = |name: &str, before: Option<f64>, after: Option<f64>, unit: &str| {
            let show = |level: Option<f64>| {
                level.map_or_else(|| "–".to_owned(), |level| format!("{level:.1} {unit}"))
            };
            let change = before.zip(after).map(|(before, after)| after - before);
            let change = change.map_or_else(String::new, |change| format!("{change:+.1} dB"));
            table.row([output::dim(name), show(before), show(after), change]);
        };
        row("Noise", before.noise_dbfs, after.noise_dbfs, "dBFS");
        row("Speech", before.speech_dbfs, after.speech_dbfs, "dBFS");
        row("Loudness", before.loudness_lufs, after.loudness_lufs, "LUFS");
        row("Peak", before.peak_dbtp, after.peak_dbtp, "dBTP");
        table
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\n{}", self.facts(), self.levels())
    }
}
