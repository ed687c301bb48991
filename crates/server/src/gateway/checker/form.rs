//! Causes that show in the URL itself, whoever signed it.

use tonegate_protocol::limits::WINDOW_SECS;
use tonegate_protocol::{ACTION, SIGNATURE_VERSION, query};

use super::Cause;
use super::sent::Sent;
use crate::gateway::host;
use crate::inspect::Span;
use crate::service::Service;

const NAMES: [&str; 6] =
    ["Action", "AppId", "SignatureNonce", "Timestamp", "SignatureVersion", "Signature"];

/// Everything that is to be said of the URL's form.
pub(super) fn causes(service: &Service, sent: &Sent, now: i64) -> Vec<Cause> {
    let place = [wrapped(sent), path(sent), fragment(sent), wrong_host(service, sent)];
    let names = [html(sent), missing(sent), doubled(sent), encoded_twice(sent)];
    let values = [action(sent), version(sent), timestamp(sent, now), signature(sent)];
    place.into_iter().chain(names).chain(values).flatten().collect()
}

fn wrapped(sent: &Sent) -> Option<Cause> {
    sent.wrapped.then(|| {
        let detail = "there were blanks, quotes or other text around the URL; they were passed over \
                      here, and would not be by an HTTP library";
        Cause::new("text_around", "More than the URL was pasted", detail)
    })
}

fn path(sent: &Sent) -> Option<Cause> {
    (sent.path != "/").then(|| {
        let detail = format!("ask `/?…`, not `{}`", sent.path);
        Cause::new("wrong_path", "The path is not the licence API's", detail)
    })
}

fn fragment(sent: &Sent) -> Option<Cause> {
    let fragment = sent.fragment.as_ref().filter(|fragment| fragment.contains('='))?;
    let detail = format!(
        "what stands behind `#` is never sent ({} characters); write `#` in a value as %23",
        fragment.chars().count()
    );
    Some(Cause::new("fragment", "Parameters stand behind a `#`", detail))
}

fn wrong_host(service: &Service, sent: &Sent) -> Option<Cause> {
    let known = &service.config.gateway.hosts;
    if sent.host.is_empty() || host::check(known, &sent.host).is_ok() {
        return None;
    }
    let detail = format!("this issuer answers for {}, not for `{}`", known.join(", "), sent.host);
    Some(Cause::new("wrong_host", "The host is not this issuer's", detail))
}

fn html(sent: &Sent) -> Option<Cause> {
    let escaped = ["&amp;", "\\u0026"].into_iter().find(|it| sent.query.contains(it))?;
    let detail =
        format!("write a plain `&` instead of `{escaped}`: the URL was copied from HTML or JSON");
    Some(Cause::new("escaped_separators", "The `&` between parameters are escaped", detail))
}

/// Absent parameters, and what may be meant by others.
fn missing(sent: &Sent) -> Option<Cause> {
    let missing: Vec<_> =
        NAMES.into_iter().filter(|name| sent.raw(name).next().is_none()).collect();
    if missing.is_empty() {
        return None;
    }
    let similar = query::pairs(&sent.query).filter_map(|(raw, _)| {
        let sent = query::decode(raw).ok()?;
        missing
            .iter()
            .find(|name| is_similar(&sent, name))
            .map(|name| format!("`{sent}` is {name}"))
    });
    let similar: Vec<_> = similar.take(NAMES.len()).collect();
    let list = missing.join(", ");
    Some(match similar.is_empty() {
        true => Cause::new("missing_parameter", "A parameter is missing", format!("send {list}")),
        false => {
            let detail =
                format!("names are as published, in this spelling: {}", similar.join(", "));
            Cause::new("misnamed_parameter", "A parameter has another name", detail)
        }
    })
}

fn is_similar(sent: &str, name: &str) -> bool {
    let plain = |text: &str| text.replace(['_', '-'], "").to_ascii_lowercase();
    let (sent, name) = (plain(sent), plain(name));
    sent == name || matches!((&*sent, &*name), ("nonce", "signaturenonce") | ("sign", "signature"))
}

