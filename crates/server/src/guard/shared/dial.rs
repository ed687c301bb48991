//! Connections: to one server, to the primary that Sentinels name, to every primary of a Cluster.
//!
//! Invariant: nothing here waits longer than [`SHARED_GUARD_DIAL`](crate::limits::SHARED_GUARD_DIAL) for one server, but for the system's
//! resolver; it is the keeper's thread alone that dials.

use redis::{ConnectionAddr, ConnectionInfo, Value, cmd};

use super::fault::Fault;
use super::line::Line;
use super::script::{ADMIT, Names, PUSH};
use super::settings::Settings;
use super::slots::Slots;
use super::wire::Wire;
use crate::config::Topology;

impl Settings {
    /// A line whose servers have the scripts and take writes in time.
    pub(super) fn dial(&self, names: &Names) -> Result<Line, Fault> {
        let (nodes, slots) = match self.topology {
            Topology::Single => (vec![self.first(|server| self.connect(server))?], None),
            Topology::Sentinel => (vec![self.first(|sentinel| self.primary(sentinel))?], None),
            Topology::Cluster => {
                let slots = self.first(|server| self.slots(server))?;
                let primaries = slots.primaries.iter();
                let nodes = primaries.map(|(host, port)| self.connect(&self.at(host, *port)));
                (nodes.collect::<Result<_, _>>()?, Some(slots))
            }
        };
        let mut line = Line::new(nodes, slots);
        for node in line.nodes_mut() {
            for script in [&ADMIT, &PUSH] {
                node.ask(cmd("SCRIPT").arg("LOAD").arg(script.text))?;
            }
        }
        line.probe(names, self.timeout)?;
        Ok(line)
    }

    /// What the first server gives that is there; otherwise what the last one failed with.
    fn first<T>(&self, get: impl Fn(&ConnectionInfo) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut got = Err(Fault::Refused("no server is configured".to_owned()));
        for server in &self.servers {
            got = get(server);
            if got.is_ok() {
                break;
            }
        }
        got
    }

    /// A connection to the primary that this sentinel names. One that no longer is one is no primary: the
    /// sentinel has not heard yet.
    fn primary(&self, sentinel: &ConnectionInfo) -> Result<Wire, Fault> {
        // Sentinels mostly have no password, also where the servers have one.
        let bare = redis::RedisConnectionInfo::default().set_skip_set_lib_name();
        let bare = sentinel.clone().set_redis_settings(bare);
        let named = self.named(&bare).or_else(|fault| match fault.wants_password() {
            true => self.named(sentinel),
            false => Err(fault),
        })?;
        let mut primary = self.connect(&self.at(&named.0, named.1))?;
        match primary.ask(&cmd("ROLE"))? {
            Value::Array(role) if role.first() == Some(&Value::BulkString(b"master".into())) => {
                Ok(primary)
            }
            _ => Err(Fault::Refused(format!("{}:{} is no primary any more", named.0, named.1))),
        }
    }

    fn named(&self, sentinel: &ConnectionInfo) -> Result<(String, u16), Fault> {
        let master = &self.sentinel_master;
        let question = &mut cmd("SENTINEL");
        let question = question.arg("get-master-addr-by-name").arg(master);
        let answer = self.connect(sentinel)?.ask(question)?;
        let named: Option<(String, u16)> = redis::from_redis_value(answer).ok();
        named.ok_or_else(|| {
            Fault::Refused(format!("{} knows no primary named {master:?}", sentinel.addr()))
        })
    }

    fn slots(&self, server: &ConnectionInfo) -> Result<Slots, Fault> {
        let answer = self.connect(server)?.ask(cmd("CLUSTER").arg("SLOTS"))?;
        let asked = match server.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
            _ => "localhost",
        };
        Slots::read(&answer, asked).ok_or_else(|| {
            Fault::Refused(format!("{}: a slot of the Cluster is nobody's", server.addr()))
        })
    }

    fn connect(&self, server: &ConnectionInfo) -> Result<Wire, Fault> {
        Wire::connect(server, self.tls.as_ref()).map_err(|fault| match fault {
            Fault::TimedOut => Fault::TimedOut,
            Fault::Closed(why) => Fault::Closed(format!("{}: {why}", server.addr())),
            Fault::Refused(why) => Fault::Refused(format!("{}: {why}", server.addr())),
        })
    }

    /// A server that another one has named.
    fn at(&self, host: &str, port: u16) -> ConnectionInfo {
        let host = host.to_owned();
        let addr = match self.template.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, port),
        };
        self.template.clone().set_addr(addr)
    }
}
