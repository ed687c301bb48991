//! The tables, and docs/CAPACITY.md around them.

use std::fmt::Write as _;

use crate::assumptions::Assumptions;
use crate::measured::Measured;
use crate::needs::{Issuer, Needs};
use crate::rules;

/// docs/CAPACITY.md.
pub(crate) fn whole(needs: &[Needs], assumptions: &Assumptions, measured: &Measured) -> String {
    include_str!("page.md")
        .replace("{tables}", tables(needs, assumptions).trim_end())
        .replace("{measured}", measures(measured, assumptions).trim_end())
        .replace("{assumptions}", assumed().trim_end())
}

/// What the simulation came to.
pub(crate) fn tables(needs: &[Needs], assumptions: &Assumptions) -> String {
    let sections = [
        ("What devices ask of relays", devices(needs)),
        ("What relays ask of the issuer", issuer(needs, |it| &it.relayed)),
        ("What backends without a relay ask of the issuer", issuer(needs, |it| &it.direct)),
        ("Machines", machines(needs, assumptions)),
        ("What breaks first", limits(needs, assumptions)),
        ("A million licences", prices(needs)),
    ];
    let sections = sections.map(|(title, table)| format!("### {title}\n\n{table}"));
    sections.join("\n")
}

type Row<'r> = (&'r str, &'r dyn Fn(&Needs) -> String);

