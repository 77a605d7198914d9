//! Top-level items of generated source.
//!
//! The SDK's generator formats every file with rustfmt, so an item ends with a closing brace or a semicolon in the first column's line.
//! That makes a Rust parser (and its compile time) unnecessary here.

/// Cuts a source file after each of its top-level items. The pieces, put together again, are the file.
pub(super) fn split(source: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        at += line.len();
        if ends_item(line.trim_end()) {
            items.push(&source[start..at]);
            start = at;
        }
    }
    if !source[start..].trim().is_empty() {
        items.push(&source[start..]);
    }
    items
}

fn ends_item(line: &str) -> bool {
    let top_level = !line.starts_with(char::is_whitespace) && !is_comment(line);
    top_level && (line == "}" || line.ends_with(';') || line.ends_with("{}"))
}

/// The module that an item declares: `x` for `pub mod x;`.
pub(super) fn declared_module(item: &str) -> Option<&str> {
    let line = code_lines(item).find(|line| !line.starts_with('#'))?;
    let name = line.strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name)?;
    is_identifier(name).then_some(name)
}

/// The paths below `crate::` that the code names, comments left out: `types::_vpc::Vpc`.
pub(super) fn crate_paths(source: &str) -> impl Iterator<Item = &str> {
    code_lines(source).flat_map(|line| line.match_indices("crate::").map(|(at, start)| path_at(&line[at + start.len()..])))
}

fn code_lines(source: &str) -> impl Iterator<Item = &str> {
    source.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn path_at(text: &str) -> &str {
    let end = text.find(|c: char| !(c == ':' || c == '_' || c.is_ascii_alphanumeric())).unwrap_or(text.len());
    text[..end].trim_end_matches(':')
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "// Code generated.\n#[derive(Debug)]\npub struct Unit;\n\n/// See [`Gone`](crate::types::Gone);\nimpl Unit {\n    pub fn vpc(&self) -> crate::types::_vpc::Vpc {\n        todo;\n    }\n}\npub(crate) mod shape_vpc;\n\npub trait Marker {}\n";

    #[test]
    fn pieces_put_together_are_the_file() {
        let items = split(SOURCE);
        assert_eq!(items.len(), 4, "{items:#?}");
        assert_eq!(items.concat(), SOURCE);
    }

    #[test]
    fn a_path_in_a_comment_is_not_a_reference() {
        assert_eq!(crate_paths(SOURCE).collect::<Vec<_>>(), ["types::_vpc::Vpc"]);
    }

    #[test]
    fn only_a_module_declaration_declares_a_module() {
        let declared: Vec<_> = split(SOURCE).into_iter().map(declared_module).collect();
        assert_eq!(declared, [None, None, Some("shape_vpc"), None]);
    }
}
