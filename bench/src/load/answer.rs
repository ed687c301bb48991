//! The answers: where one ends, and what its return code is. Reads what it must and no more.

use memchr::{memchr, memmem};

/// Where the parts of a whole answer lie in the bytes that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Where the body begins.
    pub(crate) body: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

/// What the bytes are that were read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The beginning of an answer.
    Partial,
    /// A whole one.
    Whole(Answer),
    /// Nothing that this reader takes for an answer with status 200 and a length.
    Strange,
}

/// Finds the answer that `bytes` begin with.
pub(crate) fn read(bytes: &[u8]) -> Read {
    const STATUS: &[u8] = b"HTTP/1.1 200";
    let Some(head) = memmem::find(bytes, b"\r\n\r\n") else { return Read::Partial };
    match content_length(&bytes[..head]) {
        Some(length) if bytes.starts_with(STATUS) => {
            let answer = Answer { body: head + 4, end: head + 4 + length };
            if bytes.len() < answer.end { Read::Partial } else { Read::Whole(answer) }
        }
        _ => Read::Strange,
    }
}

/// The number behind `{"Code":`.
pub(crate) fn code(body: &[u8]) -> Option<u32> {
    let digits = body.strip_prefix(b"{\"Code\":")?;
    let end = memchr(b',', digits.get(..12)?)?;
    str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// The length that the head announces.
fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let mut rest = head;
    loop {
        rest = &rest[memchr(b'\n', rest)? + 1..];
        if rest.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            let line = &rest[NAME.len()..memchr(b'\r', rest).unwrap_or(rest.len())];
            return str::from_utf8(line).ok()?.trim().parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-Length: 15\r\nX: y\r\n\r\n{\"Code\":0,\"M\":1HTTP";

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let end = TEXT.len() - 4;
        for cut in 0..end {
            assert_eq!(read(&TEXT[..cut]), Read::Partial, "{cut}");
        }
        let whole = Read::Whole(Answer { body: end - 15, end });
        assert_eq!(read(&TEXT[..end]), whole);
        assert_eq!(read(TEXT), whole);
    }

    #[test]
    fn another_status_or_no_length_is_strange() {
        assert_eq!(read(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"), Read::Strange);
        assert_eq!(read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Read::Strange);
        assert_eq!(read(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), Read::Strange);
    }

    #[test]
    fn the_code_is_a_number_and_nothing_else() {
        assert_eq!(code(b"{\"Code\":0,\"Message\":\"Success.\"}"), Some(0));
        assert_eq!(code(b"{\"Code\":100000005,\"Message\":\"\"}"), Some(100_000_005));
        assert_eq!(code(b"{\"Code\":\"0\",\"Message\":\"\"}"), None);
        assert_eq!(code(b"{\"Code\":0}"), None);
        assert_eq!(code(b"<html>"), None);
    }
}