fn table(needs: &[Needs], rows: &[Row<'_>]) -> String {
    let mut text = String::from("| Devices |");
    needs.iter().for_each(|it| text += &format!(" {} |", number(f64::from(it.devices))));
    text += "\n|---|";
    needs.iter().for_each(|_| text += "--:|");
    for (name, cell) in rows {
        text += &format!("\n| {name} |");
        needs.iter().for_each(|it| text += &format!(" {} |", cell(it)));
    }
    text + "\n"
}

fn devices(needs: &[Needs]) -> String {
    table(
        needs,
        &[
            ("apps", &|it| number(it.apps)),
            ("requests/s, mean of the week", &|it| number(it.week.mean())),
            ("requests/s, busiest hour of the day", &|it| number(it.week.peak())),
            ("of these from devices without a licence", &|it| {
                percent(f64::from(it.week.without) / f64::from(it.week.all.max(1)))
            }),
            ("requests/s, busiest second after an hour without relays", &|it| {
                number(it.back.peak())
            }),
            ("until it is as usual again", &|it| format!("{} min", it.back.calm_after() / 60)),
            ("sent in a second, handshakes included", &|it| {
                bytes(it.week.peak() * (rules::ANSWER_BYTES + rules::HANDSHAKE_BYTES))
            }),
            ("one relay for all apps: seconds until it has asked for each after a start", &|it| {
                number((it.apps / rules::UPSTREAM_RATE).ceil())
            }),
            ("devices whose session ended before they got one", &|it| {
                percent(f64::from(it.back.ended) / f64::from(it.back.wanted))
            }),
        ],
    )
}

fn issuer(needs: &[Needs], of: impl Fn(&Needs) -> &Issuer) -> String {
    table(
        needs,
        &[
            ("requests/s, busiest hour", &|it| number(of(it).requests[0])),
            ("requests/s, busiest second after an hour's outage", &|it| number(of(it).requests[1])),
            ("licences minted per app and hour, all nodes", &|it| number(of(it).app_mints)),
            ("signatures/s (and verifications)", &|it| number(of(it).mints)),
            ("directory, each node", &|it| bytes(of(it).memory[0])),
            ("replay guard, one node with all requests", &|it| bytes(of(it).memory[1])),
            ("Valkey", &|it| bytes(of(it).memory[2])),
            ("rows of usage written in a second", &|it| number(of(it).rows[0])),
            ("rows of usage after a year", &|it| number(of(it).rows[1])),
            ("database after a year", &|it| bytes(of(it).database)),
            ("sent in a second", &|it| bytes(of(it).network)),
        ],
    )
}

fn machines(needs: &[Needs], assumptions: &Assumptions) -> String {
    let cores = |cores: f64| format!("{} ({})", number(cores), count(cores, assumptions));
    table(
        needs,
        &[
            ("relays: cores (machines), busiest hour", &|it| cores(it.relay_cores[0])),
            ("relays: cores, busiest second after an outage, all served", &|it| {
                number(it.relay_cores[1])
            }),
            ("issuer behind relays: cores (machines)", &|it| cores(it.relayed.cores[0])),
            ("issuer asked directly: cores (machines)", &|it| cores(it.direct.cores[0])),
        ],
    )
}

/// So many that one may be lost; three, because a cluster's promise is about three.
fn count(cores: f64, assumptions: &Assumptions) -> String {
    let machines = (cores / f64::from(assumptions.machine_cores.max(1))).ceil() + 1.0;
    number(machines.max(3.0))
}

fn limits(needs: &[Needs], assumptions: &Assumptions) -> String {
    let names = needs.first().map(|it| it.limits(assumptions).map(|(name, _)| name));
    let most =
        |it: &Needs| it.limits(assumptions).map(|(_, used)| used).into_iter().fold(0.0, f64::max);
    let cell = |it: &Needs, name: &str| {
        let used = it.limits(assumptions).into_iter().find(|(of, _)| *of == name);
        let used = used.map_or(0.0, |(_, used)| used);
        if used >= most(it) { format!("**{}**", percent(used)) } else { percent(used) }
    };
    let cells = names.unwrap_or_default().map(|name| (name, move |it: &Needs| cell(it, name)));
    let mut rows: Vec<Row<'_>> = cells.iter().map(|(name, cell)| (*name, cell as _)).collect();
    let valkey = |it: &Needs| it.valkey(assumptions).map(percent).join(", ");
    rows.push(("one shard of Valkey: behind relays, directly", &valkey));
    table(needs, &rows)
}

fn prices(needs: &[Needs]) -> String {
    let price = |number: f64| format!("{number:.6}");
    table(
        needs,
        &[
            ("relays", &|it| price(it.price[0])),
            ("issuer behind relays", &|it| price(it.price[1])),
            ("issuer asked directly", &|it| price(it.price[2])),
        ],
    )
}

fn measures(measured: &Measured, assumptions: &Assumptions) -> String {
    let Measured { run, machine, .. } = measured;
    let mut text = format!("`cargo xtask bench`, {run}, {machine}. CPU time for one request:\n\n");
    for (what, us) in [
        ("issuer, licence held, plain HTTP on a kept connection", measured.held),
        ("issuer, licence held, TLS on a kept connection", measured.tls_kept),
        ("issuer, a licence minted, on top", measured.mint),
        ("relay, token seen before, plain HTTP on a kept connection", measured.relay_token),
        ("a request on a new TLS connection, which is what a device makes", measured.tls_new),
    ] {
        let _ = writeln!(text, "* {what}: {us:.1} µs");
    }
    let us = measured.tls_new + assumptions.token_us;
    let _ = writeln!(text, "* so a device at a relay, with a token that is new: {us:.0} µs");
    text
}

fn assumed() -> String {
    use clap::Args as _;
    let command = Assumptions::augment_args(clap::Command::new("capacity"));
    let mut text = String::from("| Flag | Default | |\n|---|--:|---|\n");
    for argument in command.get_arguments() {
        let name = argument.get_long().unwrap_or_default();
        let value = argument.get_default_values().iter().map(|it| it.to_string_lossy());
        let (value, help) = (value.collect::<String>(), argument.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "| `--{name}` | {value} | {help} |");
    }
    text
}

/// Three digits that count, with thousands apart.
fn number(number: f64) -> String {
    if number > 0.0 && number < 0.001 {
        return "< 0.001".into();
    }
    let decimals = match number {
        _ if number >= 100.0 || number == 0.0 => 0,
        _ if number >= 10.0 || (number - number.round()).abs() < 1e-9 => {
            usize::from(number.fract() != 0.0)
        }
        _ if number >= 0.1 => 2,
        _ => 4,
    };
    let text = format!("{number:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |parts| parts);
    let digits: Vec<char> = whole.chars().collect();
    let groups: Vec<String> = digits.rchunks(3).rev().map(|group| group.iter().collect()).collect();
    let whole = groups.join(",");
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

fn bytes(bytes: f64) -> String {
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)];
    let unit = units.into_iter().find(|(_, size)| bytes >= *size).unwrap_or(("B", 1.0));
    format!("{} {}", number(bytes / unit.1), unit.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        let written = [0.0, 0.00123, 0.5, 3.0, 12.34, 1234.5, 1e9].map(number);
        assert_eq!(written, ["0", "0.0012", "0.50", "3", "12.3", "1,234", "1,000,000,000"]);
        assert_eq!([bytes(10.0), bytes(2.5e6)], ["10 B", "2.50 MB"]);
    }

    #[test]
    fn the_page_has_every_table_and_is_the_same_each_time() {
        let (assumptions, measured) = (Assumptions::default(), Measured::committed());
        let page = || {
            let needs = [1_000, 100_000].map(|devices| Needs::of(devices, &assumptions, &measured));
            whole(&needs, &assumptions, &measured)
        };
        let first = page();
        assert_eq!(first, page());
        assert!(!first.contains('{') && first.contains("| `--core-hour` | 0.04 |"), "{first}");
    }
}
