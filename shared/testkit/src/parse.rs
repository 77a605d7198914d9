//! Values written as text in tests.

use std::fmt::Display;
use std::str::FromStr;

use peerwright_core::ids::Place;

/// A value in its usual spelling.
pub fn parse<T: FromStr<Err: Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

/// An account in a Region.
pub fn place(account: &str, region: &str) -> Place {
    Place { account: parse(account), region: parse(region) }
}
