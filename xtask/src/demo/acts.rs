//! Plays the acts and shows what they find.

use anyhow::Result;
use serde_json::Value;

use super::messages::{Message, Outcome};
use super::story;
use crate::command::{self, Stream, Tail};
use crate::local::Running;
use crate::session::Session;
use crate::ui::{Step, Ui, duration};

/// What the acts found.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) checks: usize,
    pub(super) failed: usize,
    /// What was said where the acts did not come to their end.
    pub(super) broken: Option<String>,
    pub(super) result: Option<Outcome>,
    /// The network while most connections lived.
    pub(super) map: Option<Value>,
}

/// `verbose`: shows every expectation, not only those that were not met.
pub(super) fn play(session: &Session, running: &Running, verbose: bool) -> Result<Verdict> {
    let mut command = running.environment.python(&session.workspace);
    command.args(["-m", "peerwright_demo", "--state"]).arg(&running.directory);
    command.arg("--cli").arg(running.artifacts.join("peerwright"));
    let mut stage = Stage { ui: &session.ui, verbose, act: None, verdict: Verdict::default() };
    let mut tail = Tail::default();
    let status = command::run(&mut command, &session.interrupt, |stream, line| match serde_json::from_str(line) {
        Ok(message) if stream == Stream::Out => stage.hear(message),
        _ => tail.push(line),
    })?;
    let broken = stage.verdict.result.is_none() || (!status.success() && stage.verdict.failed == 0);
    if broken {
        stage.verdict.broken = Some(format!("the acts broke off ({status}):\n{tail}"));
    }
    Ok(stage.close())
}

struct Stage<'a> {
    ui: &'a Ui,
    verbose: bool,
    act: Option<Act>,
    verdict: Verdict,
}

/// The act that is on, with its spinner.
struct Act {
    step: Step,
    checks: usize,
    failed: usize,
}

impl Stage<'_> {
    fn hear(&mut self, message: Message) {
        match message {
            Message::Prepare { prepare } => self.begin(&prepare),
            Message::Act { act, title } => {
                self.end_act();
                self.ui.heading(&format!("Act {act}: {title}"));
                self.begin(&format!("act {act}"));
            }
            Message::Progress { progress } => {
                if let Some(act) = &mut self.act {
                    act.step.now(&progress);
                }
            }
            Message::Check { check, ok, saw } => self.check(&check, ok, &saw),
            Message::Map { map } => self.verdict.map = Some(map),
            Message::Tell { tell, texts } => self.line(&story::told(self.ui, &tell, &texts)),
            Message::Figure { figure, seconds } => self.line(&story::told(self.ui, "took", &[format!("{} {figure}", duration(seconds))])),
            Message::Result { result } => self.verdict.result = Some(result),
        }
    }

    fn begin(&mut self, name: &str) {
        self.end_act();
        self.act = Some(Act { step: self.ui.step(name), checks: 0, failed: 0 });
    }

    fn check(&mut self, check: &str, ok: bool, saw: &str) {
        self.verdict.checks += 1;
        self.verdict.failed += usize::from(!ok);
        if let Some(act) = &mut self.act {
            act.checks += 1;
            act.failed += usize::from(!ok);
        }
        if let Some(text) = self.shown(check, ok, saw) {
            self.line(&text);
        }
    }

    /// What was met is shown only where everything is; what was not, always.
    fn shown(&self, check: &str, ok: bool, saw: &str) -> Option<String> {
        if ok { self.verbose.then(|| story::met(self.ui, check)) } else { Some(story::failed(self.ui, check, saw)) }
    }

    fn line(&self, text: &str) {
        match &self.act {
            Some(act) => act.step.line(text),
            None => self.ui.line(text),
        }
    }

    fn end_act(&mut self) {
        if let Some(act) = self.act.take().filter(|act| act.failed == 0 && self.verdict.broken.is_none()) {
            let checks = if act.checks == 0 { String::new() } else { format!("{} checks", act.checks) };
            act.step.done(&checks);
        }
    }

    fn close(mut self) -> Verdict {
        self.end_act();
        self.verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Target;

    #[test]
    fn what_was_met_is_shown_only_on_request_and_what_was_not_always() {
        let ui = Ui::plain(Target::Stderr);
        let shown = |verbose, ok| Stage { ui: &ui, verbose, act: None, verdict: Verdict::default() }.shown("9 routes", ok, "8 of 9");
        assert_eq!((shown(false, true), shown(true, true).as_deref()), (None, Some("  ✓ 9 routes")));
        assert_eq!(shown(false, false), shown(true, false));
        assert!(shown(false, false).is_some_and(|text| text.contains("9 routes") && text.contains("8 of 9")));
    }

    #[test]
    fn one_expectation_that_was_not_met_is_counted_among_all() {
        let ui = Ui::new(Target::Stderr);
        let mut stage = Stage { ui: &ui, verbose: false, act: None, verdict: Verdict::default() };
        for line in
            [r#"{"act": 1, "title": "t"}"#, r#"{"check": "a", "ok": true, "saw": "a"}"#, r#"{"check": "b", "ok": false, "saw": "c"}"#]
        {
            stage.hear(serde_json::from_str(line).expect("as the acts write it"));
        }
        let verdict = stage.close();
        assert_eq!((verdict.checks, verdict.failed), (2, 1));
    }
}
