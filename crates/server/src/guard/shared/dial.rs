//! Connections: to one server, to the primary that Sentinels name, to every primary of a Cluster.
//!
//! Invariant: nothing here waits longer than [`SHARED_GUARD_DIAL`] for one server, but for the system's
//! resolver; it is the keeper's thread alone that dials.

use std::time::Duration;

use redis::{Client, Connection, ConnectionAddr, ConnectionInfo, Value, cmd};

use super::fault::Fault;
use super::line::Line;
use super::script::{ADMIT, Names, PUSH};
use super::settings::Settings;
use super::slots::Slots;
use crate::config::Topology;
use crate::limits::SHARED_GUARD_DIAL;

impl Settings {
    /// A line whose servers have the scripts and take writes in time.
    pub(super) fn dial(&self, names: &Names) -> Result<Line, Fault> {
        let (nodes, slots) = match self.topology {
            Topology::Single => (vec![self.first(connect)?], None),
            Topology::Sentinel => (vec![self.first(|sentinel| self.primary(sentinel))?], None),
            Topology::Cluster => {
                let slots = self.first(slots)?;
                let primaries = slots.primaries.iter();
                let nodes = primaries.map(|(host, port)| connect(&self.at(host, *port)));
                (nodes.collect::<Result<_, _>>()?, Some(slots))
            }
        };
        let mut line = Line::new(nodes, slots);
        for node in line.nodes_mut() {
            for script in [&ADMIT, &PUSH] {
                ask(node, cmd("SCRIPT").arg("LOAD").arg(script.text))?;
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
    fn primary(&self, sentinel: &ConnectionInfo) -> Result<Connection, Fault> {
        // Sentinels mostly have no password, also where the servers have one.
        let bare = redis::RedisConnectionInfo::default().set_skip_set_lib_name();
        let bare = sentinel.clone().set_redis_settings(bare);
        let named = named(&bare, &self.sentinel_master)
            .or_else(|_| named(sentinel, &self.sentinel_master))?;
        let mut primary = connect(&self.at(&named.0, named.1))?;
        match ask(&mut primary, &cmd("ROLE"))? {
            Value::Array(role) if role.first() == Some(&Value::BulkString(b"master".into())) => {
                Ok(primary)
            }
            _ => Err(Fault::Refused(format!("{}:{} is no primary any more", named.0, named.1))),
        }
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

fn connect(server: &ConnectionInfo) -> Result<Connection, Fault> {
    let failed = |error: redis::RedisError| match Fault::of(&error) {
        Fault::TimedOut => Fault::TimedOut,
        Fault::Closed(why) => Fault::Closed(format!("{}: {why}", server.addr())),
        Fault::Refused(why) => Fault::Refused(format!("{}: {why}", server.addr())),
    };
    let client = Client::open(server.clone()).map_err(failed)?;
    let connection = client.get_connection_with_timeout(SHARED_GUARD_DIAL).map_err(failed)?;
    set_timeouts(&connection, SHARED_GUARD_DIAL)?;
    Ok(connection)
}

pub(super) fn set_timeouts(connection: &Connection, timeout: Duration) -> Result<(), Fault> {
    let set = connection.set_write_timeout(Some(timeout));
    set.and_then(|()| connection.set_read_timeout(Some(timeout))).map_err(|it| Fault::of(&it))
}

fn named(sentinel: &ConnectionInfo, master: &str) -> Result<(String, u16), Fault> {
    let mut connection = connect(sentinel)?;
    let answer = ask(&mut connection, cmd("SENTINEL").arg("get-master-addr-by-name").arg(master))?;
    let named: Option<(String, u16)> = redis::from_redis_value(answer).ok();
    named.ok_or_else(|| {
        Fault::Refused(format!("{} knows no primary named {master:?}", sentinel.addr()))
    })
}

fn slots(server: &ConnectionInfo) -> Result<Slots, Fault> {
    let mut connection = connect(server)?;
    let answer = ask(&mut connection, cmd("CLUSTER").arg("SLOTS"))?;
    let asked = match server.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
        _ => "localhost",
    };
    Slots::read(&answer, asked).ok_or_else(|| {
        Fault::Refused(format!("{}: a slot of the Cluster is nobody's", server.addr()))
    })
}

fn ask(connection: &mut Connection, command: &redis::Cmd) -> Result<Value, Fault> {
    command.query(connection).map_err(|error| Fault::of(&error))
}
