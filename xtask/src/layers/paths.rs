//! What a source file declares and names: its modules, its imports and the paths in it, read from its tokens.
//!
//! Tokens rather than a syntax tree, because paths inside macros (`assert!`, `matches!`) count too.

use std::iter::Peekable;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree, token_stream};

/// A module by its names from the root of its crate; the root has none.
pub(super) type Module = Vec<String>;

#[derive(Debug, Default)]
pub(super) struct Names {
    /// The modules that lie in files of their own (`mod x;`).
    pub(super) files: Vec<Module>,
    /// The modules that are written out in this file (`mod x { … }`).
    pub(super) inline: Vec<Module>,
    pub(super) imports: Vec<Import>,
    pub(super) paths: Vec<Path>,
}

/// A name that stands for something in a module; `*` for whatever is there.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) module: Module,
    pub(super) name: String,
    pub(super) of: Path,
}

/// A path as it is written, in the module where it stands.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) module: Module,
    pub(super) words: Vec<String>,
    pub(super) line: usize,
}

type Tokens = Peekable<token_stream::IntoIter>;

/// Tests are left out: as with dependencies, they may use what lies above.
pub(super) fn read(module: &Module, text: &str) -> Result<Names> {
    let tokens = TokenStream::from_str(text).map_err(|error| anyhow!("{error}"))?;
    let mut names = Names::default();
    items(tokens, module, &mut names);
    Ok(names)
}

fn items(tokens: TokenStream, module: &Module, names: &mut Names) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = tokens.peek()
                    && is_for_tests(attribute)
                {
                    skip_item(&mut tokens);
                }
            }
            TokenTree::Ident(word) if word == "mod" => declare(&mut tokens, module, names),
            TokenTree::Ident(word) if word == "use" => import(&mut tokens, Vec::new(), module, names),
            TokenTree::Ident(word) if ["crate", "self", "super"].contains(&word.to_string().as_str()) => {
                let line = word.span().start().line;
                let words = path(word.to_string(), &mut tokens);
                if words.len() > 1 {
                    names.paths.push(Path { module: module.clone(), words, line });
                }
            }
            TokenTree::Group(group) => items(group.stream(), module, names),
            _ => {}
        }
    }
}

/// `cfg(test)`, alone or with other conditions.
fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
}

fn skip_item(tokens: &mut Tokens) {
    for token in tokens {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == ';' => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            _ => {}
        }
    }
}

fn declare(tokens: &mut Tokens, module: &Module, names: &mut Names) {
    let Some(TokenTree::Ident(name)) = tokens.next() else { return };
    let declared = [module.as_slice(), &[name.to_string()]].concat();
    match tokens.next() {
        Some(TokenTree::Group(body)) => {
            items(body.stream(), &declared, names);
            names.inline.push(declared);
        }
        _ => names.files.push(declared),
    }
}

/// One tree of a `use`; ends behind it, at its `;` or its comma.
fn import(tokens: &mut Tokens, before: Vec<String>, module: &Module, names: &mut Names) {
    let (mut words, mut alias, mut line) = (before, None, 0);
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => alias = tokens.next().map(|name| name.to_string()),
            TokenTree::Ident(word) => {
                line = word.span().start().line;
                words.push(word.to_string());
            }
            TokenTree::Punct(mark) if mark.as_char() == '*' => {
                line = mark.span().start().line;
                alias = Some("*".to_owned());
            }
            TokenTree::Punct(mark) if [';', ','].contains(&mark.as_char()) => break,
            TokenTree::Group(group) => {
                let mut inside = group.stream().into_iter().peekable();
                while inside.peek().is_some() {
                    import(&mut inside, words.clone(), module, names);
                }
                // What follows is the end of this tree.
                words.clear();
            }
            _ => {}
        }
    }
    if words.len() > 1 && words.last().is_some_and(|last| last == "self") {
        words.pop();
    }
    let Some(last) = words.last().cloned() else { return };
    let of = Path { module: module.clone(), words, line };
    names.paths.push(of.clone());
    names.imports.push(Import { module: module.clone(), name: alias.unwrap_or(last), of });
}

/// The words of a path that begins with `first`.
fn path(first: String, tokens: &mut Tokens) -> Vec<String> {
    let mut words = vec![first];
    // A single colon belongs to a type.
    while next_is_colon(tokens) && next_is_colon(tokens) {
        match tokens.next_if(|token| matches!(token, TokenTree::Ident(_))) {
            Some(word) => words.push(word.to_string()),
            None => break,
        }
    }
    words
}

/// Takes a colon if there is one.
fn next_is_colon(tokens: &mut Tokens) -> bool {
    tokens.next_if(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':')).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let names = read(&vec!["here".to_owned()], text).expect("tokens");
        names.paths.iter().map(|path| path.words.join("::")).collect()
    }

    #[test]
    fn a_use_names_each_of_its_leaves() {
        assert_eq!(
            paths("use crate::a::{self, b::C, d::{E as F, g}, h::*}; use super::x;"),
            ["crate::a", "crate::a::b::C", "crate::a::d::E", "crate::a::d::g", "crate::a::h", "super::x"]
        );
    }

    #[test]
    fn an_import_is_known_by_its_own_name() {
        let names = read(&Vec::new(), "pub(crate) use a::{B, c::D as E}; use f::*;").expect("tokens");
        let known: Vec<_> = names.imports.iter().map(|import| format!("{}={}", import.name, import.of.words.join("::"))).collect();
        assert_eq!(known, ["B=a::B", "E=a::c::D", "*=f"]);
    }

    #[test]
    fn paths_in_code_types_and_macros_are_found_with_their_lines() {
        let text = "fn f(x: crate::a::X) -> super::b::Y<self::c::Z> {\n assert!(crate::d::is(x), \"{}\", self::e());\n}";
        assert_eq!(paths(text), ["crate::a::X", "super::b::Y", "self::c::Z", "crate::d::is", "self::e"]);
        let names = read(&Vec::new(), text).expect("tokens");
        assert_eq!(names.paths.iter().map(|path| path.line).collect::<Vec<_>>(), [1, 1, 1, 2, 2]);
    }

    #[test]
    fn a_receiver_and_a_visibility_are_no_paths() {
        assert_eq!(paths("pub(crate) fn f(self: &Self) { self.x(); } pub(super) struct S;"), Vec::<String>::new());
    }

    #[test]
    fn what_is_only_for_tests_is_left_out() {
        assert_eq!(
            paths("#[cfg(test)]\nuse crate::a::B;\n#[cfg(test)]\n#[derive(X)]\nmod tests { use crate::c::D; }\nuse crate::e::F;"),
            ["crate::e::F"]
        );
        assert_eq!(paths("#[cfg(not(test))]\nuse crate::a::B;"), ["crate::a::B"]);
    }

    #[test]
    fn modules_are_told_apart_by_where_they_lie() {
        let names = read(&Vec::new(), "mod a; pub mod b { mod c; fn f() { super::a::g() } }").expect("tokens");
        assert_eq!(names.files, [vec!["a"], vec!["b", "c"]]);
        assert_eq!(names.inline, [vec!["b"]]);
        assert_eq!(names.paths[0].module, ["b"]);
    }
}
