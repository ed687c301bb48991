//! The second factor. The rest of the house asks here alone; what stands behind it today is a
//! time-based code, and a passkey would be one more kind.

use aws_lc_rs::rand;
use data_encoding::BASE32_NOPAD;
use qrcodegen::{QrCode, QrCodeEcc};
use tonegate_server::store::Credentials;
use zeroize::Zeroizing;

use super::totp;
use crate::problem::{Code, Problem};

/// A second factor that nobody has yet.
pub(crate) struct NewFactor {
    /// 160 random bits.
    pub(crate) secret: Zeroizing<Vec<u8>>,
}

/// The step that a code used up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step(pub(crate) i64);

impl NewFactor {
    pub(crate) fn generate() -> Result<Self, Problem> {
        let mut secret = Zeroizing::new(vec![0; 20]);
        rand::fill(&mut secret)
            .map_err(|_| Problem::new(Code::Internal, "the system gave no random bytes"))?;
        Ok(Self { secret })
    }

    /// To be typed in.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.secret))
    }

    /// As authenticator apps read it. `issuer`, `name`: what they show.
    pub(crate) fn uri(&self, issuer: &str, name: &str) -> Zeroizing<String> {
        let (issuer, name) = (escaped(issuer), escaped(name));
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            *self.text()
        ))
    }
}

/// The modules of a QR code, a row a text, `1` where it is dark. Empty: the text is too long for one.
pub(crate) fn qr(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return Vec::new() };
    let row = |y| (0..code.size()).map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect();
    (0..code.size()).map(row).collect()
}

/// The step of a good code. `None`: wrong, or used already.
pub(crate) fn proven(of: &Credentials, code: &str, now: i64) -> Option<Step> {
    totp::step_of(&of.totp, of.totp_last_step, code, now).map(Step)
}

/// The same for a factor that was chosen a moment ago.
pub(crate) fn proven_first(secret: &[u8], code: &str, now: i64) -> Option<Step> {
    totp::step_of(secret, 0, code, now).map(Step)
}

/// Percent-encoded (RFC 3986), since apps show a plus of forms as one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_reads_it() {
        let factor = NewFactor { secret: Zeroizing::new(b"12345678901234567890".to_vec()) };
        assert_eq!(*factor.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            *factor.uri("my issuer", "änna:1"),
            "otpauth://totp/my%20issuer:%C3%A4nna%3A1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=my%20issuer&algorithm=SHA1&digits=6&period=30"
        );
        let qr = qr(&factor.uri("my issuer", "änna:1"));
        assert!(qr.len() > 20 && qr.iter().all(|row| row.len() == qr.len()));
        assert!(qr[0].starts_with("1111111"));
    }
}
