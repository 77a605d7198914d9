//! The network as a Mermaid flowchart: what wikis and merge requests draw.

use std::collections::BTreeMap;
use std::fmt::Write;

use peerwright_engine::network::Standing;

use super::map::{Connection, End, NetworkMap};
use super::words::colour;

/// Writes a map.
pub(crate) fn mermaid(map: &NetworkMap) -> String {
    let mut out = String::from("flowchart LR\n");
    let mut ids = BTreeMap::new();
    for (number, account) in map.accounts.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  subgraph a{number}[\"{}\"]", text(&account.title()));
        for (at, region) in account.regions.iter().enumerate() {
            let unread = if region.unread.is_some() { " (could not be read)" } else { "" };
            let _ = writeln!(out, "    subgraph a{number}r{at}[\"{}{unread}\"]", text(&region.name));
            for vpc in &region.vpcs {
                let id = format!("v{}", ids.len());
                let name = (vpc.label() != vpc.id).then(|| vpc.label());
                let lines: Vec<String> =
                    name.into_iter().chain([vpc.id.as_str()]).chain(vpc.cidrs.iter().map(String::as_str)).map(text).collect();
                let _ = writeln!(out, "      {id}[\"{}\"]", lines.join("<br/>"));
                ids.insert((&account.id, &region.name, &vpc.id), id);
            }
            out.push_str("    end\n");
        }
        out.push_str("  end\n");
    }
    let id = |end: &End| ids.get(&(&end.account, &end.region, &end.vpc)).map_or("", String::as_str).to_owned();
    for connection in &map.connections {
        let _ = writeln!(
            out,
            "  {} {}|\"{}\"| {}",
            id(&connection.requester),
            arrow(connection.standing),
            label(connection),
            id(&connection.accepter)
        );
    }
    styles(map, &mut out);
    out
}

/// Dashed where nothing flows.
const fn arrow(standing: Standing) -> &'static str {
    match standing {
        Standing::Working | Standing::Limited | Standing::Unmanaged => "-->",
        Standing::Blocked => "==>",
        Standing::Waiting | Standing::Held | Standing::Isolated | Standing::Unknown | Standing::Ended => "-.->",
    }
}

fn label(connection: &Connection) -> String {
    let lines: Vec<String> = connection.lines().iter().map(|line| text(line)).collect();
    lines.join("<br/>")
}

fn styles(map: &NetworkMap, out: &mut String) {
    for standing in Standing::ALL {
        let numbers: Vec<String> = map
            .connections
            .iter()
            .enumerate()
            .filter(|(_, connection)| connection.standing == standing)
            .map(|(number, _)| number.to_string())
            .collect();
        if !numbers.is_empty() {
            let _ = writeln!(out, "  linkStyle {} stroke:{}", numbers.join(","), colour(standing));
        }
    }
}

/// As it must stand between quotes: Mermaid reads HTML there, and has its own entities, by number.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            control if control.is_control() => escaped.push(' '),
            plain if plain.is_alphanumeric() || " -_./:,()→·".contains(plain) => escaped.push(plain),
            other => {
                let _ = write!(escaped, "#{};", u32::from(other));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_mermaid_or_html_reads_as_markup_is_written_by_number() {
        assert_eq!(text("a\"<b>`#%;{}"), "a#34;#60;b#62;#96;#35;#37;#59;#123;#125;");
        assert_eq!(text("one\ntwo"), "one two");
    }
}
