//! `docs/reference/parameters.md` says of each parameter what its template does.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

const TEMPLATES: [&str; 6] = ["archive", "guardrails", "hub", "member", "people", "watch"];

fn beside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The parameters of a template.
fn parameters(name: &str) -> Map<String, Value> {
    let path = beside(&format!("infra/{name}.yaml"));
    let template: Value = serde_saphyr::from_str(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    template["Parameters"].as_object().cloned().unwrap_or_else(|| panic!("infra/{name}.yaml has no parameters"))
}

/// A value as it is given: without quotes around a text.
fn given(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn default(parameter: &Value) -> String {
    match parameter.get("Default").map(given) {
        None => "required".to_owned(),
        Some(text) if text.is_empty() => "empty".to_owned(),
        Some(text) => format!("`{text}`"),
    }
}

fn allowed(parameter: &Value) -> String {
    if let Some(values) = parameter["AllowedValues"].as_array() {
        return values.iter().map(|value| format!("`{}`", given(value))).collect::<Vec<_>>().join(", ");
    }
    if let (Some(least), Some(most)) = (parameter.get("MinValue"), parameter.get("MaxValue")) {
        return format!("{} to {}", given(least), given(most));
    }
    match parameter["ConstraintDescription"].as_str() {
        Some(constraint) => constraint.strip_prefix("must be ").unwrap_or(constraint).to_owned(),
        None => "any".to_owned(),
    }
}

/// The rows of a template's table, by name.
fn rows(name: &str) -> Vec<String> {
    let parameters = parameters(name);
    let mut names: Vec<&String> = parameters.keys().collect();
    names.sort_unstable();
    let row = |name: &String| {
        let parameter = &parameters[name];
        format!("| `{name}` | {} | {} | {} |", default(parameter), allowed(parameter), given(&parameter["Description"]))
    };
    names.into_iter().map(row).collect()
}

/// The template that a section is about.
fn template_of(heading: &str) -> Option<&str> {
    heading.strip_prefix("## `infra/")?.strip_suffix(".yaml`")
}

/// The page with the rows that the templates have.
fn with_rows_of_the_templates(page: &str) -> String {
    let mut template = "";
    let mut lines = Vec::new();
    for line in page.lines().filter(|line| !line.starts_with("| `")) {
        template = template_of(line).unwrap_or(template);
        lines.push(line.to_owned());
        if line.starts_with("|---") {
            lines.extend(rows(template));
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_reference_has_every_parameter_of_every_template_as_it_is() {
    let path = beside("docs/reference/parameters.md");
    let page = read(&path);
    let mut told: Vec<&str> = page.lines().filter_map(template_of).collect();
    told.sort_unstable();
    assert_eq!(told, TEMPLATES);
    let wanted = with_rows_of_the_templates(&page);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &wanted).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    assert_eq!(read(&path), wanted, "run the tests with UPDATE_GOLDEN=1, and read what changed");
}
