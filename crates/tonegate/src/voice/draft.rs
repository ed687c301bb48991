//! Files that appear whole or not at all, and never in the place of another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::limits::WAV_BYTES_MAX;
use super::source::Depth;
use crate::exit::Failure;

/// A file that is not yet in its place; dropped, it is gone.
pub(super) struct Draft {
    draft: PathBuf,
    to: PathBuf,
}

impl Draft {
    /// Begins a file beside the place where it is to be.
    pub(super) fn begin(to: &Path) -> Result<(Self, File), Failure> {
        refuse_existing(to)?;
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let draft = to.with_file_name(format!(".{name}.{:016x}", fastrand::u64(..)));
        let file = OpenOptions::new().write(true).create_new(true).open(&draft);
        let file = file.map_err(|error| unwritable(to, &error))?;
        Ok((Self { draft, to: to.to_owned() }, file))
    }

    /// The file is whole.
    pub(super) fn place(self) -> Result<(), Failure> {
        let synced = File::open(&self.draft).and_then(|file| file.sync_all());
        let placed = synced.and_then(|()| fs::rename(&self.draft, &self.to));
        placed.map_err(|error| unwritable(&self.to, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Where it was placed there is none to remove.
        let _ = fs::remove_file(&self.draft);
    }
}

/// What is there stays as it is.
pub(super) fn refuse_existing(path: &Path) -> Result<(), Failure> {
    // A link that leads nowhere is there, too.
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} exists already and is left as it is; choose another name",
        path.display()
    )))
}

/// A file cannot be written, and why.
pub(super) fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot write {}: {error}; check the path and the disk", path.display()))
}

/// A WAV file that is being written.
pub(super) struct Wav {
    draft: Draft,
    writer: WavWriter<BufWriter<File>>,
    depth: Depth,
}

impl Wav {
    /// Begins a file for so many samples of each channel.
    pub(super) fn begin(
        to: &Path,
        rate: u32,
        channels: usize,
        depth: Depth,
        samples: u64,
    ) -> Result<Self, Failure> {
        let channels = u16::try_from(channels).unwrap_or(u16::MAX);
        let bytes = samples.saturating_mul(u64::from(channels * depth.bits() / 8));
        if bytes > WAV_BYTES_MAX {
            return Err(Failure::new(format!(
                "{} would be larger than a WAV file can be (4 GiB); cut the input into parts",
                to.display()
            )));
        }
        let spec = WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: depth.bits(),
            sample_format: match depth {
                Depth::Float => SampleFormat::Float,
                Depth::Sixteen | Depth::TwentyFour => SampleFormat::Int,
            },
        };
        let (draft, file) = Draft::begin(to)?;
        let writer = WavWriter::new(BufWriter::new(file), spec);
        let writer = writer.map_err(|error| unwritable(to, &error))?;
        Ok(Self { draft, writer, depth })
    }

    /// Appends samples, one of each channel after the other; what is over full scale is clipped to it.
    pub(super) fn write(&mut self, samples: &[f32]) -> Result<(), Failure> {
        let written = samples.iter().try_for_each(|sample| match self.depth {
            Depth::Float => self.writer.write_sample(*sample),
            Depth::Sixteen => self.writer.write_sample(integer(*sample, 32_768.0)),
            Depth::TwentyFour => self.writer.write_sample(integer(*sample, 8_388_608.0)),
        });
        written.map_err(|error| unwritable(&self.draft.to, &error))
    }

    /// The file is whole, and not yet in its place.
    pub(super) fn finish(self) -> Result<Draft, Failure> {
        self.writer.finalize().map_err(|error| unwritable(&self.draft.to, &error))?;
        Ok(self.draft)
    }
}

/// The nearest whole number of a scale. Integers that were read come out as they were.
fn integer(sample: f32, full_scale: f32) -> i32 {
    (sample * full_scale).round().clamp(-full_scale, full_scale - 1.0) as i32
}

/// The same bytes in a new file.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Draft, Failure> {
    let (draft, mut file) = Draft::begin(to)?;
    let copied = File::open(from).and_then(|mut from| io::copy(&mut from, &mut file));
    copied.map_err(|error| unwritable(to, &error))?;
    Ok(draft)
}
