//! From a token's claim to the apps it is for.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use tonegate_client::AppId;

use crate::auth::config::JwtProvider;
use crate::auth::principal::Apps;
use crate::auth::refused::Refused;

/// How a provider's tokens name their apps.
#[derive(Debug)]
pub(super) enum AppRule {
    /// They do not: each is for every app.
    All,
    /// A claim does; a value that means no app is passed over.
    Claim { name: String, apps: BTreeMap<String, AppId> },
}

impl AppRule {
    pub(super) fn new(config: &JwtProvider) -> Self {
        match &config.app_claim {
            None => Self::All,
            Some(name) => Self::Claim { name: name.clone(), apps: config.apps.clone() },
        }
    }

    /// `Err(NoApp)`: the claim is missing or names none.
    pub(super) fn apps(&self, claims: &Map<String, Value>) -> Result<Apps, Refused> {
        let Self::Claim { name, apps } = self else {
            return Ok(Apps::All);
        };
        let values = match claims.get(name) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        match values.iter().filter_map(|value| app(value, apps)).collect::<Vec<_>>() {
            found if found.is_empty() => Err(Refused::NoApp),
            found => Ok(Apps::list(found)),
        }
    }
}

/// With a map, only what it names; without one, an integer is the AppId.
fn app(value: &Value, apps: &BTreeMap<String, AppId>) -> Option<AppId> {
    match value {
        Value::String(text) => apps.get(text).copied(),
        Value::Number(number) if apps.is_empty() => app_id(number),
        Value::Number(number) => apps.get(&number.to_string()).copied(),
        _ => None,
    }
}

fn app_id(number: &Number) -> Option<AppId> {
    number.as_u64().and_then(|number| u32::try_from(number).ok()).map(AppId)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn apps(map: &[(&str, u32)], claim: Value) -> Result<Apps, Refused> {
        let apps = map.iter().map(|(name, app)| ((*name).to_owned(), AppId(*app))).collect();
        let rule = AppRule::Claim { name: "app".into(), apps };
        rule.apps(json!({ "app": claim }).as_object().unwrap())
    }

    fn list(apps: &[u32]) -> Result<Apps, Refused> {
        Ok(Apps::list(apps.iter().copied().map(AppId).collect()))
    }

    #[test]
    fn a_map_says_which_apps_a_value_means_and_an_array_means_several() {
        let map = [("web", 7), ("tv", 9), ("12", 3)];
        assert_eq!(apps(&map, json!("web")), list(&[7]));
        assert_eq!(apps(&map, json!(["tv", "radio", "web", "tv"])), list(&[7, 9]));
        assert_eq!(apps(&map, json!([12, "web"])), list(&[3, 7]));
    }

    #[test]
    fn without_a_map_an_integer_is_the_app() {
        assert_eq!(apps(&[], json!(12345)), list(&[12345]));
        assert_eq!(apps(&[], json!([2, 1])), list(&[1, 2]));
    }

    #[test]
    fn a_claim_that_names_no_app_is_no_right_to_any() {
        let map = [("web", 7)];
        for claim in [json!("radio"), json!(7), json!([]), json!(null), json!({"web": 7})] {
            assert_eq!(apps(&map, claim), Err(Refused::NoApp));
        }
        for claim in [json!("7"), json!(-1), json!(1.5), json!(4_294_967_296_u64), json!(true)] {
            assert_eq!(apps(&[], claim), Err(Refused::NoApp));
        }
        let rule = AppRule::Claim { name: "other".into(), apps: BTreeMap::new() };
        assert_eq!(rule.apps(json!({"app": 7}).as_object().unwrap()), Err(Refused::NoApp));
    }

    #[test]
    fn without_a_claim_every_app() {
        assert_eq!(AppRule::All.apps(&Map::new()), Ok(Apps::All));
    }
}
