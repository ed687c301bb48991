//! Who is really calling, behind proxies (docs/PROTOCOL.md §5, "Client address").
//!
//! Invariant: a header is believed only when the party that handed it to us is a trusted proxy.
//! Without trusted proxies, the default, nothing a client sends can move its address.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

pub(crate) const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The networks whose word about the client is taken.
pub(crate) struct TrustedProxies(pub(crate) Vec<IpNet>);

impl TrustedProxies {
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request that `hop` handed to us: the rightmost `X-Forwarded-For` entry that
    /// is not itself a trusted proxy. Reading stops at what is no address; the last good hop then
    /// stands for the client.
    ///
    /// `lines`: the values of its `X-Forwarded-For` headers, in their order.
    pub(crate) fn client<'h>(
        &self,
        hop: IpAddr,
        lines: impl DoubleEndedIterator<Item = &'h [u8]>,
    ) -> IpAddr {
        let mut client = hop;
        if !self.contains(client) {
            return client;
        }
        for entry in forwarded_for(lines) {
            let Some(address) = entry.and_then(address_of) else { return client };
            client = address;
            if !self.contains(client) {
                return client;
            }
        }
        client
    }
}

/// Entries of all `X-Forwarded-For` lines, last first; `None` for a line that is not text.
fn forwarded_for<'h>(
    lines: impl DoubleEndedIterator<Item = &'h [u8]>,
) -> impl Iterator<Item = Option<&'h str>> {
    lines.rev().flat_map(|line| {
        let text = str::from_utf8(line).ok();
        text.unwrap_or_default().rsplit(',').map(move |entry| text.map(|_| entry.trim()))
    })
}

/// `192.0.2.1`, `2001:db8::1`, and the forms with a port that some proxies write.
fn address_of(entry: &str) -> Option<IpAddr> {
    let bracketed =
        entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address =
        bracketed.parse().or_else(|_| entry.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(hop: &str, lines: &[&str]) -> String {
        let trusted =
            TrustedProxies(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let lines = lines.iter().map(|line| line.as_bytes());
        trusted.client(hop.parse().unwrap(), lines).to_string()
    }

    #[test]
    fn an_untrusted_hop_is_the_client_whatever_it_claims() {
        assert_eq!(client("192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
    }

    #[test]
    fn the_rightmost_untrusted_entry_is_the_client() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            client("10.0.0.1", &["203.0.113.5, 198.51.100.1, 10.9.9.9 ,fd00::7"]),
            "198.51.100.1"
        );
        assert_eq!(client("10.0.0.1", &["203.0.113.5", "198.51.100.1,10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["10.1.1.1, 10.2.2.2"]), "10.1.1.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn garbage_ends_the_walk_at_the_last_good_hop() {
        for garbage in ["", "unknown", "_hidden", "198.51.100.1 198.51.100.2", "1.2.3", "é"] {
            assert_eq!(client("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage:?}");
        }
        assert_eq!(client("10.0.0.1", &["198.51.100.1, nonsense, 10.3.3.3"]), "10.3.3.3");
    }
}
