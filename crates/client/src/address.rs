//! Which addresses may be connected to, for URLs that somebody else wrote.
//!
//! Invariant: under [`AddressRule::PublicOnly`] no packet leaves for an address that is not public,
//! however the URL names it: a literal is judged before it is connected to, a name by what it
//! resolves to at that moment, so that a name that changes its mind between check and use gains
//! nothing.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressRule {
    /// Any.
    #[default]
    Any,
    /// Those of the public internet: not this machine, not its networks, not what a cloud tells its
    /// machines.
    PublicOnly,
}

/// An address that the rule does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {kind}")]
pub(crate) struct RefusedAddress {
    /// The address.
    pub(crate) address: IpAddr,
    /// What kind of address it is: `a loopback address`.
    pub(crate) kind: &'static str,
}

/// Resolves names to addresses that the rule allows.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    system: GaiResolver,
    rule: AddressRule,
}

/// Opens connections to addresses that the rule allows.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    http: HttpConnector<Resolver>,
    rule: AddressRule,
}

type Failure = Box<dyn StdError + Send + Sync>;
type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

impl AddressRule {
    /// `Err`: `address` must not be connected to.
    pub(crate) fn check(self, address: IpAddr) -> Result<(), RefusedAddress> {
        match (self, fault(address)) {
            (Self::PublicOnly, Some(kind)) => Err(RefusedAddress { address, kind }),
            _ => Ok(()),
        }
    }

    /// `Err`: the host is written as an address that must not be connected to.
    pub(crate) fn check_literal(self, uri: &Uri) -> Result<(), RefusedAddress> {
        let host = uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        bare.parse().map_or(Ok(()), |address| self.check(address))
    }

    /// Those that may be connected to. `Err`: there are only others.
    fn filter(
        self,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<vec::IntoIter<SocketAddr>, RefusedAddress> {
        let (mut allowed, mut refused) = (Vec::new(), None);
        for address in found {
            match self.check(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(fault) => refused = refused.or(Some(fault)),
            }
        }
        match refused {
            Some(fault) if allowed.is_empty() => Err(fault),
            _ => Ok(allowed.into_iter()),
        }
    }
}

impl Resolver {
    pub(crate) fn new(rule: AddressRule) -> Self {
        Self { system: GaiResolver::new(), rule }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Failure;
    type Future = Pending<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Service::poll_ready(&mut self.system, context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, rule) = (self.system.call(name), self.rule);
        Box::pin(async move { Ok(rule.filter(found.await?)?) })
    }
}

impl Connector {
    /// `http` comes with a [`Resolver`] of the same rule.
    pub(crate) fn new(http: HttpConnector<Resolver>, rule: AddressRule) -> Self {
        Self { http, rule }
    }
}

impl Service<Uri> for Connector {
    type Response = <HttpConnector<Resolver> as Service<Uri>>::Response;
    type Error = Failure;
    type Future = Pending<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // A literal never comes before the resolver.
        if let Err(refused) = self.rule.check_literal(&uri) {
            return Box::pin(async move { Err(refused.into()) });
        }
        let connecting = self.http.call(uri);
        Box::pin(async move { Ok(connecting.await?) })
    }
}

/// Why the address is not public; `None`: it is. Source: the special-purpose registries of IANA
/// (RFC 6890), and what clouds serve to their machines.
fn fault(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => fault_v4(address),
        IpAddr::V6(address) => fault_v6(address),
    }
}

fn fault_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        // AWS and most others; ECS; Alibaba; Oracle; Azure, whose address looks public.
        [169, 254, 169 | 170, _] | [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => {
            Some("a cloud's metadata address")
        }
        [0, ..] => Some("an unspecified address"),
        [127, ..] => Some("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private address"),
        [169, 254, ..] => Some("a link-local address"),
        [100, 64..=127, ..] => Some("a carrier's private address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("a documentation address"),
        [224..=239, ..] => Some("a multicast address"),
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [240..=255, ..] => {
            Some("a reserved address")
        }
        _ => None,
    }
}

fn fault_v6(address: Ipv6Addr) -> Option<&'static str> {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        fault_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        // Mapped, NAT64 and 6to4: the packet ends up at the IPv4 address within.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
            Some("a cloud's metadata address")
        }
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("a documentation address"),
        // Protocol assignments, Teredo among them, which hides an IPv4 address.
        [0x2001, 0..=0x1ff, ..] => Some("a reserved address"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_told_by_kind() {
        for (addresses, kind) in [
            ("0.0.0.0 0.1.2.3 :: ::ffff:0.0.0.0", "an unspecified address"),
            (
                "127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::",
                "a loopback address",
            ),
            (
                "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255",
                "a private address",
            ),
            (
                "::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1 2002:c0a8:101:1::2",
                "a private address",
            ),
            ("fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fd00::1", "a private address"),
            (
                "169.254.0.1 169.254.255.255 fe80::1 febf::1 ::ffff:169.254.1.1",
                "a link-local address",
            ),
            ("100.64.0.0 100.127.255.255 ::ffff:100.64.0.1", "a carrier's private address"),
            (
                "169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16",
                "a cloud's metadata address",
            ),
            (
                "fd00:ec2::254 fd20:ce::254 ::ffff:169.254.169.254 2002:a9fe:a9fe::",
                "a cloud's metadata address",
            ),
            (
                "192.0.2.1 198.51.100.7 203.0.113.255 2001:db8::1 3fff:fff::1",
                "a documentation address",
            ),
            ("224.0.0.1 239.255.255.255 ff00:: ff02::1 ::ffff:224.0.0.1", "a multicast address"),
            (
                "192.0.0.1 192.88.99.1 198.18.0.1 198.19.255.255 240.0.0.1 255.255.255.255",
                "a reserved address",
            ),
            (
                "::2 ::7f00:1 100::1 64:ff9b:1::1 2001::1 2001:1ff::1 5f00::1 fec0::1",
                "a reserved address",
            ),
        ] {
            for address in addresses.split(' ') {
                let parsed = address.parse().unwrap();
                assert_eq!(fault(parsed), Some(kind), "{address}");
                assert!(AddressRule::Any.check(parsed).is_ok());
            }
        }
    }

    #[test]
    fn what_is_public_may_be_connected_to() {
        for address in "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 \
             128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 \
             192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 \
             2606:4700::1111 2001:200::1 2001:4860:4860::8888 2a00:1450::1 3fff:1000::1 \
             ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1"
            .split_whitespace()
        {
            assert_eq!(
                AddressRule::PublicOnly.check(address.parse().unwrap()),
                Ok(()),
                "{address}"
            );
        }
    }

    #[test]
    fn a_name_with_addresses_of_both_kinds_leads_only_to_the_public_ones() {
        let found = |text: &str| {
            let addresses: Vec<SocketAddr> = text
                .split(' ')
                .map(|address| SocketAddr::new(address.parse().unwrap(), 0))
                .collect();
            AddressRule::PublicOnly.filter(addresses.into_iter())
        };
        let both: Vec<_> = found("127.0.0.1 1.1.1.1 ::1").unwrap().collect();
        assert_eq!(both, ["1.1.1.1:0".parse().unwrap()]);
        assert_eq!(found("10.0.0.1 ::1").unwrap_err().to_string(), "10.0.0.1 is a private address");
    }
}
