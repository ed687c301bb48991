//! What verification found, in facts: the program's part (codes, times) and the reader's (words).

use core::fmt;

use crate::license::OnExpiry;

/// Why a licence, or one of its features, is not usable. FORMAT.md §6 gives the order of checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No licence was given.
    Empty,
    /// Over 2,048 characters.
    TooLong,
    /// Not three canonical base64url segments under the profile's header.
    NotALicense,
    /// The key certificate breaks the profile.
    Certificate,
    /// The key certificate was signed by a root that is not pinned.
    Root,
    /// The pinned root's signature does not hold, or the licence does not fit its certificate.
    Chain,
    /// Of another issuer.
    Issuer,
    /// The key certificate is of the active root, and one of the standby has been seen.
    RootSuperseded,
    /// The issuing key was withdrawn: its serial is under the floor.
    Floor,
    /// The licence was altered, or not signed by the certified key.
    Signature,
    /// The claims break the profile.
    Claims,
    /// For the other environment.
    Environment,
    /// For another AppId.
    App,
    /// Tied to other app identities than this app's.
    Identity,
    /// `nbf` lies ahead.
    NotYetValid,
    /// `exp` has passed.
    Expired,
    /// The key certificate has ended before the licence.
    CertificateExpired,
    /// The licence is good and does not name this feature.
    FeatureMissing,
}

impl Reason {
    /// Every reason, in the order in which the checks can first name it.
    pub const ALL: [Self; 18] = [
        Self::Empty,
        Self::TooLong,
        Self::NotALicense,
        Self::Certificate,
        Self::Root,
        Self::Chain,
        Self::Issuer,
        Self::RootSuperseded,
        Self::Floor,
        Self::Signature,
        Self::Claims,
        Self::Environment,
        Self::App,
        Self::Identity,
        Self::NotYetValid,
        Self::Expired,
        Self::CertificateExpired,
        Self::FeatureMissing,
    ];

    /// The published SDK's code: 81 format invalid, 82 expired, 83 feature not in the licence.
    #[must_use]
    pub const fn sdk_code(self) -> u16 {
        match self {
            Self::Expired => 82,
            Self::FeatureMissing => 83,
            _ => 81,
        }
    }

    /// Its stable name, for programs, logs and searches.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::NotALicense => "not_a_license",
            Self::Certificate => "certificate",
            Self::Root => "root",
            Self::Chain => "chain",
            Self::RootSuperseded => "root_superseded",
            Self::Floor => "floor",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Environment => "environment",
            Self::App => "app",
            Self::Identity => "identity",
            Self::NotYetValid => "not_yet_valid",
            Self::CertificateExpired => "certificate_expired",
            Self::Expired => "expired",
            Self::FeatureMissing => "feature_missing",
        }
    }

    /// Can the same installation succeed later with a newly fetched licence, nothing else changed?
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::TooLong
                | Self::NotALicense
                | Self::Chain
                | Self::Signature
                | Self::RootSuperseded
                | Self::Floor
                | Self::NotYetValid
                | Self::CertificateExpired
                | Self::Expired
        )
    }

    /// What is wrong, in words.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "there is no licence",
            Self::TooLong => "the text is longer than any licence",
            Self::NotALicense => "the text is not a licence, or was damaged on its way",
            Self::Certificate => "the key certificate breaks the format",
            Self::Root => "the key certificate comes from a root that this app does not trust",
            Self::Chain => "the licence does not fit its key certificate, or no root signed that",
            Self::RootSuperseded => "the root behind the licence was replaced by the standby root",
            Self::Floor => "the signing key was withdrawn",
            Self::Signature => "the licence was altered, or never signed by this issuer",
            Self::Claims => "the claims break the format",
            Self::Issuer => "the licence is of another issuer",
            Self::Environment => "the licence is for another environment",
            Self::App => "the licence is for another app",
            Self::Identity => "the licence is tied to another app identity",
            Self::NotYetValid => "the licence is not yet valid",
            Self::CertificateExpired => "the key certificate behind the licence has expired",
            Self::Expired => "the licence has expired",
            Self::FeatureMissing => "the feature is not in the licence",
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Empty => "Fetch a licence from the app's backend and load it.",
            Self::TooLong | Self::NotALicense | Self::Signature => {
                "Hand on the License string exactly as the issuer answered it, then fetch it anew."
            }
            Self::Certificate | Self::Claims => {
                "The issuer made a licence outside the format: run `tonegate doctor` there."
            }
            Self::Root => {
                "Compare the pins in the app with `tonegate key pins` of the issuer: they differ."
            }
            Self::Chain => {
                "The licence and its key certificate do not belong together: fetch it anew from \
                 the issuer itself."
            }
            Self::RootSuperseded => {
                "The issuer has moved to its standby root: fetch a licence made since then."
            }
            Self::Floor => "The issuer has withdrawn this signing key: fetch a new licence.",
            Self::Issuer => {
                "Set the expected issuer to the one that the licence names, or fetch \
                 from the right issuer."
            }
            Self::Environment => "Use a production licence in production and a test one in tests.",
            Self::App => "Fetch the licence with this app's own AppId.",
            Self::Identity => {
                "Add this app's identity with `tonegate app set --bind`, or use the app that the \
                 licence was made for."
            }
            Self::NotYetValid => "Wait until the licence becomes valid.",
            Self::CertificateExpired | Self::Expired => {
                "Fetch a new licence; if the device is online, its backend has not refreshed."
            }
            Self::FeatureMissing => {
                "Add the feature to the app at the issuer, then fetch a new licence."
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Reason {}

/// What is true of a licence at a moment on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is not valid; `None`: it is.
    pub reason: Option<Reason>,
    /// Its times; `None` where nothing in it can be believed.
    pub validity: Option<Validity>,
}

