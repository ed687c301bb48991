//! The served document names what there is.

use std::collections::HashSet;

use tonegate_admin::openapi::document;

#[test]
fn every_operation_says_who_may_call_it_and_names_known_problems_only() {
    let document = document();
    let known = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    let known: HashSet<_> = known.as_array().unwrap().iter().collect();
    let mut names = HashSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            assert!(operation["x-access"].is_string(), "{path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{path}");
            let problems = operation["x-problems"].as_array().into_iter().flatten();
            let unknown: Vec<_> = problems.filter(|name| !known.contains(name)).collect();
            assert!(unknown.is_empty(), "{path}: {unknown:?}");
        }
    }
}

#[test]
fn words_stand_as_they_are_sent() {
    let document = document();
    for (name, word) in [("AppStatus", "suspended"), ("Environment", "test"), ("Role", "owner")] {
        let words = document["components"]["schemas"][name]["enum"].as_array().unwrap();
        assert!(words.iter().any(|known| known == word), "{name}: {words:?}");
    }
    let list = document["paths"]["/apps"]["get"]["parameters"].as_array().unwrap();
    let status = list.iter().find(|parameter| parameter["name"] == "status").unwrap();
    assert_eq!(status["schema"]["enum"], serde_json::json!(["active", "suspended"]));
}
