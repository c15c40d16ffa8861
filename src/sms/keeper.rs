//! What happened and is not yet kept: handed on in order, a batch at a time, until the store took it.

use std::collections::VecDeque;
use std::time::Duration;

use super::ports::{Answer, Happened, Ports};

/// Happenings in one batch.
const BATCH: usize = 256;
/// The rest after a store that did not take a batch.
const RETRY: Duration = Duration::from_secs(1);

/// The happenings on their way to the store.
#[derive(Default)]
pub struct Keeper {
    queue: VecDeque<Happened>,
    running: Option<(Vec<Happened>, Answer<()>)>,
    resting: bool,
}

impl Keeper {
    pub fn say(&mut self, happened: impl IntoIterator<Item = Happened>) {
        self.queue.extend(happened);
    }

    /// How many are not kept.
    pub fn unkept(&self) -> usize {
        self.queue.len() + self.running.as_ref().map_or(0, |(batch, _)| batch.len())
    }

    /// Waits until a batch is kept; for ever, while there is none. May be dropped and called again at any
    /// point.
    pub async fn step(&mut self, ports: &Ports) {
        loop {
            if self.resting {
                tokio::time::sleep(RETRY).await;
                self.resting = false;
            }
            if self.running.is_none() {
                if self.queue.is_empty() {
                    std::future::pending::<()>().await;
                }
                let batch: Vec<Happened> = self.queue.drain(..self.queue.len().min(BATCH)).collect();
                self.running = Some((batch.clone(), (ports.keep)(batch)));
            }
            let Some((_, answer)) = self.running.as_mut() else { continue };
            let kept = answer.await;
            let Some((batch, _)) = self.running.take() else { continue };
            match kept {
                Ok(()) => return,
                Err(problem) => {
                    tracing::warn!(%problem, waiting = batch.len(), "what became of texts is not kept yet");
                    self.resting = true;
                    for happened in batch.into_iter().rev() {
                        self.queue.push_front(happened);
                    }
                }
            }
        }
    }
}