/// The times of a licence that is authentic, all Unix seconds, and the moment they are judged at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Effective time of the verdict.
    pub now: i64,
    /// First second of validity.
    pub valid_from: i64,
    /// First second after validity, without any grace.
    pub valid_until: i64,
    /// When this device should have asked for the next licence.
    pub refresh_after: i64,
}

impl Validity {
    /// Seconds until the end; 0 after it.
    #[must_use]
    pub fn seconds_left(&self) -> i64 {
        self.valid_until.saturating_sub(self.now).max(0)
    }
}

impl Verdict {
    pub(crate) const fn refused(reason: Reason) -> Self {
        Self { reason: Some(reason), validity: None }
    }

    /// Is the licence good now?
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.reason.is_none()
    }

    /// 0, or the published SDK's 81 or 82.
    #[must_use]
    pub const fn sdk_code(&self) -> u16 {
        match self.reason {
            None => 0,
            Some(reason) => reason.sdk_code(),
        }
    }

    /// What it comes to in one word: `valid`, `not_yet_valid`, `expired` or `refused`.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self.reason {
            None => "valid",
            Some(Reason::NotYetValid) => "not_yet_valid",
            Some(Reason::Expired) => "expired",
            Some(_) => "refused",
        }
    }

    /// What was found, in words.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self.reason {
            None => "the licence is valid",
            Some(reason) => reason.message(),
        }
    }

    /// What to do next, in one sentence.
    #[must_use]
    pub const fn next_step(&self) -> &'static str {
        match (self.reason, self.validity) {
            (Some(reason), _) => reason.next_step(),
            (None, Some(validity)) if validity.now >= validity.refresh_after => {
                "Fetch the next licence in the background; this one goes on until then."
            }
            (None, _) => "Nothing: the licence is good.",
        }
    }

    /// Can a newly fetched licence succeed where this one did not?
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self.reason {
            None => false,
            Some(reason) => reason.retryable(),
        }
    }
}

/// May a feature run now, and what to do where it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureVerdict {
    /// It may.
    Run,
    /// It may for so many more seconds: the licence has expired, its grace has not.
    Grace {
        /// Seconds until the grace of this device ends.
        seconds_left: i64,
    },
    /// Pass the audio untouched.
    Bypass(Reason),
    /// End the operation with the reason's SDK code.
    Stop(Reason),
}

impl FeatureVerdict {
    /// Does the feature run?
    #[must_use]
    pub const fn runs(&self) -> bool {
        matches!(self, Self::Run | Self::Grace { .. })
    }

    /// In one word: `run`, `grace`, `bypass` or `stop`.
    #[must_use]
    pub const fn answer(&self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Grace { .. } => "grace",
            Self::Bypass(_) => "bypass",
            Self::Stop(_) => "stop",
        }
    }

    /// Why it does not run.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Run | Self::Grace { .. } => None,
            Self::Bypass(reason) | Self::Stop(reason) => Some(*reason),
        }
    }

    /// Seconds until the grace of this device ends.
    #[must_use]
    pub const fn grace_left(&self) -> Option<i64> {
        match self {
            Self::Grace { seconds_left } => Some(*seconds_left),
            _ => None,
        }
    }

    /// 0, or the published SDK's 81, 82 or 83.
    #[must_use]
    pub const fn sdk_code(&self) -> u16 {
        match self.reason() {
            None => 0,
            Some(reason) => reason.sdk_code(),
        }
    }
}

/// What will become of a feature of the loaded licence on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Its policy.
    pub on_expiry: OnExpiry,
    /// The first second in which it no longer runs, Unix seconds: after this device's part of a
    /// grace.
    pub runs_until: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_new_license_cures_is_retryable() {
        for reason in Reason::ALL {
            let step = reason.next_step();
            let fetch = step.starts_with("Fetch a ")
                || step.contains("fetch it anew")
                || step.contains(": fetch a ")
                || step.starts_with("Wait");
            assert_eq!(reason.retryable(), fetch, "{reason:?}: {step}");
        }
    }
}
