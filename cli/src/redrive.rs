//! `peerwright redrive`: dead letters, and how they come back to their functions.

mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{ArgGroup, Args, ValueEnum};
use peerwright_aws::{DeadLetters, Letter, SystemClock};
use peerwright_core::count::counted;
use peerwright_core::ids::PcxId;
use peerwright_engine::dead_letter::{DeadLetter, Standing};
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::{Clock as _, Ledger as _};
use schemars::JsonSchema;
use serde::Serialize;

use crate::confirm::{can_be_asked, is_confirmed};
use crate::output::{HOW_TO_NAME_IT, asked, explained};
use crate::progress;
use crate::screen::Screen;
use crate::session::Session;

/// The exit status that says that letters are left where they are.
const NOT_DONE: u8 = 2;
/// How many letters of a queue are shown.
const SHOWN: usize = 100;
/// How often SQS is asked how far it is, and how many times.
const PAUSE: Duration = Duration::from_millis(500);
const LOOKS: usize = 120;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Function {
    Accept,
    Cleanup,
    Configure,
    Request,
    Sweep,
}

/// Whose dead letters.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["function", "all"]))]
pub(crate) struct Command {
    /// The function that gave them up.
    #[arg(value_enum)]
    function: Option<Function>,
    /// Those of every function.
    #[arg(long)]
    all: bool,
    /// Bring them back without a question.
    #[arg(short, long)]
    yes: bool,
}

/// What `peerwright redrive` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    queues: Vec<LetterQueue>,
    /// About how many records of the allowlist's stream were missed: they are no messages, and can't be brought back.
    missed_changes: usize,
    /// About how many events could not be delivered: the same.
    undelivered: usize,
    /// True where the letters were shown to the person before they said yes.
    #[serde(skip)]
    shown: bool,
}

