//! What the commands have in common in what they say of failures.

use std::fmt;

use peerwright_engine::failure::{Class, Failure};

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

/// How a person names the deployment that they mean.
pub(crate) const HOW_TO_NAME_IT: &str =
    "name the hub's account and Region by --profile and --region, and the stack's parameter Prefix by --prefix";

/// A last word about what AWS answered.
pub(crate) fn asked(words: &str) -> anyhow::Error {
    AskedAws(words.to_owned()).into()
}

/// A failure as the command's last word.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
pub(crate) fn explained(failure: Failure) -> anyhow::Error {
    if is_about_no_table(&failure) {
        return asked(&format!("{failure}: there is no such table in that account and Region; {HOW_TO_NAME_IT}"));
    }
    AskedAws(failure.explain_final()).into()
}

/// True where DynamoDB has no table of the name in the hub's account and Region.
fn is_about_no_table(failure: &Failure) -> bool {
    failure.place.is_none() && failure.class == Class::Gone
}

/// The same with a further word of advice.
#[expect(clippy::needless_pass_by_value, reason = "as `explained`")]
pub(crate) fn explained_with(failure: Failure, advice: &str) -> anyhow::Error {
    AskedAws(format!("{}; {advice}", failure.explain_final())).into()
}

#[cfg(test)]
mod tests {
    use peerwright_engine::failure::AwsMessage;

    use super::*;

    #[test]
    fn a_table_that_is_not_there_is_told_with_the_options_that_name_it() {
        let source = AwsMessage("ResourceNotFoundException (Requested resource not found)".to_owned()).into();
        let failure = Failure { what: "read the table nosuch-allowlist".to_owned(), place: None, class: Class::Gone, source };
        let said = explained(failure).to_string();
        assert!(said.starts_with("can't read the table nosuch-allowlist: there is no such table in that account and Region; "), "{said}");
        assert!(["--prefix", "--profile", "--region"].iter().all(|option| said.contains(option)), "{said}");
    }
}
