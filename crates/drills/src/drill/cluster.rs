//! Three nodes behind HAProxy, on PostgreSQL and Valkey, as an installation that outgrew one machine has
//! them. A `tonegate` that knows neither is put on copies of one SQLite installation, and the drill says so.

use tokio::process::Command;

use super::database::Database;
use super::valkey::Guard;
use crate::findings::Findings;
use crate::haproxy::HaProxy;
use crate::house::House;
use crate::load::Plan;
use crate::node::Node;
use crate::process;
use crate::stage::Stage;

/// How many nodes there are.
pub(super) const NODES: usize = 3;
/// How many apps ask.
const APPS: u32 = 4;

/// What a drill wants of its installation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// Requests a second that each app may send.
    pub(super) rate: u32,
    /// A synchronous standby of the database?
    pub(super) standby: bool,
    /// Valkey behind a Sentinel? Its addresses are loopback's, so the nodes are there too.
    pub(super) sentinel: bool,
}

/// The installation.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) house: House,
    pub(super) nodes: Vec<Node>,
    pub(super) proxy: HaProxy,
    /// `None`: copies of one SQLite installation.
    pub(super) database: Option<Database>,
    /// `None`: each node guards alone.
    pub(super) guard: Option<Guard>,
}

impl Cluster {
    /// Starts it.
    pub(super) async fn open(stage: &Stage, wanted: Wanted) -> anyhow::Result<Self> {
        let knows = known(stage).await?;
        let mut variables = Vec::new();
        let database = match knows.contains("database_url = ") {
            true => Some(Database::open(stage, wanted.standby).await?),
            false => None,
        };
        if let Some(database) = &database {
            variables.push(("DATABASE_URL".to_owned(), database.url.clone()));
        }
        let guard = match knows.contains("[shared_guard]") {
            true => Some(Guard::open(stage, wanted.sentinel).await?),
            false => None,
        };
        if let Some(guard) = &guard {
            variables.extend(guard.variables());
        }
        let house = House::make(stage, &variables, APPS, wanted.rate).await?;
        let mut nodes = Vec::new();
        for number in 0..NODES {
            let name = format!("n{number}");
            let place = match wanted.sentinel {
                true => stage.network.place_on_loopback()?,
                false => stage.network.place().await?,
            };
            nodes.push(match database {
                Some(_) => Node::joining(stage, &house, &name, place).await?,
                None => Node::copied(stage, &house, &name, place).await?,
            });
        }
        for node in &mut nodes {
            node.start().await?;
        }
        let proxy = HaProxy::before(stage, &nodes).await?;
        Ok(Self { house, nodes, proxy, database, guard })
    }

    /// Says what it consists of.
    pub(super) fn tell(&self, findings: &mut Findings) {
        let database = match &self.database {
            Some(database) => database.kind(),
            None => {
                "copies of one SQLite installation, because this tonegate knows no `data.database_url`"
            }
        };
        let guard = match &self.guard {
            Some(guard) => guard.kind(),
            None => {
                "a replay guard of each node's own, because this tonegate knows no `[shared_guard]`"
            }
        };
        findings.note(format!("{NODES} nodes behind HAProxy; {database}; {guard}"));
    }

    /// All requests through the proxy.
    pub(super) fn plan(&self, rate: u32) -> Plan {
        Plan::one("proxy", self.proxy.gateway, rate)
    }
}

/// The configuration keys of this `tonegate`.
async fn known(stage: &Stage) -> anyhow::Result<String> {
    let mut command = Command::new(&stage.server);
    command.args(["serve", "--print-config"]);
    process::output(command).await
}
