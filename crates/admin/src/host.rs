//! The names under which console and API are answered.
//!
//! Invariant: a web page whose own name was made to point here (DNS rebinding) gets nothing: its requests
//! carry that name. Addresses cannot be made to point elsewhere, nor does `localhost` leave the machine.

use std::net::{IpAddr, Ipv6Addr};

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Request, Response};
use tonegate_listener::{ResponseBody, uncached};

/// Is the request for `localhost`, an address, or one of these names?
pub(crate) fn is_ours<B>(request: &Request<B>, names: &[String]) -> bool {
    let target = request.uri().authority().cloned();
    let Some(authority) = target.or_else(|| authority(request.headers())) else { return false };
    let host = authority.host();
    let is_named = |name: &String| name.eq_ignore_ascii_case(host);
    !authority.as_str().contains('@')
        && (host.eq_ignore_ascii_case("localhost")
            || is_address(host)
            || names.iter().any(is_named))
}

/// What everybody else is told.
pub(crate) fn refusal() -> Response<ResponseBody> {
    let text = "this server does not answer under this name: open it by its address or as localhost, or \
                have whoever runs it add the name to admin.hosts in the configuration\n";
    uncached(421, "text/plain", text.to_owned())
}

/// `None`: there is no Host header, more than one, or not a host in it.
fn authority(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        _ => None,
    }
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(bare) => bare.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(hosts: &[&str]) -> bool {
        let mut request = Request::get("/");
        for host in hosts {
            request = request.header(HOST, *host);
        }
        is_ours(&request.body(()).unwrap(), &["admin.example.com".into()])
    }

    #[test]
    fn addresses_localhost_and_the_names_that_were_set_are_ours() {
        for host in [
            "localhost",
            "LOCALHOST:8081",
            "127.0.0.1:8081",
            "192.0.2.1",
            "[::1]:8081",
            "[2001:db8::1]",
            "admin.example.com",
            "Admin.Example.com:443",
        ] {
            assert!(ours(&[host]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "admin.example.com.evil.example",
            "x.admin.example.com",
            "a@localhost",
            "",
            "[evil]",
            "localhost evil.example",
        ] {
            assert!(!ours(&[host]), "{host}");
        }
        assert!(!ours(&[]) && !ours(&["localhost", "evil.example"]));
    }
}
