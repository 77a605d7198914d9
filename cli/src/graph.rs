//! `peerwright graph`: the network as Describe and the ledger see it.

mod dot;
#[cfg(test)]
mod example;
mod gather;
mod html;
mod map;
mod mermaid;
mod svg;
mod words;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::global;
use crate::output::say;
use crate::screen::Screen;
use crate::session::Session;
pub(crate) use map::NetworkMap;
use map::Unread;

/// What to draw, and how.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// How it is drawn; as the name of --file ends unless given, or else as a page.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file, in place of standard output.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Draw what `--format json` wrote into this file (- for standard input), and ask AWS nothing.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Also connections that have ended. The page has them in any case, and shows them on request.
    #[arg(long)]
    ended: bool,
    /// Also VPCs that have no connection and ask for none. The page has them in any case, and shows them on request.
    #[arg(long)]
    unconnected: bool,
    /// Also what happened to each connection, for the page and the data.
    #[arg(long, conflicts_with = "from")]
    history: bool,
}

/// A way to draw a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A page that needs nothing else: pan, zoom, search, filters, details.
    Html,
    /// A picture, for some dozens of connections.
    Svg,
    /// A Mermaid flowchart, for wikis and merge requests.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// The data that all others are made of.
    Json,
}

impl Format {
    /// By the end of a file's name.
    fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "svg" => Some(Self::Svg),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "dot" | "gv" => Some(Self::Dot),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The end of a file's name.
    const fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Svg => "svg",
            Self::Mermaid => "mmd",
            Self::Dot => "dot",
            Self::Json => "json",
        }
    }
}

impl Command {
    /// What is said of the format by `--format`, by the name of the file and by `--json`, which must not contradict each other.
    fn chosen(&self, output: global::Format) -> Result<Format> {
        if let (None, Some(file)) = (self.format, &self.file)
            && Format::of_file(file).is_none()
        {
            bail!(
                "the name {} does not say how to draw: end it with .html, .svg, .mmd, .dot or .json, or give --format; nothing was written",
                file.display()
            );
        }
        let named = self.format.or_else(|| self.file.as_deref().and_then(Format::of_file));
        match (named, output) {
            (named, global::Format::Table) => Ok(named.unwrap_or(Format::Html)),
            (None | Some(Format::Json), _) => Ok(Format::Json),
            (Some(other), _) => bail!(
                "the network can't be drawn as {} and be written as data at once: leave out --json and --output, or --format and --file",
                other.extension()
            ),
        }
    }
}

/// Runs the command; its output goes to `out`.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<()> {
    let format = command.chosen(out.format())?;
    if command.file.is_none() && matches!(format, Format::Html | Format::Svg) && io::stdout().is_terminal() {
        bail!("nobody reads that on a terminal: name a file, as in `peerwright graph --file network.{}`", format.extension());
    }
    let map = match &command.from {
        Some(path) => read(path)?,
        None => gather::gather(command.history, session).await?,
    };
    for Unread { what, why } in &map.unread {
        let told = if why.contains(what.as_str()) { why.clone() } else { format!("{what}: {why}") };
        say(&format!("peerwright: not read, and missing in the drawing: {told}"));
    }
    let text = if out.format() == global::Format::Yaml {
        serde_saphyr::to_string(&map.completed())?
    } else {
        drawn(&map.completed(), format, command.ended, command.unconnected)?
    };
    match &command.file {
        Some(path) => fs::write(path, text).with_context(|| format!("can't write {}", path.display())),
        None => Ok(out.write_all(text.as_bytes())?),
    }
}

