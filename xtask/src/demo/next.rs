//! What to do after the demo, in commands that work as they are printed.

use crate::local::{self, Instance};
use crate::ui::Ui;

/// `kept`: the VPC that may ask by its tag, of a local AWS that is left running. `verbose`: every check was shown.
pub(super) fn text(ui: &Ui, kept: Option<&str>, verbose: bool) -> String {
    let sections = kept.map_or_else(|| for_a_new_one(verbose), for_this_one);
    let shown = sections.iter().map(|(what, commands)| {
        let lines: Vec<_> = commands.iter().map(|command| format!("    {command}")).collect();
        format!("  {what}\n{}", lines.join("\n"))
    });
    format!("\n{}\n{}", ui.bold("What next"), shown.collect::<Vec<_>>().join("\n"))
}

type Section = (&'static str, Vec<String>);

/// What stands there goes on from a local AWS.
const TUTORIAL: &str = "less docs/tutorial.md";

fn for_a_new_one(verbose: bool) -> Vec<Section> {
    let again = if verbose {
        ("look around in this world:", lines(&["cargo xtask demo --keep"]))
    } else {
        ("see every check, or look around in this world:", lines(&["cargo xtask demo --verbose", "cargo xtask demo --keep"]))
    };
    vec![
        again,
        (
            "have a local AWS of your own, and follow the tutorial in it:",
            [lines(&["cargo xtask local up"]), vec![local::env_command(Instance::Up)], lines(&[TUTORIAL, "cargo xtask local down"])]
                .concat(),
        ),
        ("deploy it in AWS:", lines(&["less docs/deploy.md"])),
    ]
}

fn for_this_one(vpc: &str) -> Vec<Section> {
    vec![
        ("this world is left running; in any shell:", [vec![local::env_command(Instance::Demo)], used()].concat()),
        (
            "ask by a tag again, and read the answer a few seconds later:",
            vec![
                format!("aws --profile member-a ec2 create-tags --resources {vpc} \\"),
                "  --tags Key=peerwright:peer-with,Value=shared-services".to_owned(),
                "aws --profile member-a ec2 describe-tags --output text \\".to_owned(),
                format!("  --filters Name=resource-id,Values={vpc}"),
            ],
        ),
        ("follow the tutorial, in a local AWS of your own:", lines(&["cargo xtask local up", TUTORIAL])),
        ("end them:", lines(&["cargo xtask local down"])),
    ]
}

fn used() -> Vec<String> {
    lines(&["peerwright allowlist list", "aws --profile member-a ec2 describe-vpcs --output table"])
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Target;

    const VPC: &str = "vpc-0123456789abcdef0";

    #[test]
    fn a_world_that_is_gone_is_not_spoken_of() {
        let text = text(&Ui::plain(Target::Stdout), None, false);
        assert!(text.contains("    eval \"$(cargo xtask local env)\"\n") && !text.contains("--demo"), "{text}");
    }

    #[test]
    fn in_a_world_that_is_kept_the_commands_name_its_vpc() {
        let text = text(&Ui::plain(Target::Stdout), Some(VPC), false);
        assert!(text.contains("    eval \"$(cargo xtask local env --demo)\"\n"), "{text}");
        assert!(text.contains("create-tags --resources vpc-0123456789abcdef0 \\\n      --tags"), "{text}");
    }

    #[test]
    fn what_next_names_the_tutorial_and_nothing_that_was_just_done() {
        let ui = Ui::plain(Target::Stdout);
        for (kept, verbose) in [(None, false), (None, true), (Some(VPC), false), (Some(VPC), true)] {
            let text = text(&ui, kept, verbose);
            assert!(text.contains("docs/tutorial.md"), "{text}");
            assert_eq!(text.contains("--verbose"), kept.is_none() && !verbose, "{text}");
        }
    }

    #[test]
    fn eighty_columns_hold_every_line() {
        let ui = Ui::plain(Target::Stdout);
        for text in [text(&ui, None, false), text(&ui, None, true), text(&ui, Some(VPC), true)] {
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
