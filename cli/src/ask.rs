//! `peerwright request` and `peerwright remove`: set or change the tag by which a VPC asks for others, and tell the answer.

mod stays;
mod target;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use peerwright_aws::{OwnAccount, OwnVpc, SystemClock, connect_as};
use peerwright_core::allowlist::Aliases;
use peerwright_core::ask::edit::{Edited, meant as meant_by_word, named_in, with_target, without_target, words_for};
use peerwright_core::ask::{ASK_TAG, STATUS_TAG};
use peerwright_core::ids::{Place, VpcRef};
use peerwright_core::named::NamedVpc;
use peerwright_core::world::Tags;
use peerwright_engine::ports::{Allowlist as _, Clock as _};
use peerwright_engine::reply::{Reply, reply};
use schemars::JsonSchema;
use serde::Serialize;

use crate::line::{ADDED, BLOCKED, CHANGED, line};
use crate::output::explained;
use crate::progress;
use crate::screen::{Screen, View};
use crate::session::Session;
use stays::stays;
use target::Asker;

/// The exit status that says that there is no connection yet, or no end of it.
const NOT_DONE: u8 = 2;

/// How often the VPC is looked at for the answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Which VPC asks for which.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// The VPC that asks, in an account that you have credentials of: an alias, vpc-…, account/vpc-… or account/Region/vpc-….
    #[arg(long, value_name = "VPC|ALIAS")]
    from: NamedVpc,
    /// The VPC that it asks for, written in the same ways. An id alone is looked for in the asking VPC's own place first, and then where sweeps look.
    #[arg(long, value_name = "VPC|ALIAS")]
    to: NamedVpc,
    /// The profile with credentials for the account of the VPC that asks; the same as for everything else unless given.
    #[arg(long = "as", value_name = "NAME")]
    own_profile: Option<String>,
    /// Do not wait for the answer.
    #[arg(long)]
    no_wait: bool,
    /// How many seconds to wait for the answer.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", conflicts_with = "no_wait")]
    timeout: u32,
}

/// What `peerwright request` and `peerwright remove` answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The VPC whose tag it is.
    vpc: String,
    /// True where the tag was changed; false where it said so already.
    changed: bool,
    /// What the tag says now; none where it is gone.
    tag: Option<String>,
    /// How far it is: `settled`, `waiting` for an answer or for somebody, or `not-awaited`.
    came: Came,
    /// What the tag `peerwright:status` says of it.
    told: Option<String>,
    /// What could not be checked before the tag was written.
    unchecked: Option<String>,
    /// Why the connection stays although nothing asks for it any more: it is frozen.
    stays: Option<String>,
    /// What to do where nothing more follows by itself.
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Came {
    /// It is as it was asked for.
    Settled,
    /// There is an answer, and it is no.
    Refused,
    /// There is no last answer within the time.
    Waiting,
    /// Nobody waited for it.
    NotAwaited,
}

/// Asks for a connection, or no longer.
pub(crate) async fn run(command: Command, asking: bool, session: &Session, out: &mut Screen<'_>) -> Result<ExitCode> {
    let aliases = session.allowlist().await?.aliases().await;
    let (aliases, unchecked) = match aliases {
        Ok(aliases) => (Some(aliases), None),
        Err(failure) => (None, Some(format!("the allowlist can't be read, so aliases were not checked: {}", failure.explain_final()))),
    };
    let (own, vpc) = own_vpc(&command, aliases.as_ref(), session).await?;
    let found = owned(&own, &vpc).await?;
    let asker = Asker { own: &own, vpc: &vpc, tags: &found.tags, aliases: aliases.as_ref() };
    let word = if asking { asker.word_to_ask(&command.to, session).await? } else { asker.word_to_remove(&command.to)? };
    let edited = if asking {
        with_target(&vpc, &found.tags, &word, aliases.as_ref())
            .map_err(|why| anyhow!("{vpc} does not ask for it, and nothing was changed: {why}"))?
    } else {
        without_target(&vpc, &found.tags, &word, aliases.as_ref())
    };
    let tag = write(&own, &vpc, &edited, &found.tags).await?;
    let mut answer = Answer {
        vpc: vpc.to_string(),
        changed: edited != Edited::Unchanged,
        tag,
        came: Came::NotAwaited,
        told: None,
        unchecked: unchecked.filter(|_| matches!(command.to, NamedVpc::Alias(_)) || names_by_alias(&found.tags)),
        stays: None,
        advice: None,
    };
    if !command.no_wait {
        let before = answer.changed.then(|| found.tags.get(STATUS_TAG).cloned()).flatten();
        let named = named(&vpc, &found.tags, &word, aliases.as_ref());
        let ask = Asked { own: &own, vpc: &vpc, named, asking, changed: answer.changed, before };
        let is_over;
        (answer.came, answer.told, is_over) = ask.wait(command.timeout).await?;
        answer.advice = is_over.then(|| command.anew());
    }
    if !asking && let Some(other) = meant_by_word(&vpc, &word, aliases.as_ref()) {
        answer.stays = stays(&vpc, &other, session).await;
        answer.came = if answer.stays.is_some() { Came::Waiting } else { answer.came };
    }
    out.show(&answer)?;
    out.flush()?;
    Ok(if matches!(answer.came, Came::Settled | Came::NotAwaited) { ExitCode::SUCCESS } else { ExitCode::from(NOT_DONE) })
}

