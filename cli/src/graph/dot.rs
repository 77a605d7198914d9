//! The network in Graphviz's language.

use std::fmt::Write;

use peerwright_engine::network::Standing;

use super::map::{End, NetworkMap};
use super::words::colour;

/// Writes a map.
pub(crate) fn dot(map: &NetworkMap) -> String {
    let mut out = String::from(
        "digraph network {\n  rankdir=LR;\n  fontname=\"sans-serif\";\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eaf4ff\", color=\"#8cbcf0\", fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for (number, account) in map.accounts.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(&[account.title()]));
        for (at, region) in account.regions.iter().enumerate() {
            let unread = if region.unread.is_some() { " (could not be read)" } else { "" };
            let _ = writeln!(out, "    subgraph cluster_{number}_{at} {{\n      label={};", quoted(&[format!("{}{unread}", region.name)]));
            for vpc in &region.vpcs {
                let name = (vpc.label() != vpc.id).then(|| vpc.label().to_owned());
                let lines: Vec<String> = name.into_iter().chain([vpc.id.clone()]).chain(vpc.cidrs.iter().cloned()).collect();
                let _ = writeln!(out, "      {} [label={}];", node(&account.id, &region.name, &vpc.id), quoted(&lines));
            }
            out.push_str("    }\n");
        }
        out.push_str("  }\n");
    }
    let place = |end: &End| node(&end.account, &end.region, &end.vpc);
    for connection in &map.connections {
        let _ = writeln!(
            out,
            "  {} -> {} [label={}, color=\"{}\", style={}];",
            place(&connection.requester),
            place(&connection.accepter),
            quoted(&connection.lines()),
            colour(connection.standing),
            style(connection.standing)
        );
    }
    out.push_str("}\n");
    out
}

/// Dashed where nothing flows.
const fn style(standing: Standing) -> &'static str {
    match standing {
        Standing::Working | Standing::Limited | Standing::Unmanaged => "solid",
        Standing::Blocked => "bold",
        Standing::Waiting | Standing::Held | Standing::Isolated => "dashed",
        Standing::Unknown | Standing::Ended => "dotted",
    }
}

fn node(account: &str, region: &str, vpc: &str) -> String {
    quoted(&[format!("{account}/{region}/{vpc}")])
}

/// A string of several lines. Quotes and backslashes are escaped: Graphviz knows no other way out of a string, but reads `\N` and HTML's entities in it.
fn quoted(lines: &[String]) -> String {
    let escaped = lines.iter().map(|line| {
        let letters = line.chars().map(|letter| match letter {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '&' => "&amp;".to_owned(),
            control if control.is_control() => " ".to_owned(),
            other => other.to_string(),
        });
        letters.collect::<String>()
    });
    format!("\"{}\"", escaped.collect::<Vec<_>>().join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_string() {
        assert_eq!(quoted(&["a\"b\\".to_owned(), "c\n&lt;".to_owned()]), r#""a\"b\\\nc &amp;lt;""#);
    }
}