fn read(path: &Path) -> Result<NetworkMap> {
    let text = if path == Path::new("-") { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let text = text.with_context(|| format!("can't read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not what `peerwright graph --format json` writes", path.display()))
}

/// The map in a format: all of it in those that can show it on request.
fn drawn(map: &NetworkMap, format: Format, ended: bool, unconnected: bool) -> Result<String> {
    let shown = || map.shown(ended, unconnected);
    Ok(match format {
        Format::Html => html::html(map)?,
        Format::Svg => svg::svg(&shown()),
        Format::Mermaid => mermaid::mermaid(&shown()),
        Format::Dot => dot::dot(&shown()),
        Format::Json => serde_json::to_string_pretty(map)? + "\n",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds a drawing of the example against the file of that name.
    #[track_caller]
    fn looks_as_it_did(format: Format) {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph/example/map").with_extension(format.extension());
        let drawing = drawn(&example::map(), format, true, true).expect("a drawing");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &drawing).expect("writable");
        }
        let expected = fs::read_to_string(&golden).expect("there");
        assert!(drawing == expected, "it changed: run the tests with UPDATE_GOLDEN=1, look at {} and commit it", golden.display());
    }

    #[test]
    fn the_picture_of_the_example_looks_as_it_did() {
        looks_as_it_did(Format::Svg);
    }

    #[test]
    fn the_flowchart_of_the_example_looks_as_it_did() {
        looks_as_it_did(Format::Mermaid);
    }

    #[test]
    fn the_example_for_graphviz_looks_as_it_did() {
        looks_as_it_did(Format::Dot);
    }

    #[test]
    fn what_others_choose_is_text_and_never_markup() {
        let drawing = |map: &NetworkMap, format| drawn(map, format, true, true).expect("a drawing");
        for format in [Format::Html, Format::Svg, Format::Mermaid] {
            let (hostile, plain) = (drawing(&example::hostile(), format), drawing(&example::map(), format));
            for markup in ["<img", "<script", "</script"] {
                assert_eq!(hostile.matches(markup).count(), plain.matches(markup).count(), "{markup} in {format:?}");
            }
        }
    }

    #[test]
    fn each_line_of_a_text_format_has_its_quotes_in_pairs_whatever_others_write() {
        for format in [Format::Mermaid, Format::Dot] {
            for line in drawn(&example::hostile(), format, true, true).expect("a drawing").lines() {
                assert_eq!(line.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2, 0, "{line}");
            }
        }
    }

    #[test]
    fn ended_connections_are_drawn_on_request_only() {
        let drawing = |ended| drawn(&example::map(), Format::Dot, ended, true).expect("a drawing").matches(" -> ").count();
        assert_eq!((drawing(false), drawing(true)), (8, 9));
    }

    #[test]
    fn the_name_of_a_file_says_how_it_is_drawn() {
        for format in Format::value_variants() {
            let name = format!("network.{}", format.extension());
            assert_eq!(Format::of_file(Path::new(&name)), Some(*format));
        }
        assert_eq!(Format::of_file(Path::new("network.txt")), None);
        assert_eq!(Format::of_file(Path::new("Network.SVG")), Some(Format::Svg));
    }

    fn chosen(arguments: &[&str], output: global::Format) -> Result<Format> {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            command: Command,
        }
        let parsed: Alone = clap::Parser::parse_from(std::iter::once("graph").chain(arguments.iter().copied()));
        parsed.command.chosen(output)
    }

    #[test]
    fn a_file_whose_name_says_nothing_is_not_written_unless_the_format_is_given() {
        for name in ["network.pdf", "network"] {
            let error = chosen(&["--file", name], global::Format::Table).expect_err("unknown");
            assert!(error.to_string().contains(name) && error.to_string().contains(".svg"), "{error}");
            assert_eq!(chosen(&["--file", name, "--format", "svg"], global::Format::Table).expect("given"), Format::Svg);
        }
    }

    #[test]
    fn data_are_asked_for_by_json_as_by_the_format_and_nothing_else_at_the_same_time() {
        for output in [global::Format::Json, global::Format::Yaml] {
            assert_eq!(chosen(&[], output).expect("data"), Format::Json);
            assert_eq!(chosen(&["--format", "json"], output).expect("data"), Format::Json);
            for other in ["html", "svg", "mermaid", "dot"] {
                chosen(&["--format", other], output).expect_err("two ways at once");
            }
            chosen(&["--file", "network.svg"], output).expect_err("two ways at once");
        }
    }

    #[test]
    fn the_words_for_how_a_connection_stands_are_the_same_in_every_format() {
        let map = example::map();
        for connection in &map.connections {
            for format in [Format::Svg, Format::Mermaid, Format::Dot] {
                let drawing = drawn(&map, format, true, true).expect("a drawing");
                assert!(drawing.contains(&connection.state_words()), "{format:?}: {}", connection.state_words());
            }
        }
        let script = include_str!("graph/page/js/data.js");
        assert!(script.contains("` (${connection.status})`") && !script.contains("`, ${connection.status}`"));
    }
}
