//! What those who run a server watch it with: metrics, dashboard, alerts, a collector.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;
use tonegate_telemetry::exposition::{self, Family, Kind};
use tonegate_testing::Collector;

use crate::relay::Place;
use crate::support::{House, Server, eventually, get};

/// What a server and a relay export once they have done a little of everything.
fn exported() -> Vec<Family> {
    let place = Place::new();
    place.issuer.fetch(&place.house, "7", &place.secret).code(0);
    let relay = place.house.relay("relay.toml");
    assert_eq!(place.ask(&relay, &place.api_key).0, 200);
    assert_eq!(place.ask(&relay, "rk_nobody").0, 401);
    let metrics =
        |server: &Server| exposition::read(&get(&format!("http://{}/metrics", server.admin)));
    let mut families = metrics(&place.issuer);
    families.extend(metrics(&relay));
    families
}

fn deployed(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(name)).unwrap()
}

/// Every `expr` of the dashboard.
fn dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&deployed("deploy/grafana/tonegate.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// Every `expr` of the alerts; each stands on a line.
fn alerts() -> Vec<String> {
    let files = ["deploy/grafana/alerts.yaml", "deploy/prometheus/cluster-alerts.yaml"];
    let rules = files.map(deployed).concat();
    let lines = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    lines.map(str::to_owned).collect()
}

/// Names of ours in an expression, each with the labels that it is selected by.
fn named(expression: &str) -> Vec<(&str, Vec<&str>)> {
    let starts = expression.match_indices("tonegate_").map(|(at, _)| &expression[at..]);
    let names = starts.map(|rest| {
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let matchers = selector.map_or("", |(matchers, _)| matchers).split(',');
        let label =
            |matcher: &'_ str| matcher.find(['=', '!']).map(|end| matcher[..end].trim().len());
        let labels = matchers.filter_map(|it| label(it).map(|length| &it.trim()[..length]));
        (name, labels.collect())
    });
    names.collect()
}

/// Brackets and quotes close in their order, and nothing is left open.
fn is_balanced(expression: &str) -> bool {
    let (mut open, mut quoted) = (Vec::new(), false);
    for letter in expression.chars() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(')'),
            '{' => open.push('}'),
            '[' => open.push(']'),
            ')' | '}' | ']' if open.pop() != Some(letter) => return false,
            _ => {}
        }
    }
    open.is_empty() && !quoted
}

#[test]
fn dashboard_and_alerts_name_what_is_exported_and_all_of_it() {
    let families = exported();
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for sample in families.iter().flat_map(|family| &family.samples) {
        let of_name = labels.entry(&sample.name).or_default();
        of_name.extend(sample.labels.iter().map(|(label, _)| label.as_str()));
    }
    let expressions = [dashboard(), alerts()];
    assert!(expressions.iter().all(|of_file| of_file.len() >= 15));
    let mut shown = BTreeSet::new();
    for expression in expressions.iter().flatten() {
        assert!(is_balanced(expression), "{expression}");
        for (name, selected) in named(expression) {
            let known = labels.get(name);
            let known = known.unwrap_or_else(|| panic!("nothing exports {name}: {expression}"));
            // Prometheus itself adds these two.
            let strange = selected
                .iter()
                .find(|it| !known.contains(*it) && !["job", "instance"].contains(it));
            assert_eq!(strange, None, "{name} has no such label: {expression}");
            shown.insert(name);
        }
    }
    let is_shown =
        |family: &&Family| family.samples.iter().any(|it| shown.contains(it.name.as_str()));
    let hidden: Vec<_> = families.iter().filter(|it| !is_shown(it)).map(|it| &it.name).collect();
    assert!(hidden.is_empty(), "in no panel and no alert: {hidden:?}");
}

#[test]
fn what_is_wrong_in_an_expression_is_seen() {
    let names = named("rate(tonegate_a_total{job=~\"x\", code!=\"0\"}[5m]) / tonegate_b > 1");
    assert_eq!(names, [("tonegate_a_total", vec!["job", "code"]), ("tonegate_b", vec![])]);
    for (expression, good) in [
        ("sum(a{b=\"(\"}[5m])", true),
        ("sum(a", false),
        ("a)", false),
        ("{[}]", false),
        ("\"", false),
    ] {
        assert_eq!(is_balanced(expression), good, "{expression}");
    }
}

/// Where Prometheus' own tool is installed, it has the last word.
#[test]
fn prometheus_takes_the_alerts() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/grafana/alerts.yaml");
    match Command::new("promtool").args(["check", "rules"]).arg(rules).output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(_) => println!("promtool is not installed (Debian: prometheus): not checked"),
    }
}

#[test]
fn the_page_lists_every_metric_as_it_is_exported() {
    let page = deployed("docs/OBSERVABILITY.md");
    let families = exported();
    let rows: BTreeSet<String> = families.iter().map(row).collect();
    let written: BTreeSet<String> =
        page.lines().filter(|line| line.starts_with("| `tonegate_")).map(str::to_owned).collect();
    let missing: Vec<_> = rows.difference(&written).map(String::as_str).collect();
    assert!(missing.is_empty(), "not in docs/OBSERVABILITY.md:\n{}", missing.join("\n"));
    let gone: Vec<_> = written.difference(&rows).map(String::as_str).collect();
    assert!(gone.is_empty(), "only in docs/OBSERVABILITY.md:\n{}", gone.join("\n"));
    let degraded = families.iter().find(|family| family.name == "tonegate_degraded").unwrap();
    for reason in degraded.samples.iter().map(|sample| &sample.labels[0].1) {
        assert!(page.contains(&format!("| `{reason}` |")), "{reason}");
    }
}

