//! pip's configuration, said in uv's words.

/// What pip calls it, what uv calls it, and what uv has between several values.
const SETTINGS: [(&str, &str, &str); 4] = [
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("cert", "SSL_CERT_FILE", " "),
];

/// Environment variables for uv from what `pip config list` prints: lines like `global.index-url='…'` and, for `PIP_INDEX_URL`,
/// `:env:.index-url='…'`, which win.
pub(super) fn for_uv(listed: &str) -> Vec<(&'static str, String)> {
    SETTINGS.iter().filter_map(|(pip, uv, between)| Some((*uv, values(listed, pip)?.join(between)))).collect()
}

fn values(listed: &str, setting: &str) -> Option<Vec<String>> {
    [":env:.", "install.", "global."].iter().find_map(|section| {
        let quoted = listed.lines().find_map(|line| line.strip_prefix(section)?.strip_prefix(setting)?.strip_prefix('='))?;
        let plain = quoted.trim().trim_matches(['\'', '"']).replace("\\n", " ");
        let words: Vec<_> = plain.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_in_the_environment_wins_over_the_file() {
        let listed =
            "global.index-url='https://file.invalid/simple'\n:env:.index-url='https://variable.invalid/simple'\nglobal.timeout='9'\n";
        assert_eq!(for_uv(listed), [("UV_DEFAULT_INDEX", "https://variable.invalid/simple".to_owned())]);
    }

    #[test]
    fn several_places_on_several_lines_become_one_value() {
        let listed = "global.extra-index-url='\\nhttps://a.invalid\\nhttps://b.invalid'\nglobal.cert='/etc/ca.pem'\n";
        let expected = [("UV_INDEX", "https://a.invalid https://b.invalid".to_owned()), ("SSL_CERT_FILE", "/etc/ca.pem".to_owned())];
        assert_eq!(for_uv(listed), expected);
    }

    #[test]
    fn an_unconfigured_pip_asks_nothing_of_uv() {
        assert_eq!(for_uv(""), []);
    }
}
