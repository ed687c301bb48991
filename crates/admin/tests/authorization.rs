//! The authorisation matrix, made of the served document: every operation, asked by everybody, about what
//! is theirs, what is another's and what is not there.
//!
//! Invariant: `x-access` alone says what must come of a cell. An operation that [`requests`] knows no
//! request for fails the test, so none is forgotten.

mod callers;
mod operations;
mod requests;
mod things;

use std::time::Duration;

use serde_json::json;
use tonegate_clock::Clock;
use tonegate_server::model::Role;

use crate::support::{Answer, House, NOW};
use callers::{Caller, People};
use operations::Operation;
use requests::Request;
use things::{Subject, Things};

/// What must come of a cell.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// The operation's own answer, with this status.
    Let(u16),
    /// It gets in, and there is nothing.
    Nothing,
    /// It gets in; what comes then is not about who asks.
    LetIn,
    /// A problem with this code.
    Refused(&'static str),
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_is_as_the_document_says() {
    let (clock, hand) = Clock::manual(NOW);
    let house = House::at(clock, |config| config.webhooks.allow_private_addresses = true).await;
    let mut things = Things::new(&house).await;
    let people = People::new(&house).await;
    let (mut cells, mut wrong) = (0, Vec::new());
    for operation in operations::all() {
        let Some(request) = requests::of(&operation) else {
            wrong.push(format!("{}: requests.rs knows no request for it", operation.id));
            continue;
        };
        // Anew for each, so that a step-up is fresh and what an operation ended is there again.
        let mut callers = people.callers(&house).await;
        for index in 0..callers.len() {
            for subject in request.subjects() {
                // Slower than any limit on how often somebody may ask.
                house.pass(&hand, Duration::from_millis(200));
                let caller = &callers[index];
                let answer = request.send(caller, &things, subject).await;
                let expected = expected(&operation, &request, caller, subject);
                if let Err(fault) = judge(&operation, &answer, &expected) {
                    let Answer { status, body, .. } = &answer;
                    let cell = format!("{} × {} × {subject:?}", operation.id, caller.name);
                    wrong.push(format!("{cell}: {fault}; {status} {body}"));
                }
                cells += 1;
                if operation.method != "GET" && answer.status < 300 {
                    things.restore(&house, &request).await;
                    if request.changes_callers() {
                        callers = people.callers(&house).await;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells > 2_000, "{cells} cells");
}

/// In the order in which an operation asks.
fn expected(
    operation: &Operation,
    request: &Request,
    caller: &Caller,
    subject: Subject,
) -> Expected {
    let Some(role) = caller.role else {
        return if operation.has("public") {
            Expected::Let(request.status)
        } else {
            Expected::Refused("not_signed_in")
        };
    };
    if operation.least_role().is_some_and(|least| role < least) {
        return Expected::Refused("role_too_low");
    }
    if operation.has("whole") && caller.is_confined {
        return Expected::Refused("confined_to_apps");
    }
    if operation.has("session")
        && let Some(expected) = of_sessions(operation, caller, subject)
    {
        return expected;
    }
    let is_hidden = caller.is_confined && subject != Subject::Own;
    if operation.has("app") && is_hidden {
        return Expected::Refused("app_unknown");
    }
    if operation.has("step-up") && !caller.is_fresh {
        return Expected::Refused(match caller.is_person {
            true => "step_up_required",
            false => "token_not_privileged",
        });
    }
    if operation.has("scoped") && is_hidden {
        return Expected::Refused(request.hidden_as);
    }
    match subject {
        Subject::None if request.names_in_path() => Expected::Nothing,
        Subject::None => Expected::LetIn,
        Subject::Own | Subject::Other => Expected::Let(request.status),
    }
}

/// What is about people's sessions: their own are theirs, and all are the owners' of all apps.
fn of_sessions(operation: &Operation, caller: &Caller, subject: Subject) -> Option<Expected> {
    let sees_others = caller.role == Some(Role::Owner) && !caller.is_confined;
    let is_own = caller.is_person && subject == Subject::Own;
    match (operation.id.as_str(), subject) {
        ("end_session", Subject::Own | Subject::Other) if !is_own && !sees_others => {
            Some(Expected::Refused("session_unknown"))
        }
        ("list_sessions", Subject::Own) if caller.is_person => None,
        ("list_sessions", _) if !sees_others => Some(Expected::Refused("role_too_low")),
        ("list_sessions", Subject::None) => Some(Expected::Nothing),
        ("list_sessions" | "end_session" | "get_session", _) => None,
        _ if !caller.is_person => Some(Expected::Refused("people_only")),
        _ => None,
    }
}

/// Is the answer what must come, and does the document know it?
fn judge(operation: &Operation, answer: &Answer, expected: &Expected) -> Result<(), String> {
    let code = operation.documented(answer)?;
    let is_so = match expected {
        Expected::Let(status) => answer.status == *status,
        Expected::Nothing => answer.status == 404,
        Expected::LetIn => !matches!(answer.status, 401 | 403 | 500..),
        Expected::Refused(refused) => code.as_deref() == Some(*refused),
    };
    if is_so { Ok(()) } else { Err(format!("must be {expected:?}")) }
}

#[test]
fn every_operation_says_who_may_call_it() {
    for operation in operations::all() {
        let (mut roles, mut scopes) = (0, 0);
        for word in &operation.access {
            match word.as_str() {
                "public" | "session" | "viewer" | "operator" | "owner" => roles += 1,
                "whole" | "scoped" | "app" => scopes += 1,
                "step-up" => {}
                other => panic!("{}: {other:?}", operation.id),
            }
        }
        let needs_no_scope = operation.has("public") || operation.has("session");
        assert_eq!(
            (roles, scopes),
            (1, usize::from(!needs_no_scope)),
            "{}: {:?}",
            operation.id,
            operation.access
        );
        assert_eq!(operation.has("app"), operation.path.contains("{app_id}"), "{}", operation.id);
    }
}

#[test]
fn no_request_is_for_an_operation_that_is_gone() {
    let known: Vec<_> = operations::all().into_iter().map(|operation| operation.id).collect();
    let gone: Vec<_> =
        requests::ids().filter(|id| !known.iter().any(|known| known == id)).collect();
    assert_eq!(json!(gone), json!([]));
}
