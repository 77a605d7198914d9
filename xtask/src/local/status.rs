//! `cargo xtask local status`.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Result;

use super::Instance;
use super::server::Server;
use super::state::State;
use crate::session::Session;

pub(super) fn status(session: &Session) -> Result<()> {
    for instance in Instance::ALL {
        let line = match Server::running(&session.workspace, instance)? {
            Some((_, state)) => described(&state),
            None => "does not run".to_owned(),
        };
        session.ui.line(&format!("{}: {line}", instance.title()));
    }
    Ok(())
}

fn described(state: &State) -> String {
    let endpoints = [("EC2 and STS", &state.ec2_endpoint), ("the rest", &state.aws_endpoint)];
    let said: Vec<_> =
        endpoints.iter().map(|(what, url)| format!("{what} at {url}{}", if answers(url) { "" } else { " (DOES NOT ANSWER)" })).collect();
    format!("runs as process {}; {}; log {}", state.identity().pid, said.join(", "), state.log.display())
}

fn answers(url: &str) -> bool {
    let address = url.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse::<SocketAddr>().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_open_port_answers_and_a_closed_one_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        assert!(answers(&url));
        drop(listener);
        assert!(!answers(&url));
    }
}
