//! The operations of the served document.

use serde_json::Value;
use tonegate_server::model::Role;

use crate::support::Answer;

/// One operation, as the document has it.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    /// With `{parameters}`.
    pub(super) path: String,
    /// The words of `x-access`.
    pub(super) access: Vec<String>,
    /// The media type of its body.
    pub(super) media_type: Option<String>,
    pub(super) takes_if_match: bool,
    responses: Value,
}

/// Every one that the server has.
pub(super) fn all() -> Vec<Operation> {
    let document = tonegate_admin::openapi::document();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, operation)| Operation::read(method, path, operation))
    });
    operations.collect()
}

impl Operation {
    fn read(method: &str, path: &str, it: &Value) -> Self {
        let id = it["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}: no id"));
        let access = it["x-access"].as_str().unwrap_or_else(|| panic!("{id}: no x-access"));
        let content = it["requestBody"]["content"].as_object();
        let parameters = it["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            id: id.to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            access: access.split(' ').map(str::to_owned).collect(),
            media_type: content.and_then(|content| content.keys().next_back().cloned()),
            takes_if_match: parameters.iter().any(|it| it["name"] == "If-Match"),
            responses: it["responses"].clone(),
        }
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.access.iter().any(|known| known == word)
    }

    /// `None`: `public` or `session`.
    pub(super) fn least_role(&self) -> Option<Role> {
        self.access.iter().find_map(|word| word.parse().ok())
    }

    /// The code of a problem; `None`: it is none. `Err`: the document does not say that this is answered.
    pub(super) fn documented(&self, answer: &Answer) -> Result<Option<String>, String> {
        let response = &self.responses[answer.status.to_string()];
        if response.is_null() {
            return Err("the document does not list this status".into());
        }
        if answer.status < 400 {
            return Ok(None);
        }
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        let codes = response["x-codes"].as_array().map_or(&[][..], Vec::as_slice);
        if codes.iter().any(|known| *known == code.as_str()) {
            return Ok(Some(code));
        }
        Err(format!("the document does not list `{code}`"))
    }
}
