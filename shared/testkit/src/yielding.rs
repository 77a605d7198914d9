//! A turn for others.

use std::future::poll_fn;
use std::mem::take;
use std::task::Poll;

/// Lets other futures run.
pub(crate) async fn yield_once() {
    let mut first = true;
    poll_fn(|context| {
        if take(&mut first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
