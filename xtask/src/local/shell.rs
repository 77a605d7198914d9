//! Settings in the words of a shell.

use std::fmt::Write;

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// sh, bash, zsh, ksh, dash
    Sh,
    Fish,
}

impl Shell {
    pub(super) fn unset(self, names: &[&str]) -> String {
        match self {
            Self::Sh => format!("unset {}\n", names.join(" ")),
            Self::Fish => names.iter().fold(String::new(), |mut text, name| {
                let _ = writeln!(text, "set -e {name}");
                text
            }),
        }
    }

    pub(super) fn export(self, name: &str, value: &str) -> String {
        let value = self.quoted(value);
        match self {
            Self::Sh => format!("export {name}={value}\n"),
            Self::Fish => format!("set -gx {name} {value}\n"),
        }
    }

    /// Puts a directory before the others of PATH, once however often it is evaluated.
    pub(super) fn prepend_path(self, directory: &str) -> String {
        let directory = self.quoted(directory);
        match self {
            Self::Sh => format!("case \":$PATH:\" in *:{directory}:*) ;; *) export PATH={directory}:\"$PATH\" ;; esac\n"),
            Self::Fish => format!("contains -- {directory} $PATH; or set -gx PATH {directory} $PATH\n"),
        }
    }

    /// How a person has the shell evaluate what a command prints.
    pub(crate) fn evaluate(self, command: &str) -> String {
        match self {
            Self::Sh => format!("eval \"$({command})\""),
            Self::Fish => format!("{command} --shell fish | source"),
        }
    }

    /// Plain words need no quotes.
    fn quoted(self, text: &str) -> String {
        if text.chars().all(|one| one.is_ascii_alphanumeric() || "/:.-_,+@%".contains(one)) && !text.is_empty() {
            return text.to_owned();
        }
        match self {
            Self::Sh => format!("'{}'", text.replace('\'', r"'\''")),
            Self::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What a shell has in a variable after it evaluated something twice.
    fn evaluated(program: &str, text: &str, variable: &str) -> Option<String> {
        let script = format!("{text}{text}printf %s \"${variable}\"");
        let output = Command::new(program).args(["-c", &script]).env("PATH", "/usr/bin:/bin").env("OLD", "x").output().ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Those that this machine has; sh is everywhere.
    fn shells() -> [(Shell, &'static str); 5] {
        [(Shell::Sh, "sh"), (Shell::Sh, "bash"), (Shell::Sh, "zsh"), (Shell::Sh, "dash"), (Shell::Fish, "fish")]
    }

    fn check(text: impl Fn(Shell) -> String, variable: &str, expected: &str) {
        let found: Vec<_> = shells().into_iter().filter_map(|(shell, program)| evaluated(program, &text(shell), variable)).collect();
        assert!(!found.is_empty() && found.iter().all(|one| one == expected), "{found:?}");
    }

    #[test]
    fn a_value_with_spaces_and_quotes_arrives_as_it_is() {
        let value = r#"/my $HOME/it's a "check\out""#;
        check(|shell| shell.export("VALUE", value), "VALUE", value);
    }

    #[test]
    fn a_directory_with_a_space_is_put_before_the_path_once() {
        check(|shell| shell.prepend_path("/my check out/bin"), "PATH", "/my check out/bin:/usr/bin:/bin");
    }

    #[test]
    fn what_would_win_over_the_profiles_is_taken_away() {
        check(|shell| shell.unset(&["OLD", "NEVER_THERE"]), "OLD", "");
    }
}
