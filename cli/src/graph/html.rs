//! The network as one page that needs nothing else: no file beside it, no server, no other host.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::map::NetworkMap;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");

/// d3-force and what it needs, as published: see `page/d3/README.md`.
const LIBRARIES: [&str; 4] = [
    include_str!("page/d3/d3-dispatch.min.js"),
    include_str!("page/d3/d3-quadtree.min.js"),
    include_str!("page/d3/d3-timer.min.js"),
    include_str!("page/d3/d3-force.min.js"),
];

const LICENCE: &str = include_str!("page/d3/LICENSE");

/// In the order in which they use each other.
const SCRIPTS: [&str; 15] = [
    include_str!("page/js/data.js"),
    include_str!("page/js/address.js"),
    include_str!("page/js/layout.js"),
    include_str!("page/js/curves.js"),
    include_str!("page/js/state.js"),
    include_str!("page/js/draw.js"),
    include_str!("page/js/build.js"),
    include_str!("page/js/view.js"),
    include_str!("page/js/keys.js"),
    include_str!("page/js/filters.js"),
    include_str!("page/js/search.js"),
    include_str!("page/js/details.js"),
    include_str!("page/js/lists.js"),
    include_str!("page/js/theme.js"),
    include_str!("page/js/main.js"),
];

/// Makes the page of a map.
pub(crate) fn html(map: &NetworkMap) -> serde_json::Result<String> {
    let scripts: Vec<String> = LIBRARIES.iter().map(|&script| script.to_owned()).chain([own_script()]).collect();
    let elements: Vec<String> = scripts.iter().map(|script| format!("<script>{script}</script>")).collect();
    let values = [("policy", policy(&scripts)), ("style", STYLE.to_owned()), ("data", data(map)?), ("scripts", elements.join("\n"))];
    Ok(filled(PAGE, &values))
}

/// One scope for all of it, with the licence of the libraries before it.
fn own_script() -> String {
    format!(
        "/* d3-force 3.0.1, d3-dispatch, d3-quadtree and d3-timer 3.0.2, above:\n{LICENCE}*/\n(() => {{\n\"use strict\";\n{}}})();\n",
        SCRIPTS.concat()
    )
}

/// Nothing runs but these very scripts, and nothing is loaded from anywhere: what a tag smuggles in, if it ever could, would do nothing.
fn policy(scripts: &[String]) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
    let scripts: Vec<String> = scripts.iter().map(|script| hash(script)).collect();
    format!("default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'", scripts.join(" "), hash(STYLE))
}

/// JSON in which no end tag and no comment can begin.
fn data(map: &NetworkMap) -> serde_json::Result<String> {
    Ok(serde_json::to_string(map)?.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}

/// A template with its values, in one pass: what stands in a value is never taken for a place of the template.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut parts = template.split("{{");
    out.extend(parts.next());
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        out.extend(values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()));
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::example;

    /// The text of every element with this tag.
    fn elements<'t>(page: &'t str, opening: &str, closing: &str) -> Vec<&'t str> {
        page.split(opening).skip(1).map(|rest| rest.split(closing).next().expect("a first part")).collect()
    }

    #[test]
    fn the_policy_allows_the_scripts_and_the_style_of_the_page_and_no_others() {
        let page = html(&example::map()).expect("a page");
        let policy = page.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a policy");
        let (scripts, styles) = (elements(&page, "<script>", "</script>"), elements(&page, "<style>", "</style>"));
        assert_eq!((scripts.len(), styles.len()), (5, 1));
        for text in scripts.iter().chain(&styles) {
            let hash = BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{}", &text[..60]);
        }
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn the_libraries_are_those_whose_checksums_are_written_beside_them() {
        let sums = include_str!("page/d3/SHA256SUMS");
        assert_eq!(sums.lines().count(), LIBRARIES.len());
        for library in LIBRARIES {
            let sum: Vec<String> = Sha256::digest(library.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(sums.contains(&sum.concat()), "{}", &library[..60]);
        }
    }

    #[test]
    fn the_page_asks_no_other_host_for_anything() {
        let page = html(&example::map()).expect("a page");
        for asks in [" src=", "url(", "@import", "<link", "fetch(", "XMLHttpRequest", "sourceMappingURL", "import("] {
            assert!(!page.contains(asks), "{asks}");
        }
    }

    #[test]
    fn what_stands_in_a_tag_is_data_and_neither_markup_nor_a_place_of_the_template() {
        let page = html(&example::hostile()).expect("a page");
        assert_eq!(page.matches("</script>").count(), 6, "the page's own");
        assert!(!page.contains("<img"));
        let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("data");
        assert_eq!(serde_json::from_str::<NetworkMap>(data).expect("JSON"), example::hostile());
    }

    #[test]
    fn the_licence_of_the_libraries_is_in_the_page() {
        assert!(html(&example::map()).expect("a page").contains("Permission to use, copy, modify, and/or distribute this software"));
    }
}
