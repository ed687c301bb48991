//! `tonegate help-markdown`: docs/CLI.md, made from the command line's own definition.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output::{self, Output};

/// Prints the reference.
pub(crate) fn print(output: &Output) -> anyhow::Result<Exit> {
    output.refuse_json("help-markdown")?;
    let mut page = String::from(
        "# The command line\n\n\
         Made by `cargo xtask docs` from the command's own definition; do not edit.\n",
    );
    let mut root = Cli::command();
    root.build();
    describe(&mut root, &mut page)?;
    output::write_out(page.trim_end())?;
    Ok(Exit::Done)
}

fn describe(command: &mut Command, page: &mut String) -> std::fmt::Result {
    let name = command.get_bin_name().unwrap_or("tonegate").to_owned();
    let help = command.render_long_help().to_string();
    writeln!(page, "\n## `{name}`\n\n```text")?;
    help.trim_end().lines().try_for_each(|line| writeln!(page, "{}", line.trim_end()))?;
    writeln!(page, "```")?;
    let shown = |child: &&mut Command| !child.is_hide_set() && child.get_name() != "help";
    command.get_subcommands_mut().filter(shown).try_for_each(|child| describe(child, page))
}