fn doubled(sent: &Sent) -> Option<Cause> {
    let doubled: Vec<_> =
        NAMES.into_iter().filter(|name| sent.raw(name).nth(1).is_some()).collect();
    let detail = || format!("send {} once", doubled.join(", "));
    (!doubled.is_empty())
        .then(|| Cause::new("doubled_parameter", "A parameter is there twice", detail()))
}

/// A value whose escapes are still there after decoding.
fn encoded_twice(sent: &Sent) -> Option<Cause> {
    let twice = NAMES.into_iter().find(|name| {
        let value = sent.value(name).filter(|_| sent.raw(name).any(|raw| raw.contains("%25")));
        value.is_some_and(|value| query::decode(&value).is_ok_and(|again| again != value))
    })?;
    let detail =
        format!("{twice} holds `%25`: it was percent-encoded and then encoded again; do it once");
    Some(Cause::new("encoded_twice", "A parameter was percent-encoded twice", detail))
}

fn action(sent: &Sent) -> Option<Cause> {
    let action = sent.value("Action").filter(|action| !action.is_empty() && action != ACTION)?;
    let detail = match action.eq_ignore_ascii_case(ACTION) || action.trim() == ACTION {
        true => format!("it is `{ACTION}` in exactly this spelling"),
        false => format!("it is `{ACTION}`; `{action}` belongs to another API"),
    };
    Some(Cause::new("wrong_action", "The Action is another one", detail))
}

fn version(sent: &Sent) -> Option<Cause> {
    let version = sent.value("SignatureVersion")?;
    if version.is_empty() || version == SIGNATURE_VERSION {
        return None;
    }
    let detail =
        format!("send SignatureVersion=2.0, and sign as version 2.0 does; `{version}` was sent");
    Some(Cause::new("signature_version", "The SignatureVersion is another one", detail))
}

fn timestamp(sent: &Sent, now: i64) -> Option<Cause> {
    let text = sent.value("Timestamp").filter(|text| !text.is_empty())?;
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(sent_at) = text.parse::<i64>().ok().filter(|_| plain) else {
        return Some(form(&text));
    };
    let near = |time: i64| now.abs_diff(time) <= 50 * 365 * 86_400;
    for (unit, size) in
        [("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000)]
    {
        if !near(sent_at) && near(sent_at / size) {
            let detail = format!("it is in {unit}; send Unix seconds, and sign over those");
            return Some(Cause::new("timestamp_unit", "The Timestamp is not in seconds", detail));
        }
    }
    let off = now.saturating_sub(sent_at);
    if off.unsigned_abs() <= WINDOW_SECS.unsigned_abs() {
        return None;
    }
    let detail = |side| {
        format!(
            "it is {} {side} the issuer's time (Unix {now}); the backend's clock is wrong, or the URL was \
             kept for too long: sign a new one for each request",
            Span(off.saturating_abs())
        )
    };
    Some(match off > 0 {
        true => Cause::new("clock_behind", "The Timestamp is too old", detail("behind")),
        false => Cause::new("clock_ahead", "The Timestamp lies in the future", detail("ahead of")),
    })
}

fn signature(sent: &Sent) -> Option<Cause> {
    let text = sent.value("Signature").filter(|text| !text.is_empty())?;
    if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let detail = format!(
        "it has {} characters; MD5 in lower-case hex is 32 characters of 0-9 and a-f",
        text.chars().count()
    );
    Some(Cause::new("signature_form", "The Signature is no MD5 in hex", detail))
}

fn form(text: &str) -> Cause {
    let quoted = text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']);
    let what = if quoted {
        "it stands in quotes"
    } else if text.parse::<f64>().is_ok() && text.contains(['.', 'e', 'E']) {
        "it is a number with a fraction or exponent"
    } else if text.trim() != text {
        "there are blanks around it"
    } else {
        "it is no Unix time"
    };
    let detail = format!("{what}; send whole Unix seconds as plain digits, and sign over those");
    Cause::new("timestamp_form", "The Timestamp is not plain digits", detail)
}