/// True where the tag may name VPCs by aliases, which were not checked.
fn names_by_alias(tags: &Tags) -> bool {
    named_in(tags).into_iter().any(|word| matches!(word.parse(), Ok(NamedVpc::Alias(_))))
}

impl Command {
    /// How the same is asked for anew.
    fn anew(&self) -> String {
        let whose = self.own_profile.as_ref().map(|name| format!(" --as {name}")).unwrap_or_default();
        let which = format!("--from {} --to {}{whose}", self.from, self.to);
        format!("nothing asks again until the tag is set anew: `peerwright remove {which}`, then `peerwright request {which}`")
    }
}

/// The caller's own account, and the VPC in it that asks.
async fn own_vpc(command: &Command, aliases: Option<&Aliases>, session: &Session) -> Result<(OwnAccount, VpcRef)> {
    let config = match &command.own_profile {
        None => session.config().await?.clone(),
        Some(name) => Box::pin(connect_as(&session.login_of(name))).await.map_err(explained)?,
    };
    let Some(home) = config.region().and_then(|region| region.as_ref().parse().ok()) else {
        bail!("no Region is set for these credentials: name it by --region, or in the profile");
    };
    let own = OwnAccount::connect(&config, &home).await.map_err(explained)?;
    let vpc = meant(&command.from, own.place(), aliases)?;
    if vpc.place.account != own.place().account {
        let profile =
            command.own_profile.as_deref().map_or_else(|| "these credentials are".to_owned(), |name| format!("profile {name} is"));
        bail!(
            "{vpc} is in account {}, and {profile} of account {}: only its own account sets its tags. Name a profile of {} by --as NAME. Nothing was \
             changed",
            vpc.place.account,
            own.place().account,
            vpc.place.account
        );
    }
    if vpc.place.region == home {
        return Ok((own, vpc));
    }
    Ok((OwnAccount::connect(&config, &vpc.place.region).await.map_err(explained)?, vpc))
}

/// The VPC that is meant by somebody at a place: what is not written is that place's.
fn meant(named: &NamedVpc, home: &Place, aliases: Option<&Aliases>) -> Result<VpcRef> {
    match named {
        NamedVpc::Id { vpc, account, region } => {
            let place = Place {
                account: account.as_ref().unwrap_or(&home.account).clone(),
                region: region.as_ref().unwrap_or(&home.region).clone(),
            };
            Ok(VpcRef { place, vpc: vpc.clone() })
        }
        NamedVpc::Alias(name) => {
            let Some(aliases) = aliases else {
                bail!("the allowlist can't be read, so nobody knows which VPC is {name}: write account/Region/vpc-…. Nothing was changed");
            };
            aliases.get(name).cloned().ok_or_else(|| anyhow!("{name} is no alias of the allowlist: nothing was changed"))
        }
    }
}

/// The VPC, if it is there and the account's own.
async fn owned(own: &OwnAccount, vpc: &VpcRef) -> Result<OwnVpc> {
    let Some(found) = own.vpc(&vpc.vpc).await.map_err(explained)? else {
        bail!(
            "{} has no {} in {}: if it is another account's, name a profile of that account by --as NAME; if it is in another Region, write \
             account/Region/{}. Nothing was changed",
            vpc.place.account,
            vpc.vpc,
            vpc.place.region,
            vpc.vpc
        );
    };
    if found.owner != vpc.place.account {
        bail!(
            "{} is only shared with account {}, and belongs to {}: set the tag there, with a profile of that account (--as NAME). Nothing was changed",
            vpc.vpc,
            vpc.place.account,
            found.owner
        );
    }
    Ok(found)
}

/// Writes the tag; what it says then.
async fn write(own: &OwnAccount, vpc: &VpcRef, edited: &Edited, before: &Tags) -> Result<Option<String>> {
    match edited {
        Edited::Unchanged => Ok(before.get(ASK_TAG).cloned()),
        Edited::Set(value) => {
            own.tag(vpc, ASK_TAG, value).await.map_err(explained)?;
            Ok(Some(value.clone()))
        }
        Edited::Removed => {
            own.untag(vpc, ASK_TAG).await.map_err(explained)?;
            Ok(None)
        }
    }
}

