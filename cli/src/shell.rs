//! `peerwright completions` and `peerwright man`: what a shell and a manual know of the commands.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Arg, Args, Command, CommandFactory};
use clap_complete::Shell;

use crate::Arguments;

/// A shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that reads them.
    shell: Shell,
}

/// A directory.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Where the pages are written, such as ~/.local/share/man/man1.
    directory: PathBuf,
}

/// Prints the completions.
pub(crate) fn complete(command: &Completions, out: &mut impl Write) {
    clap_complete::generate(command.shell, &mut without_hidden(&Arguments::command()), "peerwright", out);
}

/// The same command without what its help hides: shells would complete it all the same.
fn without_hidden(command: &Command) -> Command {
    let shown = |arg: &&Arg| !arg.is_hide_set();
    // clap wants names that live as long as the process, which ends behind this.
    let lasting = |name: &str| -> &'static str { name.to_owned().leak() };
    let mut copy = Command::new(lasting(command.get_name())).args(command.get_arguments().filter(shown).cloned());
    if let Some(about) = command.get_about() {
        copy = copy.about(about.clone());
    }
    copy = copy.visible_aliases(command.get_visible_aliases().map(lasting));
    copy.subcommands(command.get_subcommands().filter(|inner| !inner.is_hide_set()).map(without_hidden))
}

/// Writes a page for each command.
pub(crate) fn write_man(command: &Man, out: &mut impl Write) -> Result<()> {
    let directory = &command.directory;
    fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), directory))
        .with_context(|| format!("can't write {}", directory.display()))?;
    writeln!(out, "the pages are in {}: `man -l {}`", directory.display(), directory.join("peerwright.1").display())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(shell: Shell) -> String {
        let mut out = Vec::new();
        complete(&Completions { shell }, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn no_shell_completes_what_the_help_hides() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let printed = printed(shell);
            for hidden in ["allowlist-table", "connections-table", "member-role", "external-id"] {
                assert!(!printed.contains(hidden), "{shell} completes {hidden}");
            }
            assert!(printed.contains("no-wait") && printed.contains("apply"), "{shell}");
        }
    }

    #[test]
    fn shells_complete_the_statuses_of_connections() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(printed(shell).contains("awaiting-approval"), "{shell}");
        }
    }
}
