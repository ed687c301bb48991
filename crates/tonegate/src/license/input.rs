//! The text that is to be verified or explained: an argument, a file, or stdin.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::exit::Failure;

/// Enough for any answer of the API.
const BYTES_MAX: u64 = 64 * 1024;

/// Reads `-` from stdin, a file of that name where there is one, and takes anything else as the
/// text itself. What is no UTF-8 becomes replacement characters: it is no licence either way.
pub(crate) fn read(input: &str) -> anyhow::Result<String> {
    let path = Path::new(input);
    let bytes = if input == "-" {
        bounded(io::stdin().lock())
    } else if path.is_file() {
        File::open(path).and_then(bounded)
    } else {
        return Ok(input.to_owned());
    };
    let bytes = bytes
        .map_err(|error| Failure::new(format!("cannot read {input}: {error}; check the path")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
