//! Bugs that somebody might write, planted one at a time to see whether the simulator sees. Each lives in the models of
//! phone and server here; core has no hooks.

macro_rules! bugs {
    ($($name:ident = $word:literal;)*) => {
        /// One planted bug.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Planted { $(#[doc = $word] $name),* }
        impl Planted {
            /// Every one.
            pub const ALL: &'static [Planted] = &[$(Planted::$name),*];
            /// What the bug is.
            pub fn word(self) -> &'static str { match self { $(Planted::$name => $word),* } }
        }
    };
}

bugs! {
    // the server
    AckBeforeSync = "the server acknowledges before its disk has it";
    PublishBeforeMerge = "a change enters the feed before it was merged";
    DescendantsHeld = "descendants of a refused change are left held";
    HeldForEver = "what was held stays held when what it waited for arrives";
    ServerActorReused = "the server's actor is used again after a restore";
    EpochKept = "a restored server keeps its epoch";
    DigestAtTip = "the digest of a page is taken at the tip of the feed";
    CareInGeneral = "a care plan lands in a general partition";
    ErasedRevived = "a late edit brings an erased document back";
    ForkTaken = "a second change with one number is taken";
    NamesNotCompared = "nobody compares the names inside a change with its signer";
    ScopeOfYesterday = "what a phone may read is remembered from its first request";
    RevokedServed = "a revoked phone is served on";
    // the phone
    SavedBeforeSync = "the phone says saved before its disk has it";
    SentIsGone = "a change leaves the outbox when it is sent";
    ActorReusedAfterPurge = "an actor is used again after a purge";
    PurgedTooEarly = "a partition is purged before all have caught up";
    CleanedUp = "acknowledged changes are cleaned up above the watermark";
    SurvivorsDropped = "what came after a refused change is dropped with it";
    AnyAnswer = "an answer is believed whatever upload it names";
    CursorFirst = "a cursor is stored before what was read";
    OwnOfPurged = "own changes are taken for held although their document was purged";
    OwnBytesForgotten = "a phone that lost what it sent does not ask for it";
    TwinKept = "a phone keeps what the feed has another of under the same number";
}
