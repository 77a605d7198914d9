//! The documents that come from the program itself are as it is. `UPDATE_GOLDEN=1` writes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::CommandFactory;

use crate::{Arguments, schema};

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference")
}

fn is_as_written(path: &Path, text: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a directory")).and_then(|()| fs::write(path, text)).expect("it can be written");
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == text, "{} is not what the program says: UPDATE_GOLDEN=1 writes it", path.display());
}

#[test]
fn every_command_is_in_the_reference() {
    let options = clap_markdown::MarkdownOptions::new().title("The commands of `peerwright`".to_owned()).show_footer(false);
    let text = clap_markdown::help_markdown_custom::<Arguments>(&options);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    is_as_written(&reference().join("commands.md"), &format!("{}\n", lines.join("\n").trim_end()));
}

fn file_of(command: &str) -> String {
    format!("{}.schema.json", command.replace(' ', "-"))
}

#[test]
fn every_answer_has_its_schema_in_the_reference() {
    let directory = reference().join("commands");
    for (name, schema) in schema::all() {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
        is_as_written(&directory.join(file_of(name)), &format!("{text}\n"));
    }
    let written: BTreeSet<String> = fs::read_dir(&directory)
        .expect("the directory")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    let wanted: BTreeSet<String> = schema::all().keys().map(|name| file_of(name)).collect();
    assert_eq!(written, wanted, "there are schemas of no command");
}

#[test]
fn the_arguments_are_what_clap_accepts() {
    Arguments::command().debug_assert();
}
