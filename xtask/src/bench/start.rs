//! What an event waits for when Lambda starts a function: the process until it asks for the first event, and from there the first answer of EC2.
//! Beside ours are started a function that does nothing, and one in Python with boto3.
//!
//! Lambda and AWS are played by a server on this machine: what is measured is the process, without Lambda's own sandbox, without TLS and distance.

mod program;
mod runtime;
mod sample;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::binaries;
use crate::python::Environment;
use crate::session::Session;
use program::Program;
use sample::Sample;
use table::{Row, Size};

/// How often each program is started.
const STARTS: usize = 20;

/// Prints and returns the table.
pub(super) fn measure(session: &Session) -> Result<String> {
    ensure!(Path::new("/proc/self/smaps_rollup").exists(), "the memory of a process is read from /proc/…/smaps_rollup: Linux is needed");
    let metadata = session.workspace.metadata()?;
    let built = binaries::build_release(session, &metadata, &program::FUNCTIONS, session.ui.step("build"))?;
    let mut step = session.ui.step("Python with boto3");
    let python = Environment::bench(&session.workspace, &session.interrupt, |now| step.now(now))?;
    step.done("");
    let mut rows = Vec::new();
    for program in program::all(&built, &python, session.workspace.root()) {
        let size = program.binary().map(|binary| size(binary, &python, session.workspace.root())).transpose()?;
        rows.push((program, Row { size, samples: Vec::new() }));
    }
    start_in_turn(session, &mut rows)?;
    let text = table::text(STARTS, rows.iter().map(|(program, row)| (program.name, row)));
    session.ui.line(&text);
    Ok(text)
}

/// In turn, so that whatever else the machine does meanwhile meets all of them.
fn start_in_turn(session: &Session, rows: &mut [(Program, Row)]) -> Result<()> {
    let log = session.workspace.local().join("bench-start.log");
    let mut step = session.ui.step("starts");
    for round in 0..=STARTS {
        for (program, row) in &mut *rows {
            step.now_at(program.name, round as u64, STARTS as u64);
            let sample = Sample::take(program, &session.interrupt, &log).with_context(|| format!("start {}", program.name))?;
            // The first fills the system's caches of files, and Python's of compiled modules.
            if round > 0 {
                row.samples.push(sample);
            }
        }
    }
    step.done(&format!("{STARTS} of each"));
    Ok(())
}

/// The zip is Python's, since Python is here anyway. Deflate is what Lambda unpacks; its highest level leaves nothing to the packing tool.
fn size(binary: &Path, python: &Environment, root: &Path) -> Result<Size> {
    let script: PathBuf = root.join("xtask/src/bench/start/zip.py");
    let output = Command::new(python.program("python")).arg(script).arg(binary).output().context("start Python")?;
    if !output.status.success() {
        bail!("zip {}: {}", binary.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    let zipped = String::from_utf8_lossy(&output.stdout).trim().parse().context("the size of a zip")?;
    let plain = binary.metadata().with_context(|| format!("read {}", binary.display()))?.len();
    Ok(Size { plain, zipped })
}
