//! Peerwright's own commands: `cargo xtask …`.

mod sdk;

use std::io::Write;

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Cut the EC2 SDK down to what Peerwright calls and print where it is.
    Sdk,
}

fn main() -> anyhow::Result<()> {
    let Command::Sdk = Command::parse();
    let metadata = cargo_metadata::MetadataCommand::new().other_options(["--locked".to_owned()]).exec()?;
    let cut = sdk::cut(&metadata)?;
    writeln!(std::io::stderr(), "cargo {} …", sdk::cargo_arguments(&cut).join(" "))?;
    writeln!(std::io::stdout(), "{}", cut.display())?;
    Ok(())
}
