//! Step 2: with a configured list of hosts, others are refused with 100000000.

use http::request::Parts;
use tonegate_protocol::{Refusal, ReturnCode};

/// No list: any host will do, and none (HTTP/1.0) too.
pub(super) fn check(hosts: &[String], head: &Parts) -> Result<(), Refusal> {
    if hosts.is_empty() || hosts.iter().any(|host| host.eq_ignore_ascii_case(named(head))) {
        return Ok(());
    }
    Err(ReturnCode::HostInvalid.into())
}

/// The host that the request names, without its port.
fn named(head: &Parts) -> &str {
    let header = || head.headers.get("host").and_then(|host| host.to_str().ok());
    let host = head.uri.authority().map(|authority| authority.as_str()).or_else(header);
    let host = host.unwrap_or("");
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_host(header: &str) -> bool {
        let hosts = ["zim-api.example.com".to_owned(), "[::1]".to_owned()];
        let request = http::Request::builder().uri("/?a").header("host", header).body(());
        check(&hosts, &request.unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn the_name_counts_not_its_case_or_port() {
        for good in ["zim-api.example.com", "ZIM-API.example.com:8443", "[::1]", "[::1]:80"] {
            assert!(check_host(good), "{good}");
        }
        for bad in ["", "example.com", "zim-api.example.com.evil.org", "zim-api.example.com:8a"] {
            assert!(!check_host(bad), "{bad}");
        }
    }

    #[test]
    fn without_a_list_any_host_will_do() {
        let head = http::Request::builder().uri("/").body(()).unwrap().into_parts().0;
        assert!(check(&[], &head).is_ok());
        assert!(check(&["a".to_owned()], &head).is_err());
    }
}
