//! What may go wrong, by name, and how often it did.

use std::collections::BTreeMap;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// One kind of bad luck, or of malice.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Fault { $($(#[$doc])* #[doc = $word] $name),* }
        impl Fault {
            /// Every kind.
            pub const ALL: &'static [Fault] = &[$(Fault::$name),*];
            /// As it is printed.
            pub fn word(self) -> &'static str { match self { $(Fault::$name => $word),* } }
        }
    };
}

faults! {
    // the phone
    PhoneCrash = "phone killed at an effect";
    PhoneLosesWrite = "phone killed before a transaction was synced";
    PhoneDiskFull = "phone's disk full";
    ClockForward = "clock set forward";
    ClockBack = "clock set back";
    PhoneCopied = "phone copied, and both live on";
    PhoneRestored = "phone goes back to an older copy";
    // the network
    RequestLost = "request lost";
    AnswerLost = "answer lost";
    RequestDoubled = "request doubled";
    AnswerDoubled = "answer doubled";
    RequestCut = "request cut short";
    AnswerCut = "answer cut short";
    Delayed = "message held up for minutes";
    Reordered = "message overtaken by a later one";
    StrayAnswer = "answer to another question";
    CachedAnswer = "answer to another question, and the request goes nowhere";
    SignInPage = "a sign-in page answers";
    // the server
    ServerCrash = "server killed at a step";
    ServerLosesWrite = "server killed before a transaction was synced";
    ServerDiskFull = "server's disk full";
    ServerBusy = "server busy";
    TokenExpired = "token expired";
    MergeRefused = "merging refuses a document";
    MergePutOff = "merging put off";
    MergeStalls = "merging stands still for long";
    TinyPages = "pages of a few hundred bytes";
    ServerRestored = "server goes back to a backup";
    // people
    DeviceRevoked = "device revoked";
    WorkerMoved = "worker moved to another grid";
    WorkerReturned = "worker back in the grids of before";
    DocumentMoved = "document moved to another grid";
    DocumentReturned = "document moved back";
    DocumentErased = "document erased";
    // somebody means harm
    ForgedActor = "change in the name of another device";
    ForgedAuthor = "act in the name of another worker";
    Fork = "two changes with one number";
    Flood = "changes that wait for what never comes";
    Malformed = "bytes that are no change";
    Bomb = "a change that claims to be huge";
    WrongPartition = "a document in a partition that is not its writer's";
    SecondBeginning = "a document begun a second time";
}

/// How often each kind came about.
#[derive(Clone, Default, Debug)]
pub struct Tally(BTreeMap<Fault, u64>);

impl Tally {
    /// Once more.
    pub fn count(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    /// Together with another's.
    pub fn add(&mut self, other: &Self) {
        for (fault, times) in &other.0 {
            *self.0.entry(*fault).or_default() += times;
        }
    }

    /// How often this one came about.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0.get(&fault).copied().unwrap_or(0)
    }
}
