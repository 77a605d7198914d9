//! Reports.

use std::collections::BTreeSet;
use std::time::Duration;

use peerwright_engine::outcome::{Outcome, Report};

fn report(seconds: &[u64]) -> Report {
    let waiting = |seconds: &u64| Outcome::Waiting { why: "it is not pending yet".to_owned(), after: Duration::from_secs(*seconds) };
    let mut report = Report::nothing("the place is empty");
    report.outcomes.extend(seconds.iter().map(|time| (None, waiting(time))));
    report.outcomes.push((None, Outcome::Converged(3)));
    report
}

#[test]
fn the_shortest_wait_decides_when_to_look_again() {
    assert_eq!(report(&[30, 5, 60]).again_after(), Some(Duration::from_secs(5)));
    assert_eq!(report(&[5]).again_after(), Some(Duration::from_secs(5)));
}

#[test]
fn a_report_without_anything_that_waits_asks_for_no_further_look() {
    assert_eq!(report(&[]).again_after(), None);
    assert_eq!(Report::default().again_after(), None);
}

#[test]
fn only_a_convergence_keeps_quiet_about_reasons_in_the_ledger_but_says_how_much_was_added() {
    assert_eq!(Outcome::Converged(3).reasons(), ["3 added"]);
    assert_eq!(Outcome::Nothing("it is deleted".to_owned()).reasons(), ["it is deleted"]);
}

#[test]
fn every_outcome_has_one_of_the_labels_and_every_label_is_one_of_an_outcome() {
    let why = Vec::new;
    let all = [
        Outcome::Accepted(why()),
        Outcome::Held(why()),
        Outcome::AwaitingApproval(why()),
        Outcome::Denied(why()),
        Outcome::Rejected(why()),
        Outcome::Requested(why()),
        Outcome::Answered(why()),
        Outcome::Ended(why()),
        Outcome::Isolated(why()),
        Outcome::Kept(why()),
        Outcome::Unmanaged(why()),
        Outcome::Converged(1),
        Outcome::Superfluous(why()),
        Outcome::Frozen(why()),
        Outcome::Blocked(why()),
        Outcome::Partial(why()),
        Outcome::OneSided(why()),
        Outcome::Failed(why()),
        Outcome::Waiting { why: String::new(), after: Duration::ZERO },
        Outcome::Unfinished(String::new()),
        Outcome::Unreachable(String::new()),
        Outcome::Nothing(String::new()),
    ];
    let labels: BTreeSet<&str> = all.iter().map(Outcome::label).collect();
    assert_eq!(labels, BTreeSet::from(Outcome::LABELS));
}
