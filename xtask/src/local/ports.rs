//! The two ports of a local AWS.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use anyhow::{Result, bail};
use clap::builder::RangedI64ValueParser;
use listeners::{Protocol, SocketState};

/// A 1 and "PEER" on the keys of a telephone: assigned to nobody, and below the ports that Linux and macOS give to whoever asks for any.
pub(super) const FIRST: u16 = 17337;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ports {
    /// Whatever is free.
    Any,
    /// This one for EC2, STS and Service Quotas, and the next one for all other services.
    From(u16),
}

/// The first of two ports.
pub(crate) fn parser() -> RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..u16::MAX.into())
}

impl Ports {
    /// Of EC2, and of the rest; 0 is any.
    pub(super) fn numbers(self) -> [u16; 2] {
        match self {
            Self::Any => [0, 0],
            Self::From(first) => [first, first + 1],
        }
    }

    /// Refuses ports that can't be listened on, before anything is built for minutes.
    pub(super) fn require_free(self) -> Result<()> {
        let problems: Vec<_> = self.numbers().into_iter().filter_map(problem).collect();
        if problems.is_empty() {
            return Ok(());
        }
        bail!(
            "{}\nFree them, or choose the first of two other ports with --port, for instance `--port {}`.",
            problems.join("\n"),
            FIRST + 100
        )
    }
}

fn problem(port: u16) -> Option<String> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::AddrInUse => Some(format!("port {port} is taken{}", holder(port))),
        Err(error) => Some(format!("port {port} can't be listened on: {error}")),
    }
}

/// Who listens there, as far as this user may know.
fn holder(port: u16) -> String {
    let all = listeners::get_all().unwrap_or_default();
    let listens =
        |one: &listeners::Listener| one.socket.port() == port && one.protocol == Protocol::TCP && one.state == SocketState::Listen;
    let Some(found) = all.into_iter().find(listens) else {
        return " by a process of another user".to_owned();
    };
    let command = command_line(found.process.pid).unwrap_or(found.process.path);
    format!(" by process {}: {command}", found.process.pid)
}

/// Tells one Python program from another.
fn command_line(pid: u32) -> Option<String> {
    let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listener on the first of two ports.
    fn taken() -> (TcpListener, u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        (listener, port)
    }

    #[test]
    fn a_port_that_is_taken_is_refused_with_who_has_it_and_what_to_do() {
        let (_listener, port) = taken();
        let error = Ports::From(port).require_free().expect_err("taken").to_string();
        let me = std::process::id();
        assert!(error.contains(&format!("port {port} is taken by process {me}: ")), "{error}");
        assert!(error.contains("--port"), "{error}");
    }

    #[test]
    fn ports_that_are_free_again_are_not_refused() {
        let (listener, port) = taken();
        drop(listener);
        assert_eq!(problem(port), None);
        Ports::Any.require_free().expect("any");
    }

    #[test]
    fn the_second_port_follows_the_first() {
        assert_eq!(Ports::From(FIRST).numbers(), [17337, 17338]);
    }
}
