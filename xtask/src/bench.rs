//! `cargo xtask bench`: what is measured, side by side, and written into `docs/performance.md` with the machine.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{Stream, Tail, run};
use crate::session::Session;
use crate::workspace::cargo;

/// One benchmark: the package, its target, and the mark of its place in the document.
const BENCHES: [(&str, &str); 2] = [("peerwright-engine", "estate"), ("peerwright-core", "planner")];

/// The document, from the root of the checkout.
const DOCUMENT: &str = "docs/performance.md";

/// Runs the benchmarks one after the other, and shows what they print. What is marked in the document is written anew.
pub(crate) fn bench(session: &Session) -> Result<()> {
    let path = session.workspace.root().join(DOCUMENT);
    for (package, target) in BENCHES {
        session.ui.heading(&format!("{package}, {target}"));
        let measured = measure(session, package, target)?;
        let document = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        if let Some(document) = replaced(&document, target, &format!("Measured on {}.\n\n{measured}", machine())) {
            fs::write(&path, document).with_context(|| format!("write {}", path.display()))?;
            session.ui.line(&format!("written into {DOCUMENT}"));
        }
    }
    Ok(())
}

fn measure(session: &Session, package: &str, target: &str) -> Result<String> {
    let mut command = cargo(["bench", "--locked", "--package", package, "--bench", target]);
    let (mut printed, mut tail) = (Vec::new(), Tail::default());
    let status = run(&mut command, &session.interrupt, |stream, line| {
        if stream == Stream::Out {
            session.ui.line(line);
            printed.push(line.to_owned());
        } else {
            tail.push(line);
        }
    })?;
    if !status.success() {
        bail!("the benchmark {target} failed ({status}):\n{tail}");
    }
    Ok(printed.join("\n").trim().to_owned())
}

/// The document with another text between the two marks of a benchmark; none where it has none.
fn replaced(document: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- bench {name} -->\n"), format!("<!-- end of bench {name} -->"));
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{text}\n\n{end}{after}"))
}

/// The processor, how many of it, and the compiler.
fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, model)| model.to_owned()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output().map(|found| String::from_utf8_lossy(&found.stdout).trim().to_owned());
    format!(
        "{cores} cores of {}, {}",
        model.as_deref().unwrap_or("an unknown processor"),
        rustc.as_deref().unwrap_or("an unknown compiler")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_marks_is_replaced_and_nothing_else() {
        let document = "# A\n<!-- bench a -->\nold\n<!-- end of bench a -->\n# B\n<!-- bench b -->\nkept\n<!-- end of bench b -->\n";
        let expected = "# A\n<!-- bench a -->\n\nnew\n\n<!-- end of bench a -->\n# B\n<!-- bench b -->\nkept\n<!-- end of bench b -->\n";
        assert_eq!(replaced(document, "a", "new").as_deref(), Some(expected));
        assert_eq!(replaced(document, "c", "new"), None);
    }
}
