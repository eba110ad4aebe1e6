//! What happens to a phone's session, told by the driver that owns the network, the database and the clock.

use super::message::{Cursor, Epoch, PackWish, Repair, Response, Upload};
use crate::error::Code;

/// Names one try to talk to the server, so that an answer that comes too late is known as such.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Exchange(pub u64);

/// Something happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// Somebody asked for it, or the app came to the front: go now, whatever the back-off says (not before a time that
    /// the server asked for).
    Start,
    /// There may be something to move: a record was saved, or the server poked. Waits for a running back-off.
    Poked,
    /// A network appeared: like `Start`.
    NetworkBack,
    /// Answers [`super::effect::Effect::Collect`].
    OutboxReady(Box<Outbox>),
    /// Answers [`super::effect::Effect::Send`].
    Answered(Exchange, Box<Response>),
    /// Answers [`super::effect::Effect::Send`] otherwise.
    Failed(Exchange, Failure),
    /// Answers [`super::effect::Effect::Apply`]: it is committed.
    Applied(Applied),
    /// Collecting or applying failed on this phone, with the code that says how.
    Broken(Code),
    /// Answers [`super::effect::Effect::RefreshToken`].
    TokenReady,
    /// Answers [`super::effect::Effect::RefreshToken`] otherwise.
    TokenRefused(Failure),
    /// The time of [`super::effect::Effect::WakeAt`] has come; one that comes early or twice does no harm.
    TimerDue,
}

/// What the phone has to say, read in one transaction.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outbox {
    /// The epoch of the cursors.
    pub epoch: Option<Epoch>,
    /// Every partition held.
    pub cursors: Vec<Cursor>,
    /// Version of the reference rows held.
    pub reference: u64,
    /// The next page of changes, signed; none when nothing waits.
    pub upload: Option<Upload>,
    /// Still more waits behind that page.
    pub more: bool,
    /// The phone cannot resolve references to its own changes and wants their bytes.
    pub own_bytes: bool,
    /// What it says of packs.
    pub packs: Option<PackWish>,
    /// What is to be compared, after one side lost something.
    pub repair: Option<Repair>,
}

/// Why there was no answer. A missing network is never an authentication failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// No route, no name, refused, cut, or no answer in time.
    Unreachable,
    /// Something answered, but not our server (a sign-in page, another certificate).
    NotOurServer,
    /// 429 or 503, with the wait it asked for.
    Busy {
        /// `Retry-After`, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// 5xx, or an answer that does not parse.
    Server,
    /// 401 `TOKEN_EXPIRED`.
    TokenExpired,
    /// 413: this page is too big.
    TooBig,
    /// Any other refusal by code: `DEVICE_REVOKED`, `PROTOCOL_UNKNOWN`, `SIGNATURE_BAD` …
    Refused(Code),
}

/// What applying an answer led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The server has more for this phone.
    pub more: bool,
    /// A digest did not fit, or own changes could not be resolved: a cursor went back to the start of its feed.
    pub restarted: bool,
    /// The server's store began a new life; the phone offers again what it holds.
    pub new_epoch: bool,
    /// The answer did not move anything although it promised more (see `Plan::progress`).
    pub stalled: bool,
}
