//! `POST /licenses/inspect`: what a pasted text is, and whether it is good.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tonegate_license::{Chain, Root};
use tonegate_server::grant;
use tonegate_server::inspect::{Claims, Event, Explanation, FeatureView, Trust};

use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::extract::{Body, check_length, check_time};
use crate::limits::INSPECTED_CHARS_MAX;
use crate::problem::Problem;

/// A text, and a moment.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InspectLicense {
    /// A licence, a whole answer of the licence API, or anything else.
    #[schema(max_length = 65536)]
    license: String,
    /// The moment to judge it at, Unix seconds; now when not given.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 253402300799_i64)]
    at: Option<i64>,
}

/// All that can be said of a text.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Inspection {
    /// `valid`, `not_yet_valid`, `expired`, `refused`, or `no_license`.
    state: &'static str,
    /// Is it of this installation, beyond doubt?
    verified: bool,
    /// What it comes to, in a sentence.
    message: String,
    next_step: String,
    notes: Vec<String>,
    /// Unix seconds.
    at: i64,
    /// What the published SDK says: 0, 81 or 82.
    sdk_code: Option<u16>,
    /// Why it is not valid, by its stable name.
    reason: Option<&'static str>,
    /// What it says; proven only where `verified`.
    license: Option<Claims>,
    timeline: Vec<Event>,
    /// May each run? Of a verified one.
    features: Vec<FeatureView>,
    /// The key that signed it, where a root of this installation vouches for it.
    key: Option<InspectedKey>,
}

/// What the certificate in a licence says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct InspectedKey {
    serial: u32,
    kid: String,
    /// Which of the two roots: `active` or `standby`.
    root: &'static str,
    /// Unix seconds.
    sign_from: i64,
    /// Unix seconds.
    expires_at: i64,
    /// The lowest serial that devices take once they have seen it.
    floor: u32,
}

#[utoipa::path(
    post,
    path = "/licenses/inspect",
    tag = "licenses",
    operation_id = "inspect_license",
    request_body = InspectLicense,
    responses((status = 200, body = Inspection)),
    extensions(("x-access" = json!("viewer scoped")))
)]
/// Says what a text is, with the verifier that apps use and this installation's pins.
pub(crate) async fn inspect_license(
    State(admin): State<Admin>,
    _: ByScoped<Viewer>,
    Body(asked): Body<InspectLicense>,
) -> Result<Json<Inspection>, Problem> {
    check_length("license", &asked.license, INSPECTED_CHARS_MAX)?;
    asked.at.map_or(Ok(()), |at| check_time("at", at))?;
    let installation = &admin.service.installation;
    let trust = Trust {
        pins: Some(installation.pins),
        issuer: Some(installation.issuer.clone()),
        environment: Some(grant::environment(installation.environment)),
        app_id: None,
        identity: None,
    };
    let at = asked.at.unwrap_or_else(|| admin.now());
    Ok(Json(Inspection::from(Explanation::of(&asked.license, trust, at))))
}

impl From<Explanation> for Inspection {
    fn from(it: Explanation) -> Self {
        Self {
            state: it.state,
            verified: it.verified,
            message: it.message,
            next_step: it.next_step,
            notes: it.notes,
            at: it.at,
            sdk_code: it.sdk_code,
            reason: it.reason,
            license: it.license,
            timeline: it.timeline,
            features: it.features,
            key: it.chain.as_ref().map(InspectedKey::from),
        }
    }
}

impl From<&Chain> for InspectedKey {
    fn from(chain: &Chain) -> Self {
        Self {
            serial: chain.serial(),
            kid: chain.key_id().to_string(),
            root: match chain.root() {
                Root::Active => "active",
                Root::Standby => "standby",
            },
            sign_from: chain.sign_from(),
            expires_at: chain.expires_at(),
            floor: chain.floor(),
        }
    }
}
