//! The network while most connections lived, as `peerwright graph` draws it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;
use crate::local::Running;
use crate::session::Session;

/// What is made of it: a picture, and a page.
const FORMATS: [&str; 2] = ["svg", "html"];

/// Draws a map; returns where the picture and the page are.
pub(super) fn draw(map: &Value, session: &Session, running: &Running) -> Result<Vec<PathBuf>> {
    let data = session.workspace.local().join("network.json");
    fs::write(&data, map.to_string()).with_context(|| format!("write {}", data.display()))?;
    let mut drawn = Vec::new();
    for format in FORMATS {
        let file = data.with_extension(format);
        let mut peerwright = Command::new(running.artifacts.join("peerwright"));
        peerwright.arg("graph").arg("--from").arg(&data).arg("--file").arg(&file);
        command::run_quietly(&mut peerwright, &session.interrupt, |_| {}).with_context(|| format!("draw {}", file.display()))?;
        drawn.push(file);
    }
    Ok(drawn)
}
