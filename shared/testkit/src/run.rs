//! Runs futures on the calling thread, without a runtime: the fakes never wait for anything outside.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future to its end.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Which of two futures runs until its next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The first.
    First,
    /// The second.
    Second,
}

/// Runs two futures by turns; the last turn lasts. When one is at its end the other goes on.
pub fn interleave<A: Future, B: Future>(turns: &[Turn], first: A, second: B) -> (A::Output, B::Output) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut one, mut other) = (None, None);
    let mut context = Context::from_waker(Waker::noop());
    let mut turn = Turn::First;
    let mut turns = turns.iter();
    loop {
        turn = turns.next().copied().unwrap_or(turn);
        let first_runs = one.is_none() && (turn == Turn::First || other.is_some());
        if first_runs {
            if let Poll::Ready(output) = first.as_mut().poll(&mut context) {
                one = Some(output);
            }
        } else if let Poll::Ready(output) = second.as_mut().poll(&mut context) {
            other = Some(output);
        }
        match (one, other) {
            (Some(one), Some(other)) => return (one, other),
            unfinished => (one, other) = unfinished,
        }
    }
}
