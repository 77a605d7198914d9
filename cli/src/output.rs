//! What the commands have in common in what they say of failures.

use std::fmt;

use peerwright_engine::failure::Failure;

use crate::harmless::harmless;
use crate::progress;

/// The one place that writes to standard error: what went wrong, or is not as the person may think.
#[allow(clippy::print_stderr)]
pub(crate) fn say(text: &str) {
    progress::rest();
    eprintln!("{}", harmless(text, false));
}

/// A failure as the command's last word: it has ended, and nothing tries again.
#[derive(Debug)]
pub(crate) struct AskedAws(String);

impl fmt::Display for AskedAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AskedAws {}

/// A failure as the command's last word.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
pub(crate) fn explained(failure: Failure) -> anyhow::Error {
    AskedAws(failure.explain_final()).into()
}

/// Nobody answered, and nothing is known without the answer.
pub(crate) fn unanswered(why: &str) -> anyhow::Error {
    AskedAws(why.to_owned()).into()
}

/// The same with a further word of advice.
#[expect(clippy::needless_pass_by_value, reason = "as `explained`")]
pub(crate) fn explained_with(failure: Failure, advice: &str) -> anyhow::Error {
    AskedAws(format!("{}; {advice}", failure.explain_final())).into()
}
