//! Many futures at once in virtual time: time passes when all of them wait.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use crate::clock::FakeClock;

/// A future that runs beside others.
pub type Task<'t> = Pin<Box<dyn Future<Output = ()> + 't>>;

/// The tasks that can go on, in the order in which they were woken.
type Ready = Arc<Mutex<VecDeque<usize>>>;

struct Waking {
    task: usize,
    ready: Ready,
}

impl Wake for Waking {
    fn wake(self: Arc<Self>) {
        self.ready.lock().expect("no task panics while it holds the queue").push_back(self.task);
    }
}

/// Runs tasks on the calling thread until none of them can go on.
pub fn simulate<'t>(clock: &FakeClock, coming: impl IntoIterator<Item = Task<'t>>) {
    clock.share();
    let ready = Ready::default();
    let mut tasks: Vec<Option<(Task<'t>, Waker)>> = Vec::new();
    for (number, task) in coming.into_iter().enumerate() {
        let waker = Waker::from(Arc::new(Waking { task: number, ready: Arc::clone(&ready) }));
        waker.wake_by_ref();
        tasks.push(Some((task, waker)));
    }
    loop {
        let next = ready.lock().expect("no task panics while it holds the queue").pop_front();
        let Some(number) = next else {
            if clock.wake_next() {
                continue;
            }
            return;
        };
        if let Some((task, waker)) = &mut tasks[number]
            && task.as_mut().poll(&mut Context::from_waker(waker)).is_ready()
        {
            tasks[number] = None;
        }
    }
}