/// A metric's row of the page's table.
fn row(family: &Family) -> String {
    let Family { name, help, kind, samples } = family;
    let suffix = if *kind == Kind::Counter { "_total" } else { "" };
    let labels = samples.iter().flat_map(|sample| &sample.labels).map(|(name, _)| name.as_str());
    let labels: BTreeSet<&str> = labels.filter(|name| *name != "le").collect();
    let labels = match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.into_iter().collect::<Vec<_>>().join(",")),
    };
    let kind = format!("{kind:?}").to_lowercase();
    format!("| `{name}{suffix}{labels}` | {kind} | {help} |")
}

/// The configuration of a server or relay that sends to this collector.
fn sends_to(url: &str, more: &str) -> String {
    format!("\n[telemetry]\notlp_endpoint = '{url}'\n{more}")
}

fn json(bodies: &[String]) -> Vec<Value> {
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

/// Each name in what came to a collector.
fn names(bodies: &[String], resource: &str, scope: &str, things: &str) -> BTreeSet<String> {
    let names = json(bodies).into_iter().flat_map(|body| {
        let things = body[resource][0][scope][0][things].as_array().unwrap().clone();
        things.into_iter().map(|thing| thing["name"].as_str().unwrap().to_owned())
    });
    names.collect()
}

#[test]
fn a_collector_gets_traces_and_metrics_and_no_secret() {
    let collector = Collector::start();
    let house = House::new();
    let secret = house.app("5");
    let more = "trace_sample = 1\n[audit]\ncheckpoint_file = 'notes'\n[log]\nlevel = 'trace'\n";
    house.write("tonegate.toml", &sends_to(collector.url(), more));
    let server = house.serve(&[]);
    server.fetch(&house, "5", &secret).code(0);
    let query = "/?Action=CgiDescribeZIMAudioLicense&AppId=5&Nonce=marked-nonce";
    get(&format!("{}{query}", server.url()));
    let text = get(&format!("http://{}/metrics", server.admin));
    server.signal(Signal::TERM);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");

    let traces = collector.bodies("/v1/traces");
    let spans = names(&traces, "resourceSpans", "scopeSpans", "spans");
    for span in ["answer_license", "mint_license", "change_store", "publish_checkpoint"] {
        assert!(spans.contains(span), "{span}: {spans:?}");
        assert!(!log.contains(span), "spans are no lines of the log: {log}");
    }
    let metrics = collector.bodies("/v1/metrics");
    let sent = names(&metrics, "resourceMetrics", "scopeMetrics", "metrics");
    let shown: BTreeSet<_> = exposition::read(&text).into_iter().map(|it| it.name).collect();
    assert!(shown.len() > 20 && sent.is_superset(&shown), "{shown:?} {sent:?}");
    for hidden in [secret.as_str(), "marked-nonce", "Signature=", "127.0.0.0", "Karaoke"] {
        assert!(!(traces.concat() + &metrics.concat()).contains(hidden), "{hidden}");
    }
}

#[test]
fn a_relays_collector_gets_refreshes() {
    let collector = Collector::start();
    let place = Place::new();
    let config = std::fs::read_to_string(place.house.path("relay.toml")).unwrap();
    place.house.write("relay.toml", &(config + &sends_to(collector.url(), "")));
    let relay = place.house.relay("relay.toml");
    eventually(|| place.ask(&relay, &place.api_key).0, |status| *status == 200);
    relay.signal(Signal::TERM);
    assert_eq!(relay.ended().0, Some(0));
    let traces = collector.bodies("/v1/traces");
    let spans = names(&traces, "resourceSpans", "scopeSpans", "spans");
    assert_eq!(spans, ["refresh_license".to_owned()].into());
    let metrics = collector.bodies("/v1/metrics");
    let sent = names(&metrics, "resourceMetrics", "scopeMetrics", "metrics");
    assert!(sent.contains("tonegate_relay_licenses"), "{sent:?}");
    let all = traces.concat() + &metrics.concat();
    assert!(all.contains("tonegate-relay") && !all.contains(&place.secret));
    assert!(!all.contains(&place.api_key));
}

#[test]
fn a_collector_that_is_bad_harms_nothing() {
    let gone = "http://127.0.0.1:1".to_owned();
    let hanging = Collector::answering("");
    let refusing = Collector::answering("HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n");
    let babbling = Collector::answering("what?\r\n\r\n");
    let house = House::new();
    let secret = house.app("5");
    for url in [gone.as_str(), hanging.url(), refusing.url(), babbling.url()] {
        house.write("tonegate.toml", &sends_to(url, "trace_sample = 1\n"));
        let server = house.serve(&[]);
        server.fetch(&house, "5", &secret).code(0);
        server.signal(Signal::TERM);
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{url}: {log}");
        let lines = log.lines().filter(|line| line.contains("did not get out"));
        assert_eq!(lines.count(), 1, "{url}: {log}");
    }
}
