//! The PROXY protocol header, version 2 (binary) only, as HAProxy's specification has it.
//!
//! [`parse`] is pure, bounded and total: any bytes give a header or an error. Who may send one is
//! decided elsewhere.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits::PROXY_HEADER_BYTES;

/// What a PROXY header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The client; `None` when the balancer speaks for itself (`LOCAL`) or the family is not an IP
    /// one.
    pub source: Option<SocketAddr>,
    /// Bytes of the whole header; the connection's own bytes follow.
    pub length: usize,
}

/// Why bytes are not a PROXY header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The bytes end before the header does.
    #[error("the PROXY header is cut short")]
    Truncated,
    /// It does not begin with the signature of version 2.
    #[error("not a PROXY header of version 2")]
    Signature,
    /// Version, command, family or transport outside the specification, or datagrams.
    #[error("the PROXY header has an unknown version, command, family or transport")]
    Unknown,
    /// The announced length is too small for its addresses, or above our bound of 2 KiB.
    #[error("the PROXY header announces an impossible length")]
    Length,
}

/// Reads the header at the start of `bytes`; what follows it is ignored.
///
/// # Errors
/// See [`ProxyError`]; [`ProxyError::Truncated`] only when more bytes could make it a header.
pub fn parse(bytes: &[u8]) -> Result<Header, ProxyError> {
    let start = Start::parse(bytes)?;
    let addresses = bytes.get(START..start.length).ok_or(ProxyError::Truncated)?;
    Ok(Header { source: start.source(addresses)?, length: start.length })
}

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const START: usize = 16;

/// The fixed 16 bytes: enough to know how many follow and whether to read them at all.
struct Start {
    local: bool,
    family: Family,
    length: usize,
}

enum Family {
    Unspecified,
    V4,
    V6,
    Unix,
}

impl Start {
    fn parse(bytes: &[u8]) -> Result<Self, ProxyError> {
        let known = bytes.len().min(SIGNATURE.len());
        if bytes[..known] != SIGNATURE[..known] {
            return Err(ProxyError::Signature);
        }
        let &[command, family, high, low] = bytes
            .get(SIGNATURE.len()..START)
            .and_then(|b| b.first_chunk())
            .ok_or(ProxyError::Truncated)?;
        let local = match command {
            0x20 => true,
            0x21 => false,
            _ => return Err(ProxyError::Unknown),
        };
        let family = match family {
            0x00 | 0x01 => Family::Unspecified,
            0x11 => Family::V4,
            0x21 => Family::V6,
            0x31 => Family::Unix,
            // With LOCAL the family means nothing and is not to be judged.
            _ if local => Family::Unspecified,
            _ => return Err(ProxyError::Unknown),
        };
        let length = START + usize::from(u16::from_be_bytes([high, low]));
        if length > PROXY_HEADER_BYTES {
            return Err(ProxyError::Length);
        }
        Ok(Self { local, family, length })
    }

    /// The source in the bytes after the start. Extensions (TLVs) behind the addresses are skipped.
    fn source(&self, addresses: &[u8]) -> Result<Option<SocketAddr>, ProxyError> {
        if self.local {
            return Ok(None);
        }
        match self.family {
            Family::Unspecified => Ok(None),
            Family::V4 => addresses_of::<4>(addresses, 12).map(Some),
            Family::V6 => addresses_of::<16>(addresses, 36).map(Some),
            Family::Unix if addresses.len() < 216 => Err(ProxyError::Length),
            Family::Unix => Ok(None),
        }
    }
}

/// The source in `source N, destination N, source port 2, destination port 2`, `size` bytes in all.
fn addresses_of<const N: usize>(bytes: &[u8], size: usize) -> Result<SocketAddr, ProxyError>
where
    IpAddr: From<[u8; N]>,
{
    let bytes = bytes.get(..size).ok_or(ProxyError::Length)?;
    let address: &[u8; N] = bytes.first_chunk().ok_or(ProxyError::Length)?;
    let port: &[u8; 2] = bytes[2 * N..].first_chunk().ok_or(ProxyError::Length)?;
    Ok(SocketAddr::new(IpAddr::from(*address).to_canonical(), u16::from_be_bytes(*port)))
}

/// Takes exactly the header off the connection. A bad start is refused before more is waited for.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Header> {
    let mut bytes = vec![0; START];
    stream.read_exact(&mut bytes).await?;
    let start = Start::parse(&bytes).map_err(io::Error::other)?;
    bytes.resize(start.length, 0);
    stream.read_exact(&mut bytes[START..]).await?;
    parse(&bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let length = u16::try_from(addresses.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, addresses].concat()
    }

    const V4: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x01, 0xbb];

    #[test]
    fn v4_with_extensions_and_what_follows() {
        let mut bytes = header(0x21, 0x11, &[&V4[..], &[0x04, 0, 1, 0]].concat());
        let length = bytes.len();
        bytes.extend(b"GET / HTTP/1.1");
        let source = Some("192.0.2.7:12345".parse().unwrap());
        assert_eq!(parse(&bytes), Ok(Header { source, length }));
    }

    #[test]
    fn v6_and_a_mapped_v4_in_it() {
        let mut addresses = [0; 36];
        addresses[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        addresses[15] = 9;
        addresses[33] = 80;
        let parsed = parse(&header(0x21, 0x21, &addresses)).unwrap();
        assert_eq!(parsed.source, Some("[2001:db8::9]:80".parse().unwrap()));

        addresses[..16].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 7]);
        let parsed = parse(&header(0x21, 0x21, &addresses)).unwrap();
        assert_eq!(parsed.source, Some("192.0.2.7:80".parse().unwrap()));
    }

    #[test]
    fn local_unspecified_and_unix_name_nobody() {
        for bytes in [
            header(0x20, 0x00, &[]),
            header(0x20, 0x11, &V4),
            header(0x20, 0xff, &[]),
            header(0x21, 0x00, &[1, 2, 3]),
            header(0x21, 0x31, &[0; 216]),
        ] {
            assert_eq!(parse(&bytes), Ok(Header { source: None, length: bytes.len() }));
        }
    }

    #[test]
    fn every_cut_is_truncated() {
        let whole = header(0x21, 0x11, &V4);
        for cut in 0..whole.len() {
            assert_eq!(parse(&whole[..cut]), Err(ProxyError::Truncated), "cut at {cut}");
        }
    }

    #[test]
    fn refusals() {
        let long = header(0x21, 0x11, &[0; PROXY_HEADER_BYTES]);
        for (bytes, error) in [
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), ProxyError::Signature),
            (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n".to_vec(), ProxyError::Signature),
            (header(0x11, 0x11, &V4), ProxyError::Unknown),
            (header(0x22, 0x11, &V4), ProxyError::Unknown),
            (header(0x21, 0x12, &V4), ProxyError::Unknown),
            (header(0x21, 0x41, &V4), ProxyError::Unknown),
            (header(0x21, 0x11, &V4[..11]), ProxyError::Length),
            (header(0x21, 0x21, &V4), ProxyError::Length),
            (header(0x21, 0x31, &V4), ProxyError::Length),
            (long, ProxyError::Length),
        ] {
            assert_eq!(parse(&bytes), Err(error), "{bytes:?}");
        }
    }
}
