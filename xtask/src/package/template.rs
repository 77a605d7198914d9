//! A template as it is deployed from a package: the same text, in which functions are zips beside it and the only processor is the one that
//! they were built for.

mod yaml;

use std::ops::Range;

use anyhow::{Context, Result, bail};

use super::architecture::Architecture;
use yaml::Node;

const FUNCTION: &str = "AWS::Serverless::Function";

/// A template, with the functions that it deploys.
pub(super) struct Template {
    text: String,
    root: Node,
    functions: Vec<Function>,
}

struct Function {
    /// The name of its program, which is the name of its zip too.
    program: String,
    /// Where the text says what its code is.
    code: Range<usize>,
}

impl Template {
    pub(super) fn read(text: &str) -> Result<Self> {
        let root = Node::parse(text)?;
        let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
        let (mut functions, mut problems) = (Vec::new(), Vec::new());
        for (name, resource) in resources {
            if resource.get("Type").and_then(Node::text) == Some(FUNCTION) {
                match Function::read(resource) {
                    Ok(function) => functions.push(function),
                    Err(error) => problems.push(format!("{name} {error}")),
                }
            }
        }
        if !problems.is_empty() {
            bail!("{}", problems.join("\n"));
        }
        Ok(Self { text: text.to_owned(), root, functions })
    }

    /// The programs of its functions.
    pub(super) fn programs(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|function| function.program.as_str())
    }

    /// The text to deploy. Everything else stays as it was written, comments and CloudFormation's own tags included.
    pub(super) fn packaged(&self, architecture: Architecture) -> Result<String> {
        let mut changes: Vec<_> = self.functions.iter().map(|function| (function.code.clone(), zip(&function.program))).collect();
        if !changes.is_empty() {
            let parameter = self.root.get("Parameters").and_then(|all| all.get("Architecture"));
            let parameter = parameter.context("it has functions and no parameter Architecture")?;
            for (key, value) in [("Default", architecture.name().to_owned()), ("AllowedValues", format!("[{architecture}]"))] {
                let found = parameter.get(key).with_context(|| format!("its parameter Architecture has no {key}"))?;
                changes.push((found.range(), value));
            }
        }
        changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.text.clone();
        for (range, value) in changes {
            text.replace_range(range, &value);
        }
        Ok(text)
    }
}

impl Function {
    fn read(resource: &Node) -> Result<Self> {
        let program = resource.get("Metadata").and_then(|metadata| metadata.get("BuildProperties")?.get("Binary")?.text());
        let code = resource.get("Properties").and_then(|properties| properties.get("CodeUri"));
        Ok(Self {
            program: program.context("names no program: Metadata.BuildProperties.Binary is missing")?.to_owned(),
            code: code.context("has no CodeUri to be replaced")?.range(),
        })
    }
}

/// The zip of a program.
pub(super) fn zip(program: &str) -> String {
    format!("{program}.zip")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = r#"# Ünlike ASCII.
Parameters:
  Architecture:
    Type: String
    Default: arm64 # as SAM builds
    AllowedValues: [arm64, x86_64]
  Other: { Type: String, Default: arm64, AllowedValues: [arm64, x86_64] }
Resources:
  Accept:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: accept } }
    Properties:
      CodeUri: "../functions/accept" # built by cargo-lambda
      Role: !GetAtt AcceptRole.Arn
      Description: !Sub |
        CodeUri: of ${AWS::Region}
  Queue:
    Type: AWS::SQS::Queue
"#;

    fn packaged(text: &str) -> Result<String> {
        Template::read(text)?.packaged(Architecture::X86_64)
    }

    #[test]
    fn a_function_becomes_a_zip_and_the_processor_is_the_one_it_was_built_for() {
        let expected = HUB
            .replacen("Default: arm64 #", "Default: x86_64 #", 1)
            .replacen("AllowedValues: [arm64, x86_64]\n", "AllowedValues: [x86_64]\n", 1)
            .replacen(r#""../functions/accept""#, "accept.zip", 1);
        assert_eq!(packaged(HUB).expect("a template"), expected);
    }

    #[test]
    fn values_in_a_list_of_lines_are_replaced_as_well() {
        let lines = HUB.replacen("[arm64, x86_64]", "\n      - arm64\n      - x86_64", 1);
        let text = packaged(&lines).expect("a template");
        assert!(text.contains("AllowedValues: \n      [x86_64]\n  Other:"), "{text}");
    }

    #[test]
    fn a_template_without_functions_stays_as_it_is() {
        let member = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Condition: MakesRole # here\n";
        assert_eq!(packaged(member).expect("a template"), member);
    }

    #[test]
    fn everything_that_a_function_lacks_is_told_at_once() {
        let broken =
            HUB.replace("Binary: accept", "").replace("  Queue:\n    Type: AWS::SQS::Queue", "  Two:\n    Type: AWS::Serverless::Function");
        let error = packaged(&broken).expect_err("broken").to_string();
        assert!(error.contains("Accept names no program") && error.contains("Two names no program"), "{error}");
        let error = packaged(&HUB.replacen("Architecture:", "Processor:", 1)).expect_err("no parameter").to_string();
        assert!(error.contains("no parameter Architecture"), "{error}");
    }

    #[test]
    fn the_template_of_the_hub_deploys_all_functions_and_only_for_the_processor_asked_for() {
        let text = include_str!("../../../infra/hub.yaml");
        let template = Template::read(text).expect("a template");
        let mut programs: Vec<_> = template.programs().collect();
        programs.sort_unstable();
        assert_eq!(programs, ["accept", "cleanup", "configure", "request", "sweep"]);
        let packaged = template.packaged(Architecture::X86_64).expect("packaged");
        assert!(!packaged.contains("CodeUri: ..") && packaged.contains("AllowedValues: [x86_64]\n"));
        assert_eq!(packaged.lines().count(), text.lines().count());
        assert_eq!(packaged.lines().zip(text.lines()).filter(|(one, other)| one != other).count(), programs.len() + 2);
    }
}
