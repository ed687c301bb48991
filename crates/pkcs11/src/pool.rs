//! The threads that are inside a module, each with a session of its own.
//!
//! Invariant: whoever asks waits no longer than it says. A thread that a module keeps is counted on no
//! more, and works again once the module lets it go; no other is made in its place.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::TokenError;
use crate::limits::{SESSIONS, WAITING_MAX};
use crate::link::{Link, SignIn};
use crate::module::Module;
use crate::token::TokenConfig;

/// The threads of one token.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    config: TokenConfig,
    sign_in: SignIn,
    waiting: Mutex<Waiting>,
    come: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    threads: usize,
    closed: bool,
}

type Job = Box<dyn FnOnce(&mut Seat) + Send>;

/// A thread's place: its session, while it has one.
struct Seat {
    shared: Arc<Shared>,
    link: Option<Link>,
}

impl Pool {
    pub(crate) fn new(config: TokenConfig) -> Self {
        let (sign_in, waiting) = (SignIn::default(), Mutex::default());
        Self { shared: Arc::new(Shared { config, sign_in, waiting, come: Condvar::new() }) }
    }

    pub(crate) fn config(&self) -> &TokenConfig {
        &self.shared.config
    }

    /// Is there another PIN now than the one that was refused?
    pub(crate) fn has_other_pin(&self) -> bool {
        self.shared.sign_in.has_other_pin(&self.shared.config)
    }

    /// Does `work` in a session; tries it once more in a new one if the old one turns out to be gone.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        mut work: impl FnMut(&mut Link) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let (answer, answered) = sync_channel(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let nobody_waits = Arc::clone(&given_up);
        let job = move |seat: &mut Seat| {
            if !nobody_waits.load(Ordering::Relaxed) {
                // Whoever asked may have given up meanwhile.
                let _ = answer.send(seat.attempt(&mut work));
            }
        };
        self.push(Box::new(job))?;
        answered.recv_timeout(limit).unwrap_or_else(|_| {
            given_up.store(true, Ordering::Relaxed);
            Err(TokenError::Slow(limit.as_secs()))
        })
    }

    fn push(&self, job: Job) -> Result<(), TokenError> {
        let mut waiting = self.shared.lock();
        if waiting.jobs.len() >= WAITING_MAX {
            return Err(TokenError::Busy);
        }
        waiting.jobs.push_back(job);
        while waiting.threads < SESSIONS {
            let shared = Arc::clone(&self.shared);
            let name = format!("pkcs11-{}", waiting.threads);
            let started = thread::Builder::new().name(name).spawn(move || work_on(shared));
            started.map_err(|error| TokenError::Failed(format!("no thread: {error}")))?;
            waiting.threads += 1;
        }
        drop(waiting);
        self.shared.come.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.come.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: the token is used no more.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.come.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work_on(shared: Arc<Shared>) {
    let mut seat = Seat { shared: Arc::clone(&shared), link: None };
    while let Some(job) = shared.next() {
        // What a panic leaves behind is the session, which is given up with it.
        if catch_unwind(AssertUnwindSafe(|| job(&mut seat))).is_err() {
            tracing::error!("a thread panicked in the PKCS#11 module");
            seat.link = None;
        }
    }
    if let Ok(module) = Module::load(&shared.config.module) {
        let _inside = module.enter();
        seat.leave(&module);
    }
}

impl Seat {
    fn attempt<T>(
        &mut self,
        work: &mut impl FnMut(&mut Link) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let module = Module::load(&self.shared.config.module)?;
        let _inside = module.enter();
        if let Some(mut link) = self.link.take_if(|link| link.is_of(&module)) {
            let done = work(&mut link);
            // A key is not seen either in a session that was signed out.
            let is_stale =
                |error: &TokenError| error.is_of_token() || matches!(error, TokenError::NoKey(_));
            if !done.as_ref().is_err_and(is_stale) {
                self.link = Some(link);
                return done;
            }
            link.close(&module);
        }
        let mut link = Link::open(&self.shared.config, &module, &self.shared.sign_in)?;
        let done = work(&mut link);
        self.link = Some(link);
        if done.as_ref().is_err_and(TokenError::is_of_token) {
            self.leave(&module);
        }
        done
    }

    /// To be called inside the module.
    fn leave(&mut self, module: &Module) {
        if let Some(link) = self.link.take() {
            link.close(module);
        }
    }
}