/// The dead letters of a function.
#[derive(Debug, Serialize, JsonSchema)]
struct LetterQueue {
    function: &'static str,
    /// About how many there are, or were.
    letters: usize,
    /// The first of them.
    first: Vec<LetterInWords>,
    /// What came of bringing them back; none where that was not done.
    moved: Option<Moved>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LetterInWords {
    /// A connection, a VPC or a place.
    about: String,
    /// The kind of failure; none where the function never came to an end.
    error: Option<String>,
    reason: Option<String>,
    /// When it was given up.
    at: Option<String>,
    /// Why it is of no use to bring it back as things are.
    in_vain: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Moved {
    /// As SQS has it: `COMPLETED`, or why not.
    status: String,
    /// About how many letters.
    count: u64,
}

/// Shows what there is, asks, and brings it back.
pub(crate) async fn run(command: Command, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let functions = match command.function {
        Some(function) => vec![Recipient::from(function)],
        None => Recipient::ALL.to_vec(),
    };
    let mut opened = Vec::new();
    for function in functions {
        let name = session.named(&format!("{}-dead-letter", function.name()));
        let Some(queue) = DeadLetters::named(session.config().await?, &name).await.map_err(explained)? else {
            return Err(asked(&format!("there is no queue {name}: {HOW_TO_NAME_IT}")));
        };
        opened.push((function, queue));
    }
    let mut answer = look(&opened, session).await?;
    let left = answer.queues.iter().map(|queue| queue.letters).sum::<usize>();
    if left == 0 {
        out.show(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !command.yes {
        out.show(&answer)?;
        answer.shown = true;
        let question = format!("Bring {} back?", counted(left, "letter", "letters"));
        if !can_be_asked(out) || !is_confirmed(&question, out)? {
            if out.is_for_a_person() {
                writeln!(out, "the letters stay where they are: `--yes` brings them back without a question")?;
            }
            return Ok(ExitCode::from(NOT_DONE));
        }
    }
    for (queue, (_, letters)) in answer.queues.iter_mut().zip(&opened) {
        if queue.letters > 0 {
            queue.moved = Some(bring_back(letters).await?);
        }
    }
    out.show(&answer)?;
    out.flush()?;
    let is_done = |queue: &LetterQueue| queue.moved.as_ref().is_none_or(|moved| moved.status == "COMPLETED");
    Ok(if answer.queues.iter().all(is_done) { ExitCode::SUCCESS } else { ExitCode::from(NOT_DONE) })
}

/// Reads letters, and what is known by now of what they are about.
async fn look(opened: &[(Recipient, DeadLetters)], session: &Session) -> Result<Answer> {
    let mut read: Vec<Vec<(Letter, DeadLetter)>> = Vec::new();
    for (_, queue) in opened {
        let letters = queue.read(SHOWN).await.map_err(explained)?;
        let understood = |letter: Letter| {
            let meaning = DeadLetter::read(&letter.body, letter.reason.as_deref().unwrap_or_default());
            (letter, meaning)
        };
        read.push(letters.into_iter().map(understood).collect());
    }
    let standing = standing(read.iter().flatten().map(|(_, meaning)| meaning), session).await?;
    let queues = opened.iter().zip(read).map(|((function, queue), letters)| LetterQueue {
        function: function.name(),
        letters: queue.count().max(letters.len()),
        first: letters.iter().map(|(letter, meaning)| LetterInWords::of(letter, meaning, &standing)).collect(),
        moved: None,
    });
    let (missed_changes, undelivered) = (messages("missed-changes", session).await?, messages("undelivered", session).await?);
    Ok(Answer { queues: queues.collect(), missed_changes, undelivered, shown: false })
}

async fn standing(letters: impl Iterator<Item = &DeadLetter>, session: &Session) -> Result<Standing> {
    let (mut ids, mut places): (BTreeSet<PcxId>, BTreeSet<_>) = (BTreeSet::new(), BTreeSet::new());
    for letter in letters {
        ids.extend(letter.connection().cloned());
        places.extend(letter.places());
    }
    let ledger = session.ledger().await?;
    let entries = ledger.load_all(&ids).await.map_err(explained)?.read.into_iter();
    let refused = ledger.place_refusals(&places).await.map_err(explained)?.into_iter();
    Ok(Standing {
        entries: entries.map(|entry| (entry.connection.clone(), entry)).collect(),
        refused: refused.map(|(place, refusal)| (place, refusal.reason)).collect::<BTreeMap<_, _>>(),
    })
}

/// About how many messages a queue has that nobody redrives.
async fn messages(part: &str, session: &Session) -> Result<usize> {
    let queue = DeadLetters::named(session.config().await?, &session.named(part)).await.map_err(explained)?;
    Ok(queue.map_or(0, |queue| queue.count()))
}

async fn bring_back(letters: &DeadLetters) -> Result<Moved> {
    letters.start_move().await.map_err(explained)?;
    let mut moved = Moved { status: "RUNNING".to_owned(), count: 0 };
    for _ in 0..LOOKS {
        if let Some(now) = letters.last_move().await.map_err(explained)? {
            progress::tell(format!("{} moved", counted(usize::try_from(now.moved).unwrap_or(usize::MAX), "letter", "letters")));
            let is_running = matches!(now.status.as_str(), "RUNNING" | "");
            moved = Moved { status: now.why.map_or(now.status.clone(), |why| format!("{}: {why}", now.status)), count: now.moved };
            if !is_running {
                break;
            }
        }
        SystemClock.sleep(PAUSE).await;
    }
    Ok(moved)
}

impl LetterInWords {
    fn of(letter: &Letter, meaning: &DeadLetter, standing: &Standing) -> Self {
        Self {
            about: meaning.about(),
            error: letter.error_type.clone(),
            reason: letter.reason.clone(),
            at: letter.sent_at.map(|at| at.to_string()),
            in_vain: meaning.in_vain(standing),
        }
    }
}

impl From<Function> for Recipient {
    fn from(function: Function) -> Self {
        match function {
            Function::Accept => Self::Accept,
            Function::Cleanup => Self::Cleanup,
            Function::Configure => Self::Configure,
            Function::Request => Self::Request,
            Function::Sweep => Self::Sweep,
        }
    }
}
