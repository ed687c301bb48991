//! Signatures made ahead on disk: a file an hour, in sealed blocks.
//!
//! Invariant: a block is whole or not there, and who reads the files without the key-encryption key has
//! no licence of a coming hour. A file is appended to, and goes as a whole when its hour is over.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tonegate_issuer::limits::HOUR_SECS;
use tonegate_protocol::AppId;

use super::{Presigned, number_of};
use crate::data_dir::write_atomically;
use crate::seal::{Kek, Label, Sealed};

/// AppId, revision, serial, signature.
const RECORD_BYTES: usize = 4 + 4 + 4 + 64;
/// Records of one block.
const BLOCK_RECORDS: usize = 4_096;
/// A smaller file is left alone, however little of it is of use.
const SLACK_BYTES: u64 = 1 << 20;

pub(super) struct Files {
    directory: PathBuf,
    /// Bytes by hour.
    sizes: BTreeMap<u32, u64>,
    unwritten: Vec<Presigned>,
}

impl Files {
    /// Reads all that opens.
    pub(super) fn open(directory: &Path, kek: &Kek, mut found: impl FnMut(Presigned)) -> Self {
        let mut files =
            Self { directory: directory.to_owned(), sizes: BTreeMap::new(), unwritten: Vec::new() };
        let names = fs::read_dir(directory).into_iter().flatten().flatten();
        for number in names.filter_map(|name| name.file_name().to_str()?.parse().ok()) {
            match files.read(kek, number, &mut found) {
                Ok(size) => drop(files.sizes.insert(number, size)),
                Err(error) => tracing::warn!(%error, "licences minted ahead cannot be read"),
            }
        }
        files
    }

    /// How much of the file is good; the rest is cut off.
    fn read(&self, kek: &Kek, number: u32, found: &mut impl FnMut(Presigned)) -> io::Result<u64> {
        let bytes = fs::read(self.path(number))?;
        let mut rest = bytes.as_slice();
        while let Some((block, after)) = split_block(rest) {
            let sealed = Sealed::from_bytes(block.to_vec());
            let Ok(plain) = kek.open(Label::Preminted { number }, &sealed) else { break };
            plain
                .chunks_exact(RECORD_BYTES)
                .filter_map(|it| read(it, number))
                .for_each(&mut *found);
            rest = after;
        }
        let good = u64::try_from(bytes.len() - rest.len()).unwrap_or(0);
        if !rest.is_empty() {
            OpenOptions::new().write(true).open(self.path(number))?.set_len(good)?;
        }
        Ok(good)
    }

    pub(super) fn push(&mut self, presigned: Presigned) {
        self.unwritten.push(presigned);
    }

    /// Appends what came since. What cannot be written is given up: it is in memory.
    pub(super) fn flush(&mut self, kek: &Kek) -> io::Result<()> {
        let mut by_hour: BTreeMap<u32, Vec<Presigned>> = BTreeMap::new();
        for presigned in self.unwritten.drain(..) {
            if let Some(number) = number_of(presigned.hour) {
                by_hour.entry(number).or_default().push(presigned);
            }
        }
        if by_hour.is_empty() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        for (number, records) in by_hour {
            let blocks = blocks(kek, number, &records)?;
            let path = self.path(number);
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
            // Half a block that a full disk has left would hide all that come after it.
            let good = self.sizes.get(&number).copied().unwrap_or(0);
            if file.metadata()?.len() > good {
                file.set_len(good)?;
            }
            file.write_all(&blocks)?;
            file.sync_data()?;
            *self.sizes.entry(number).or_default() += u64::try_from(blocks.len()).unwrap_or(0);
        }
        File::open(&self.directory)?.sync_all()
    }

    /// Removes the files of hours that `left` has none of: those that are worth writing anew.
    pub(super) fn tidy(&mut self, left: &HashMap<u32, usize>) -> Vec<u32> {
        let directory = &self.directory;
        self.sizes.retain(|number, _| {
            let keep = left.contains_key(number);
            if !keep {
                // What stays behind is looked at again at the next start.
                let _ = fs::remove_file(directory.join(number.to_string()));
            }
            keep
        });
        let needed = |number: &u32| {
            let records = left.get(number).copied().unwrap_or(0);
            u64::try_from(records * RECORD_BYTES).unwrap_or(0)
        };
        let is_fat = |(number, size): &(&u32, &u64)| **size > 3 * needed(number) + SLACK_BYTES;
        self.sizes.iter().filter(is_fat).map(|(number, _)| *number).collect()
    }

    /// Puts a new file in the place of the old one.
    pub(super) fn rewrite(
        &mut self,
        kek: &Kek,
        number: u32,
        records: &[Presigned],
    ) -> io::Result<()> {
        let blocks = blocks(kek, number, records)?;
        write_atomically(&self.path(number), 0o600, &blocks)?;
        self.sizes.insert(number, u64::try_from(blocks.len()).unwrap_or(0));
        Ok(())
    }

    fn path(&self, number: u32) -> PathBuf {
        self.directory.join(number.to_string())
    }
}

fn blocks(kek: &Kek, number: u32, records: &[Presigned]) -> io::Result<Vec<u8>> {
    let mut blocks = Vec::new();
    for records in records.chunks(BLOCK_RECORDS) {
        let plain: Vec<u8> = records.iter().flat_map(write).collect();
        let sealed = kek.seal(Label::Preminted { number }, &plain).map_err(io::Error::other)?;
        let length = u32::try_from(sealed.as_bytes().len()).unwrap_or(u32::MAX);
        blocks.extend_from_slice(&length.to_be_bytes());
        blocks.extend_from_slice(sealed.as_bytes());
    }
    Ok(blocks)
}

fn split_block(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn write(presigned: &Presigned) -> Vec<u8> {
    let Presigned { app_id: AppId(app_id), revision, serial, signature, .. } = presigned;
    let numbers = [app_id, revision, serial].map(|number| number.to_be_bytes());
    [numbers.as_flattened(), signature].concat()
}

/// The hour comes without the app's phase, which only its number matters for.
fn read(record: &[u8], number: u32) -> Option<Presigned> {
    let (app_id, rest) = record.split_first_chunk()?;
    let (revision, rest) = rest.split_first_chunk()?;
    let (serial, rest) = rest.split_first_chunk()?;
    let [app_id, revision, serial] = [app_id, revision, serial].map(|it| u32::from_be_bytes(*it));
    let (app_id, hour) = (AppId(app_id), i64::from(number) * HOUR_SECS);
    Some(Presigned { app_id, revision, hour, serial, signature: rest.try_into().ok()? })
}
