//! Step 2: with a configured list of hosts, others are refused with 100000000.

use tonegate_protocol::{Refusal, ReturnCode};

/// `host`: as the request names it. No list: any host will do, and none (HTTP/1.0) too.
pub(super) fn check(hosts: &[String], host: &str) -> Result<(), Refusal> {
    if hosts.is_empty() || hosts.iter().any(|known| known.eq_ignore_ascii_case(name(host))) {
        return Ok(());
    }
    Err(ReturnCode::HostInvalid.into())
}

/// Without its port.
fn name(host: &str) -> &str {
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
        check(&hosts, header).is_ok()
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
        assert!(check(&[], "").is_ok());
        assert!(check(&["a".to_owned()], "").is_err());
    }
}
