//! A phone that is put away while the app goes on: somebody else takes their turn. Its delivery ends wherever it is, as it
//! would with the process, and its key is out of memory once the last act that was under way has returned.

use crate::Phone;
use std::{
    sync::{Mutex, PoisonError, mpsc},
    time::Duration,
};
use tokio::sync::watch;

/// How long anybody waits for the last act of somebody else: shrinking a large photo takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Stands in a phone, last of all: it goes when everything else of the phone has gone.
pub(crate) struct Life {
    closing: watch::Sender<bool>,
    end: Mutex<Option<mpsc::Receiver<()>>>,
    _alive: mpsc::Sender<()>,
}

/// The end of a phone, for whoever waits for it.
pub(crate) struct End(mpsc::Receiver<()>);

impl Life {
    pub fn begins() -> Self {
        let (alive, end) = mpsc::channel();
        Self {
            closing: watch::Sender::new(false),
            end: Mutex::new(Some(end)),
            _alive: alive,
        }
    }
}

impl End {
    /// Whether the phone has ended: nothing holds its files or its key any more.
    pub fn comes(&self) -> bool {
        self.0.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Disconnected)
    }
}

impl Phone {
    /// Comes back when the phone is put away.
    pub async fn closed(&self) {
        let mut closing = self.life().closing.subscribe();
        let _ = closing.wait_for(|closed| *closed).await;
    }

    /// Puts it away; whoever gave this phone to somebody lets go of it. Only the first who asks is given the end.
    pub(crate) fn close(self) -> Option<End> {
        self.life().closing.send_replace(true);
        let mut end = self
            .life()
            .end
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        end.take().map(End)
    }
}
