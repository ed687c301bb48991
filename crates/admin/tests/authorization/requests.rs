//! One request for each operation, and what comes of it when nothing speaks against it.

use super::callers::Caller;
use super::operations::Operation;
use super::things::{Subject, Things};
use crate::support::Answer;

/// Operation, status, query, and body. In both, and in the path, `{names}` stand for [`Things`].
type Row = (&'static str, u16, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("list_apps", 200, "", ""),
    ("create_app", 201, "", r#"{"name":"Karaoke"}"#),
    ("bulk_apps", 200, "", r#"{"app_ids":[5],"action":"tag","tag":"t{n}"}"#),
    ("import_apps", 200, "?dry_run=true", "name\nKaraoke\n"),
    ("export_apps", 200, "", ""),
    ("get_app", 200, "", ""),
    ("update_app", 200, "", r#"{"note":"{n}"}"#),
    ("delete_app", 204, "", ""),
    ("suspend_app", 200, "", ""),
    ("resume_app", 200, "", ""),
    ("list_secrets", 200, "", ""),
    ("rotate_secret", 201, "", "{}"),
    ("reveal_secret", 200, "", ""),
    ("revoke_secret", 204, "", ""),
    ("list_licenses", 200, "", ""),
    ("mint_license", 201, "", ""),
    ("inspect_license", 200, "", r#"{"license":"x"}"#),
    ("list_requests", 200, "?app_id={app_id}", ""),
    ("get_request", 200, "", ""),
    ("check_request", 200, "", r#"{"url":"/?Action=DescribeLicense","app_id":{app_id}}"#),
    (
        "gateway_call",
        200,
        "",
        r#"{"query":"Action=DescribeLicense&AppId={app_id}&SignatureNonce=n{n}&Timestamp=1763840000&SignatureVersion=2.0&Signature=00000000000000000000000000000000"}"#,
    ),
    ("list_return_codes", 200, "", ""),
    ("get_keys", 200, "", ""),
    ("preview_rotation", 200, "", r#"{"start":"planned"}"#),
    ("rotate_key", 201, "", r#"{"start":"now"}"#),
    ("get_pins", 200, "", ""),
    ("request_certificates", 409, "", r#"{"count":1}"#),
    (
        "install_certificates",
        409,
        "",
        r#"{"kind":"tonegate key certificates","content":{"installation_id":"x","certificates":["x"]}}"#,
    ),
    ("get_usage", 200, "?app_id={app_id}", ""),
    ("list_usage_by_app", 200, "", ""),
    ("export_usage", 200, "?app_id={app_id}", ""),
    ("list_audit", 200, "", ""),
    ("get_checkpoint", 200, "", ""),
    ("list_webhooks", 200, "", ""),
    ("create_webhook", 201, "", r#"{"url":"http://127.0.0.1:9/","events":["*"],"enabled":false}"#),
    ("get_webhook", 200, "", ""),
    ("update_webhook", 200, "", r#"{"note":"{n}"}"#),
    ("delete_webhook", 204, "", ""),
    ("test_webhook", 201, "", ""),
    ("list_deliveries", 200, "", ""),
    ("retry_delivery", 200, "", ""),
    ("get_overview", 200, "", ""),
    ("get_settings", 200, "", ""),
    ("list_nodes", 200, "", ""),
    ("get_setup", 200, "", ""),
    ("create_enrollment", 401, "", r#"{"token":"x","password":"correct horse staple 7"}"#),
    ("confirm_enrollment", 401, "", r#"{"token":"x","code":"000000"}"#),
    ("create_session", 401, "", r#"{"name":"nobody {n}","password":"x","code":"000000"}"#),
    ("create_demo_session", 401, "", r#"{"token":"x"}"#),
    ("get_session", 200, "", ""),
    ("delete_session", 204, "", ""),
    ("step_up_session", 401, "", r#"{"code":"000000"}"#),
    ("change_password", 204, "", r#"{"new_password":"another horse staple {n}"}"#),
    ("list_sessions", 200, "{?user_id}", ""),
    ("end_session", 204, "", ""),
    ("list_users", 200, "", ""),
    ("create_user", 201, "", r#"{"name":"somebody {n}","role":"viewer"}"#),
    ("get_user", 200, "", ""),
    ("update_user", 200, "", r#"{"role":"operator"}"#),
    ("delete_user", 204, "", ""),
    ("invite_user", 201, "", ""),
    ("list_api_tokens", 200, "", ""),
    ("create_api_token", 201, "", r#"{"name":"robot","role":"viewer","expires_in":3600}"#),
    ("delete_api_token", 204, "", ""),
];

/// What is of one app, or of one person: there is another's too.
const OWNED: [&str; 4] = ["{app_id}", "{request_id}", "{session_id}", "{?user_id}"];

/// A request for an operation.
pub(super) struct Request<'o> {
    operation: &'o Operation,
    /// What answers it where nothing speaks against it.
    pub(super) status: u16,
    /// What it is refused as when it is about an app that the caller may not see.
    pub(super) hidden_as: &'static str,
    query: &'static str,
    body: &'static str,
}

/// `None`: there is none, and there must be.
pub(super) fn of(operation: &Operation) -> Option<Request<'_>> {
    let (id, status, query, body) = *ROWS.iter().find(|row| row.0 == operation.id)?;
    let hidden_as = if id == "get_request" { "request_unknown" } else { "app_unknown" };
    Some(Request { operation, status, hidden_as, query, body })
}

/// The operations that there are requests for.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.0)
}

impl Request<'_> {
    /// What it can be about.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        if OWNED.iter().any(|name| self.names(name)) {
            return vec![Subject::Own, Subject::Other, Subject::None];
        }
        match self.names_in_path() {
            true => vec![Subject::Own, Subject::None],
            false => vec![Subject::Own],
        }
    }

    /// Does it name something in its path?
    pub(super) fn names_in_path(&self) -> bool {
        self.operation.path.contains('{')
    }

    pub(super) fn names(&self, name: &str) -> bool {
        let texts = [&self.operation.path, self.query, self.body];
        texts.iter().any(|text| text.contains(name))
    }

    /// Are callers other than before afterwards? Sessions end; an app that is gone is nobody's any more.
    pub(super) fn changes_callers(&self) -> bool {
        self.operation.has("session") || self.operation.id == "delete_app"
    }

    pub(super) async fn send(&self, by: &Caller, things: &Things, subject: Subject) -> Answer {
        let fill = |text: &str| things.fill(text, by, subject);
        let mut persona = by.persona.clone();
        if self.operation.takes_if_match {
            persona = persona.with("If-Match", "*");
        }
        if let Some(media_type) = &self.operation.media_type {
            persona = persona.with("Content-Type", media_type);
        }
        let target = fill(&format!("{}{}", self.operation.path, self.query));
        persona.send_bytes(&self.operation.method, &target, fill(self.body).as_bytes()).await
    }
}
