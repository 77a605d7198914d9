//! The function's log, as Lambda's logging controls want it (`LoggingConfig` in `infra/hub.yaml`).
//!
//! `lambda_runtime`'s own subscriber does the same by `EnvFilter`, whose regular expressions make a function larger: which targets are shown
//! is all that is asked for here.

use std::env;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// Writes to the standard output from now on. Lambda notes the time of each line.
pub(crate) fn init() {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let json = variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = fmt::layer().with_target(false).without_time();
    let lines = if json { lines.json().boxed() } else { lines.boxed() };
    registry().with(shown(variable)).with(lines).init();
}

/// What is written: as `RUST_LOG` says (`info,h2=off`), otherwise what is as severe as Lambda's log level, which is `INFO` where nothing is set.
fn shown(variable: impl Fn(&str) -> Option<String>) -> Targets {
    let directives = variable("RUST_LOG").and_then(|text| text.parse().ok());
    directives.unwrap_or_else(|| Targets::new().with_default(level(variable("AWS_LAMBDA_LOG_LEVEL").as_deref())))
}

fn level(name: Option<&str>) -> LevelFilter {
    match name {
        // Lambda has it above ERROR, which is the most severe that we have.
        Some(name) if name.eq_ignore_ascii_case("fatal") => LevelFilter::ERROR,
        other => other.and_then(|name| name.parse().ok()).unwrap_or(LevelFilter::INFO),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    /// Which of these would be written: our own warnings and debug messages, and the debug messages of h2.
    fn written(variables: &[(&str, &str)]) -> [bool; 3] {
        let shown = shown(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()));
        [("peerwright_lambda", Level::WARN), ("peerwright_lambda", Level::DEBUG), ("h2", Level::DEBUG)]
            .map(|(target, level)| shown.would_enable(target, &level))
    }

    #[test]
    fn lambdas_level_is_followed() {
        assert_eq!(written(&[]), [true, false, false]);
        assert_eq!(written(&[("AWS_LAMBDA_LOG_LEVEL", "DEBUG")]), [true, true, true]);
        assert_eq!(written(&[("AWS_LAMBDA_LOG_LEVEL", "ERROR")]), [false, false, false]);
        assert_eq!(written(&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")]), [false, false, false]);
        assert_eq!(written(&[("AWS_LAMBDA_LOG_LEVEL", "loud")]), [true, false, false]);
    }

    #[test]
    fn rust_log_says_it_target_by_target() {
        let debug = ("AWS_LAMBDA_LOG_LEVEL", "DEBUG");
        assert_eq!(written(&[("RUST_LOG", "debug,h2=off"), debug]), [true, true, false]);
        assert_eq!(written(&[("RUST_LOG", "warn"), debug]), [true, false, false]);
        assert_eq!(written(&[("RUST_LOG", "a=b=c"), debug]), [true, true, true]);
    }
}
