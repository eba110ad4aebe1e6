//! What a phone's session wants done. The driver does it and tells the session with an event; an effect may be done
//! twice without harm, and a crash between effect and event only costs the exchange.

use super::{
    event::Exchange,
    message::{Request, Response},
};
use crate::{error::Code, time::Timestamp};

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Read cursors and the next changes, oldest first, and sign them. Up to `limit` raw bytes, at least one change,
    /// in causal order; an upload that had no answer yet and fits `limit` is best sent again as it was.
    Collect {
        /// Raw bytes of changes and their blobs.
        limit: usize,
    },
    /// POST it.
    Send(Exchange, Box<Request>),
    /// Plan (`apply::plan`) and store in one transaction.
    Apply(Box<Response>),
    /// Sign a challenge, get a new token.
    RefreshToken,
    /// Send `Event::TimerDue` then. Replaces the timer before.
    WakeAt(Timestamp),
    /// For the screen.
    Report(Report),
}

/// What the screen may say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// Nothing to do: everything that was there has been exchanged.
    Idle,
    /// Talking.
    Syncing,
    /// Trying again at that time.
    Waiting {
        /// When.
        until: Timestamp,
        /// Why.
        code: Code,
    },
    /// The server refuses this phone; a person must act. Nothing is lost.
    Refused(Code),
}
