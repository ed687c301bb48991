//! Which operations a caller may call, read from what each says about itself in the served document:
//! the console shows no button that the API would refuse.

use serde_json::Value;
use tonegate_server::model::Role;

use crate::caller::{Caller, Who};

/// Every operation, and whom it lets in.
#[derive(Debug)]
pub(crate) struct Permitted(Vec<Operation>);

#[derive(Debug)]
struct Operation {
    id: String,
    /// The least role; `None`: anybody who is known, or nobody in particular.
    role: Option<Role>,
    is_whole: bool,
    is_stepped_up: bool,
}

impl Permitted {
    pub(crate) fn read(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(_, path)| path.as_object().into_iter().flatten());
        Self(operations.filter_map(|(_, operation)| Operation::read(operation)).collect())
    }

    /// The ids of those that would let the caller in; a person can step up.
    pub(crate) fn to(&self, caller: &Caller) -> Vec<String> {
        let may = self.0.iter().filter(|operation| operation.lets_in(caller));
        may.map(|operation| operation.id.clone()).collect()
    }
}

impl Operation {
    fn read(operation: &Value) -> Option<Self> {
        let id = operation["operationId"].as_str()?.to_owned();
        let words: Vec<&str> = operation["x-access"].as_str()?.split(' ').collect();
        Some(Self {
            id,
            role: words.iter().find_map(|word| word.parse().ok()),
            is_whole: words.contains(&"whole"),
            is_stepped_up: words.contains(&"step-up"),
        })
    }

    fn lets_in(&self, caller: &Caller) -> bool {
        let can_step_up = match caller.who {
            Who::User { .. } => true,
            Who::Token { .. } => caller.stepped_up_until > 0,
        };
        self.role.is_none_or(|least| caller.role >= least)
            && (!self.is_whole || caller.apps.is_none())
            && (!self.is_stepped_up || can_step_up)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn role_scope_and_step_up_decide() {
        let permitted = Permitted::read(&json!({ "paths": {
            "/a": { "get": { "operationId": "look", "x-access": "viewer scoped" } },
            "/b": { "get": { "operationId": "begin", "x-access": "public" },
                    "post": { "operationId": "change", "x-access": "operator app" } },
            "/c": { "delete": { "operationId": "remove", "x-access": "operator whole step-up" } },
        }}));
        let caller = |role, apps: Option<Vec<_>>, stepped_up_until| Caller {
            who: Who::Token { id: "tok_1".into(), name: "robot".into() },
            role,
            apps,
            stepped_up_until,
        };
        let to = |caller| permitted.to(&caller).join(" ");
        assert_eq!(to(caller(Role::Viewer, None, 0)), "look begin");
        assert_eq!(to(caller(Role::Operator, None, 0)), "look begin change");
        assert_eq!(to(caller(Role::Owner, None, i64::MAX)), "look begin change remove");
        assert_eq!(to(caller(Role::Owner, Some(vec![]), i64::MAX)), "look begin change");
        let who = Who::User { id: "u".into(), name: "anna".into(), session_id: "s".into() };
        assert_eq!(
            to(Caller { who, ..caller(Role::Operator, None, 0) }),
            "look begin change remove"
        );
    }
}
