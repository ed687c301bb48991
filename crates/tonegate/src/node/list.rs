//! `tonegate node list`: which servers there are, and how each is doing.

use std::fmt;

use serde::Serialize;
use tonegate_server::node::{NodeView, Nodes};

use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::target::{Target, TargetArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: TargetArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let nodes = match self.target.open().await? {
            Target::Local(opened) => Nodes::of_store(&opened.store).await?,
            Target::Remote(remote) => remote.get("/nodes").await?,
        };
        output.show(&Shown(nodes))?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Nodes);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Nodes { nodes, .. }) = self;
        if nodes.is_empty() {
            return f.write_str("No server was heard of; `tonegate serve` starts one.");
        }
        let mut table = Table::headed(["NAME", "STATE", "SEEN", "RELEASE", "CHANGES", "ID"]);
        for node in nodes {
            table.row([
                output::bold(&node.name),
                state(node),
                seen(node),
                node.release.clone(),
                changes(node),
                output::dim(&node.id),
            ]);
        }
        table.fmt(f)
    }
}

fn state(node: &NodeView) -> String {
    match node {
        NodeView { alive: false, .. } => output::bad("not heard of"),
        NodeView { ready: false, .. } => output::bad("not ready"),
        NodeView { degraded, .. } if !degraded.is_empty() => output::bad(degraded.join(", ")),
        _ => output::good("good"),
    }
}

fn seen(node: &NodeView) -> String {
    match node.seen_secs_ago {
        0 => "now".to_owned(),
        secs @ ..120 => format!("{secs} s ago"),
        secs @ ..7_200 => format!("{} min ago", secs / 60),
        secs @ ..172_800 => format!("{} h ago", secs / 3_600),
        secs => format!("{} days ago", secs / 86_400),
    }
}

fn changes(node: &NodeView) -> String {
    match node.behind {
        0 => "all in force".to_owned(),
        behind => format!("{behind} to come"),
    }
}
