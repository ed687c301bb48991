//! App identities in arguments, for `bind`.

use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use tonegate_license::Identity;

/// `android:PACKAGE:SHA256`, `ios:BUNDLE_ID`, `web:ORIGIN`, or 22 base64url characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentityArg(pub(crate) Identity);

impl FromStr for IdentityArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let identity = match text.split_once(':') {
            Some(("android", rest)) => android(rest),
            Some(("ios", bundle)) if !bundle.is_empty() => Some(Identity::ios(bundle)),
            Some(("web", origin)) if origin.contains("://") => {
                Some(Identity::web(origin.trim_end_matches('/')))
            }
            _ => Identity::parse(text.as_bytes()),
        };
        identity.map(Self).ok_or_else(|| {
            "an app identity is android:PACKAGE:SHA256-OF-ITS-SIGNING-CERTIFICATE (64 hex digits), \
             ios:BUNDLE_ID, web:https://ORIGIN, or 22 base64url characters"
                .to_owned()
        })
    }
}

/// keytool prints the digest with colons between the bytes.
fn android(text: &str) -> Option<Identity> {
    let (package, digest) = text.split_once(':')?;
    let digest = HEXLOWER_PERMISSIVE.decode(digest.replace(':', "").as_bytes()).ok()?;
    let digest: [u8; 32] = digest.try_into().ok()?;
    (!package.is_empty()).then(|| Identity::android(package, &digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_read_in_every_spelling() {
        let plain = format!("android:com.example:{}", "ab".repeat(32));
        let keytool = format!("android:com.example:{}", ["AB"; 32].join(":"));
        let [plain, keytool] = [plain, keytool].map(|text| text.parse::<IdentityArg>().unwrap().0);
        assert_eq!(plain, keytool);
        let web = |text: &str| text.parse::<IdentityArg>().unwrap().0;
        assert_eq!(web("web:https://a.example/"), web("web:https://a.example"));
        for text in ["", "android:com.example", "android:com.example:ab", "ios:", "web:a", "x"] {
            assert!(text.parse::<IdentityArg>().is_err(), "{text}");
        }
    }
}
