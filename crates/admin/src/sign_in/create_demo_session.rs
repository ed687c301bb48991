//! `POST /session/demo`: signing in by the demo's link.

use axum::extract::State;
use serde::Deserialize;

use super::view::{SessionView, SignedIn};
use crate::admin::Admin;
use crate::auth::Stranger;
use crate::extract::Body;
use crate::problem::{Code, Problem};

/// The link's token.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoLink {
    #[schema(max_length = 200)]
    token: String,
}

#[utoipa::path(
    post,
    path = "/session/demo",
    tag = "sign-in",
    operation_id = "create_demo_session",
    request_body = DemoLink,
    responses((status = 201, body = SessionView, headers(("Set-Cookie" = String)))),
    extensions(
        ("x-access" = json!("public")),
        ("x-problems" = json!(["invitation_unknown", "loopback_only", "csrf_failed"]))
    )
)]
/// Signs in by the link that `tonegate demo` prints, on its own machine. Only the demo has one.
pub(crate) async fn create_demo_session(
    State(admin): State<Admin>,
    stranger: Stranger,
    Body(link): Body<DemoLink>,
) -> Result<SignedIn, Problem> {
    let demo = admin.demo_of(&link.token).map_err(|problem| stranger.refused(&admin, problem))?;
    if !stranger.is_local {
        let detail = "the demo's link is good on the demo's own machine only";
        return Err(Problem::new(Code::LoopbackOnly, detail));
    }
    let mut tx = admin.store().begin("demo", admin.now()).await?;
    let (session, token) = tx.create_demo_session(&demo.owner, &stranger.origin).await?;
    admin.commit(tx).await?;
    Ok(SignedIn::new(&admin, &session, demo.owner.clone(), token))
}
