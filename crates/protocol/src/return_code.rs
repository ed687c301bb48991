//! The published return codes: what each means, and what cures it. The one table of them.

use std::fmt;

macro_rules! return_codes {
    ($($code:literal $name:ident $message:literal $meaning:literal $cure:literal)*) => {
        /// A return code of the published API. `docs/RETURN-CODES.md` is made from this table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ReturnCode {
            $(#[doc = $meaning] $name = $code,)*
        }

        impl ReturnCode {
            /// Every code, in the published order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its place in [`ALL`](Self::ALL).
            #[must_use]
            pub const fn place(self) -> usize {
                enum Place { $($name,)* }
                match self { $(Self::$name => Place::$name as usize,)* }
            }

            /// The code that `number` stands for.
            #[must_use]
            pub const fn from_number(number: i64) -> Option<Self> {
                match number {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name in code, JSON, metrics and documents.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The published message.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }

            /// What it means, and when the issuer sends it.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// What the caller can do about it.
            #[must_use]
            pub const fn cure(self) -> &'static str {
                match self { $(Self::$name => $cure,)* }
            }
        }
    };
}

return_codes! {
    0 Success "Success."
        "The answer carries a licence."
        "Nothing to do."
    1 Busy "Request failed. Please try again later."
        "The issuer is overloaded, or the caller's network sent too many requests that failed."
        "Sign a new request and send it again after a second, then wait longer each time."
    2 InvalidInput "Input parameter error."
        "A public parameter is given twice, cannot be decoded, or the nonce is longer than 52 bytes or holds control characters."
        "Send each public parameter once, in UTF-8, with a nonce of 16 hex characters."
    3 AuthenticationFailed "Authentication failed."
        "Published; never sent by Tonegate."
        "Check AppId and ServerSecret."
    7 RateLimited "The number of requests per second exceeds the limit."
        "More requests per second than the app may make (20 by default)."
        "Keep a licence for its 7 days instead of fetching one per use; then wait a second."
    100000000 HostInvalid "Host error in request URL header."
        "The Host header is not one that this issuer answers for."
        "Use the host name that the issuer's operator gave you."
    100000001 AppIdInvalid "AppId field format error."
        "AppId is absent or no canonical decimal uint32."
        "Send AppId as plain decimal digits."
    100000002 TimestampEmpty "Timestamp field is empty."
        "Timestamp is absent or empty."
        "Send Timestamp: Unix time in seconds."
    100000003 TimestampInvalid "Timestamp field format error."
        "Timestamp is not plain decimal digits."
        "Send Unix time in seconds as plain digits, without sign, blanks or fraction."
    100000004 SignatureExpired "Signature expired."
        "Timestamp is more than 600 s from the issuer's time."
        "Correct the caller's clock, and send seconds, not milliseconds."
    100000005 SignatureInvalid "Signature error."
        "The signature does not match, or was used before."
        "Sign lower_hex(MD5(AppId + SignatureNonce + ServerSecret + Timestamp)) anew for each request, with the ServerSecret, not the AppSign."
    100000006 ActionEmpty "Action is empty."
        "Action is absent or empty."
        "Send Action=CgiDescribeZIMAudioLicense."
    100000007 ActionUnsupported "Unsupported Action."
        "This issuer does not know the Action."
        "Send Action=CgiDescribeZIMAudioLicense, in exactly this spelling."
    100000008 NonceEmpty "SignatureNonce field is empty."
        "SignatureNonce is absent or empty."
        "Send a new random SignatureNonce with each request: 16 hex characters."
    100000009 SignatureEmpty "Signature field is empty."
        "Signature is absent or empty."
        "Send the Signature: 32 lower-case hex characters."
    100000010 SecretUnavailable "Get ServerSecret failed."
        "The issuer knows no such AppId, or its secret is not available."
        "Check the AppId, and that the app exists at this issuer."
    100000011 AppConfigUnavailable "Get App configuration failed."
        "The app is known and its configuration cannot be used."
        "Ask the issuer's operator to look at the app: its log names the fault."
    100000012 BodyUnreadable "Read HTTP packet body failed."
        "The request's body was cut off, came too slowly, or is over 64 KiB."
        "Send a GET without a body."
    100000013 SignatureVersionEmpty "SignatureVersion field is empty."
        "SignatureVersion is absent or empty."
        "Send SignatureVersion=2.0."
    100000014 SignatureVersionUnsupported "Unsupported SignatureVersion."
        "SignatureVersion is not 2.0."
        "Send SignatureVersion=2.0."
    100000015 GatewayInternal "Gateway internal error."
        "A fault of the gateway itself."
        "Sign a new request and try again; tell the operator the RequestId if it stays."
    100000016 AppNotInProduction "App not configured for formal environment."
        "The app belongs to the other environment."
        "Use an app of this environment, or the issuer of the app's own."
    100000017 ServiceNotEnabled "App not enabled for this service."
        "The app is suspended, or the service is switched off for it."
        "Ask the issuer's operator to enable the service for the app."
    910001 ParameterError "Parameter error."
        "A business parameter is bad. This Action has none, so Tonegate never sends it."
        "Check the business parameters."
    910002 CertificateInvalid "Invalid certificate."
        "No valid certificate stands behind the app: its entitlement is missing, not yet valid or ended, or no issuing key is usable."
        "Ask the issuer's operator: the entitlement or the issuing key must be renewed."
    910003 ServiceInternal "Internal service issue."
        "The issuer cannot sign now and holds no licence for the app."
        "Go on with the licence at hand, and try again later."
    910004 AuthorizationError "Authorization information error."
        "The signature is right, but its secret was revoked, or it may not be used from this address."
        "Use the app's current ServerSecret, from an address that the app allows."
}

impl ReturnCode {
    /// The number on the wire.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the discriminant is the number, by definition")]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Does it pass by itself, so that the same caller may ask again later with a new signature?
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::RateLimited | Self::GatewayInternal | Self::ServiceInternal
        )
    }
}

impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_places_lead_back_to_their_codes() {
        for (place, code) in ReturnCode::ALL.iter().enumerate() {
            assert_eq!(code.place(), place);
            assert_eq!(ReturnCode::from_number(code.number().into()), Some(*code));
        }
        assert_eq!(ReturnCode::from_number(-1), None);
        assert_eq!(ReturnCode::from_number(4), None);
    }
}
