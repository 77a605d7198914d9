//! Plays a script against the fake, through the engine's ports.

use std::time::Duration;

use peerwright_engine::failure::{AwsMessage, Class, Failure};
use peerwright_testkit::{Turn, World, interleave, run};

use crate::call::{Outcome, call};
use crate::cast::{ACCOUNTS, Cast};
use crate::script::{Action, Only, Refused, Script, Step};
use crate::settings::applied;

/// A world, and who is who in it.
#[derive(Debug)]
pub(crate) struct Player {
    world: World,
    cast: Cast,
}

impl Player {
    /// What is not as the script says.
    pub(crate) fn play(script: &Script) -> Vec<String> {
        let world = ACCOUNTS.iter().fold(World::new(), |world, (_, account)| world.member(account));
        let world = applied(world.pace(Duration::ZERO, Duration::ZERO), &script.settings);
        let (world, cast) = Cast::enter(world, &script.vpcs);
        let mut player = Self { world, cast };
        let mut problems = Vec::new();
        for (step, number) in script.steps.iter().zip(1..).filter(|(step, _)| step.only != Some(Only::Local)) {
            if let Err(problem) = (0..step.times).try_for_each(|_| player.step(step)) {
                problems.push(format!("{}, step {number}, {}: {problem}", script.name, step.text));
            }
        }
        problems
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::Advance { seconds } => self.world.clock.advance(Duration::from_secs(*seconds)),
            Action::Set { settings } => self.world = applied(self.world.clone(), settings),
            Action::Together { steps } => return self.together(steps, step.refused.as_ref()),
            action => {
                let throttled = self.throttled();
                let outcome = run(call(&self.world, &self.cast, action));
                let throttled = self.throttled() > throttled;
                return self.judge(outcome, step.refused.as_ref(), throttled);
            }
        }
        Ok(())
    }

    /// How many calls were throttled so far.
    fn throttled(&self) -> u64 {
        self.world.metered_calls().1
    }

    /// One call of two begins while the other is under way.
    fn together(&mut self, steps: &[Step], refused: Option<&Refused>) -> Result<(), String> {
        let [one, two] = steps else { panic!("two are together") };
        let (one, two) = (call(&self.world, &self.cast, &one.action), call(&self.world, &self.cast, &two.action));
        let (one, two) = interleave(&[Turn::First, Turn::Second], one, two);
        self.judge(one, None, false)?;
        self.judge(two, refused, false)
    }

    /// Holds what came of a call against what the script says, and notes what the call made.
    fn judge(&mut self, outcome: Outcome, refused: Option<&Refused>, throttled: bool) -> Result<(), String> {
        match (outcome, refused) {
            // The fake sends a throttled call again, as the SDK does.
            (Ok(_), Some(refused)) if throttled && refused.class == Class::Throttled.label() => Ok(()),
            (Ok(_), None) if throttled => Err("it was throttled".to_owned()),
            (Ok(learn), None) => learn(&mut self.cast),
            (Ok(_), Some(_)) => Err("it was not refused".to_owned()),
            (Err(failure), Some(refused)) if is_meant(&failure, refused) => Ok(()),
            (Err(failure), _) => Err(format!("{}: {failure}", failure.class.label())),
        }
    }
}

/// The class, and the code where the fake gives one: faults that a test asks for have none.
fn is_meant(failure: &Failure, refused: &Refused) -> bool {
    let spoken = failure.source.downcast_ref::<AwsMessage>().map(|message| message.0.as_str());
    let says = |words: &Option<String>| spoken.is_none_or(|spoken| words.as_ref().is_none_or(|words| spoken.contains(words.as_str())));
    failure.class.label() == refused.class && says(&refused.code) && says(&refused.words)
}