/// The words by which the tag names the target, before or after.
fn named(vpc: &VpcRef, tags: &Tags, word: &str, aliases: Option<&Aliases>) -> Vec<String> {
    let mut named = words_for(vpc, tags, word, aliases);
    named.push(word.to_owned());
    named
}

/// What was asked for, or is not any more.
struct Asked<'a> {
    own: &'a OwnAccount,
    vpc: &'a VpcRef,
    /// The words by which the tag names it.
    named: Vec<String>,
    asking: bool,
    /// True where the tag was changed just now.
    changed: bool,
    /// What the answers said before the tag was changed.
    before: Option<String>,
}

impl Asked<'_> {
    /// How far it has come, what is said of it, and whether its connection is over.
    async fn wait(&self, seconds: u32) -> Result<(Came, Option<String>, bool)> {
        let until = SystemClock.now().saturating_add(Duration::from_secs(seconds.into())).unwrap_or(jiff::Timestamp::MAX);
        loop {
            let found = self.own.vpc(&self.vpc.vpc).await.map_err(explained)?;
            let status = found.as_ref().and_then(|found| found.tags.get(STATUS_TAG)).map(String::as_str).unwrap_or_default();
            let reply = reply(status, &self.named);
            progress::tell(
                reply.as_ref().map_or_else(|| format!("waiting for {STATUS_TAG} of {}", self.vpc.vpc), |reply| reply.words().to_owned()),
            );
            let said = || reply.as_ref().map(|reply| reply.words().to_owned());
            // What it said before is no answer to what it was asked just now.
            let is_new = self.asking && self.before.as_deref() != Some(status);
            match &reply {
                None if !self.asking => return Ok((Came::Settled, None, false)),
                Some(Reply::Done(_)) if is_new => return Ok((Came::Settled, said(), false)),
                Some(Reply::No(_)) if is_new => return Ok((Came::Refused, said(), false)),
                Some(Reply::Over(_)) if is_new => return Ok((Came::Refused, said(), true)),
                Some(Reply::Ending(_)) if is_new && !self.changed => return Ok((Came::Refused, said(), true)),
                _ if SystemClock.now() >= until => {
                    let is_over = self.asking && matches!(reply, Some(Reply::Over(_) | Reply::Ending(_)));
                    return Ok((Came::Waiting, said(), is_over));
                }
                _ => SystemClock.sleep(PAUSE).await,
            }
        }
    }
}

impl View for Answer {
    fn print(&self, screen: &mut Screen<'_>) -> Result<()> {
        let tag = self.tag.as_ref().map_or_else(|| "is gone".to_owned(), |tag| format!("says: {tag}"));
        let word = if self.changed { "" } else { "already " };
        line(screen, 0, "", anstyle::Style::new(), &format!("the tag {ASK_TAG} of {} {word}{tag}", self.vpc))?;
        if let Some(why) = &self.unchecked {
            line(screen, 0, "!", CHANGED, why)?;
        }
        let said = self.told.as_deref();
        if let Some(why) = &self.stays {
            line(screen, 0, "~", CHANGED, "nothing is asked for there any more")?;
            return line(screen, 0, "!", BLOCKED, why);
        }
        match self.came {
            Came::Settled => line(screen, 0, "+", ADDED, said.unwrap_or("nothing is asked for there any more")),
            Came::Refused => line(screen, 0, "!", BLOCKED, said.unwrap_or("it is refused")),
            Came::Waiting => {
                let words =
                    said.map_or_else(|| format!("no answer so far: the tag {STATUS_TAG} will tell"), |said| format!("so far: {said}"));
                line(screen, 0, "~", CHANGED, &words)
            }
            Came::NotAwaited => line(screen, 0, "~", CHANGED, &format!("the tag {STATUS_TAG} will tell")),
        }?;
        self.advice.iter().try_for_each(|advice| line(screen, 2, "", anstyle::Style::new(), advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Place {
        "111111111111/eu-west-1".parse().expect("a place")
    }

    fn named(text: &str) -> NamedVpc {
        text.parse().expect("a VPC")
    }

    #[test]
    fn an_alias_needs_the_allowlist_and_an_id_the_place_of_who_asks() {
        let vpc = |text: &str, aliases: Option<&Aliases>| meant(&named(text), &home(), aliases);
        assert_eq!(vpc("vpc-0000000a", None).expect("a VPC").to_string(), "111111111111/eu-west-1/vpc-0000000a");
        assert!(vpc("database", None).expect_err("unknown").to_string().contains("write account/Region/vpc-…"));
        assert!(vpc("database", Some(&Aliases::new())).expect_err("unknown").to_string().contains("no alias"));
    }
}
