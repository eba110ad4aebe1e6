//! Codes that a screen can translate. Rich context stays inside; a code exists only if some screen acts on it.

use serde::{Deserialize, Serialize};
use std::fmt;

// `tt`, not `literal`: a `literal` reaches the derives inside an invisible group, and utoipa then reads no rename.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:tt;)*) => {
        /// A stable code. Its sentences (zh-CN and en) live in `ui/src/locales` under `errors.<CODE>`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Code { $($(#[$doc])* #[serde(rename = $text)] $name,)* }
        impl Code {
            /// Every code, for the tests that look for missing words.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];
            /// The code as it travels and is printed.
            pub const fn as_str(self) -> &'static str { match self { $(Code::$name => $text),* } }
            /// The code with this text.
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Code::$name),)* _ => None } }
        }
    };
}

codes! {
    // what a person may not do
    /// Between 20:30 and 08:30 nobody knocks, except in a care emergency.
    QuietHours = "QUIET_HOURS";
    /// This door was visited uninvited as often as may be; a warning, nothing is refused.
    VisitCap = "VISIT_CAP";
    /// The desk accepted it; it can no longer be withdrawn.
    CancelAfterAccept = "CANCEL_AFTER_ACCEPT";
    /// The incident is not in a state from which this is possible.
    WrongState = "WRONG_STATE";
    /// Somebody did something safer at the same time, and that stands.
    Overruled = "OVERRULED";
    /// It speaks of an earlier round: meanwhile it was sent back, opened again or given to somebody else.
    EarlierRound = "EARLIER_ROUND";
    /// It is so already.
    AlreadySo = "ALREADY_SO";
    /// Such a request is waiting already.
    AlreadyAsked = "ALREADY_ASKED";
    /// Somebody has decided about it already, or nobody needs to any more.
    AlreadyDecided = "ALREADY_DECIDED";
    /// It was extended once; there is no second time.
    ExtensionUsed = "EXTENSION_USED";
    /// Closed more than thirty days ago.
    ReopenTooLate = "REOPEN_TOO_LATE";
    /// An incident cannot go on as itself.
    MergeIntoItself = "MERGE_INTO_ITSELF";
    /// The incident that it should go on as has ended.
    MergeIntoEnded = "MERGE_INTO_ENDED";
    /// Only of quarrels.
    NotADispute = "NOT_A_DISPUTE";
    /// First the parties have to agree.
    NotSettled = "NOT_SETTLED";
    /// Only errands go step by step.
    NotAnErrand = "NOT_AN_ERRAND";
    /// A step of the errand has not ended.
    StepsOpen = "STEPS_OPEN";
    /// The desk has not said that nobody owns it.
    NotOwnerless = "NOT_OWNERLESS";
    /// Somebody said that it is theirs.
    OwnerFound = "OWNER_FOUND";
    /// First it is made safe.
    NotSafeYet = "NOT_SAFE_YET";
    /// Nobody was asked yet.
    MissingInquiry = "MISSING_INQUIRY";
    /// Somebody who was asked has not answered.
    InquiryOpen = "INQUIRY_OPEN";
    /// The days for the answer are not over.
    AnswerNotDue = "ANSWER_NOT_DUE";
    /// It was not put on notice.
    NoticeMissing = "NOTICE_MISSING";
    /// The notice is not over.
    NoticeRunning = "NOTICE_RUNNING";
    /// Another role does this.
    WrongRole = "WRONG_ROLE";
    /// Outside the grids of this person or device.
    OutOfScope = "OUT_OF_SCOPE";
    /// The person who handled it does not check it.
    SameChecker = "SAME_CHECKER";
    /// There is no such record, or none that this person may see.
    NotFound = "NOT_FOUND";
    /// The patrol has ended.
    PatrolEnded = "PATROL_ENDED";
    /// A patrol is already running.
    PatrolRunning = "PATROL_RUNNING";
    /// The same record was saved before; nothing was added.
    AlreadyRecorded = "ALREADY_RECORDED";
    /// The plate that was read belongs to another checkpoint.
    CheckpointMismatch = "CHECKPOINT_MISMATCH";
    /// The fix is too far from the checkpoint.
    TooFarAway = "TOO_FAR_AWAY";
    /// The phone does not know where it is.
    NoPosition = "NO_POSITION";
    /// The person took the consent back; nothing more is recorded about them.
    ConsentWithdrawn = "CONSENT_WITHDRAWN";
    /// Nobody agreed to it, or not for this day.
    ConsentMissing = "CONSENT_MISSING";
    /// The person agreed to other things, not to this.
    ConsentScope = "CONSENT_SCOPE";
    /// The care plan was closed.
    CareClosed = "CARE_CLOSED";
    /// The dwelling is void 已注销; it can be taken back.
    DwellingVoid = "DWELLING_VOID";
    /// A dwelling of this address is listed already.
    DuplicateDwelling = "DUPLICATE_DWELLING";
    /// It waited twice already; now it is done, or said why not.
    SnoozedTwice = "SNOOZED_TWICE";
    /// It is too urgent to wait for another day.
    CannotWait = "CANNOT_WAIT";
    /// This machine makes no calls.
    NoDialler = "NO_DIALLER";
    /// A split makes two or more dwellings with a number each.
    SplitParts = "SPLIT_PARTS";
    /// The form is not asked any more; its last day is over.
    FormExpired = "FORM_EXPIRED";
    // what is missing or malformed in a form
    /// Who was there when the consent was given.
    MissingWitness = "MISSING_WITNESS";
    /// A few words are needed.
    MissingWords = "MISSING_WORDS";
    /// A place is needed.
    MissingPlace = "MISSING_PLACE";
    /// A category is needed, and one that exists.
    MissingCategory = "MISSING_CATEGORY";
    /// A photo, a voice note or a reason is needed.
    MissingPhoto = "MISSING_PHOTO";
    /// Every item of a checklist is answered, also those that do not apply; and every required column of a form.
    MissingAnswer = "MISSING_ANSWER";
    /// An after-photo is needed.
    MissingAfterPhoto = "MISSING_AFTER_PHOTO";
    /// A department is needed.
    MissingDepartment = "MISSING_DEPARTMENT";
    /// A reason is needed.
    MissingReason = "MISSING_REASON";
    /// Handled on site only when not urgent.
    SeverityTooHigh = "SEVERITY_TOO_HIGH";
    /// This category is not handled on site.
    CategoryNotOnSite = "CATEGORY_NOT_ON_SITE";
    /// It looks like a citizen number; it is not kept anywhere.
    TextLooksLikeId = "TEXT_LOOKS_LIKE_ID";
    /// A phone number inside a note; it belongs in its own field.
    TextLooksLikePhone = "TEXT_LOOKS_LIKE_PHONE";
    /// Longer than the field holds.
    TextTooLong = "TEXT_TOO_LONG";
    /// A value outside its range or list.
    ValueOutOfRange = "VALUE_OUT_OF_RANGE";
    // enrolling and signing in
    /// No such code.
    CodeWrong = "CODE_WRONG";
    /// The code was used already.
    CodeUsed = "CODE_USED";
    /// The code is older than ten minutes.
    CodeExpired = "CODE_EXPIRED";
    /// The short-lived token has ended; the phone fetches a new one by itself.
    TokenExpired = "TOKEN_EXPIRED";
    /// This device was revoked.
    DeviceRevoked = "DEVICE_REVOKED";
    /// Name or password are wrong (never says which).
    LoginWrong = "LOGIN_WRONG";
    /// Five failures; wait a quarter of an hour.
    LoginLocked = "LOGIN_LOCKED";
    /// The console session has ended.
    SessionExpired = "SESSION_EXPIRED";
    /// The role has no right to this.
    Forbidden = "FORBIDDEN";
    /// The app is locked; its PIN is asked for.
    Locked = "LOCKED";
    /// Not this PIN.
    PinWrong = "PIN_WRONG";
    /// Several wrong ones: the next try has to wait.
    PinWait = "PIN_WAIT";
    /// Ten wrong ones: only a code from the centre opens the phone.
    PinSpent = "PIN_SPENT";
    /// Six digits, and none that everybody tries first.
    PinWeak = "PIN_WEAK";
    /// Whoever shares a phone has a PIN.
    PinNeeded = "PIN_NEEDED";
    /// The PIN does not seal the records yet: the centre was not reached since it was set.
    PinNotSealed = "PIN_NOT_SEALED";
    /// Something of this worker has not reached the centre; deleting it from the phone would lose it.
    UnsentWork = "UNSENT_WORK";
    /// The parcel does not open: another code, or a damaged file.
    ParcelUnreadable = "PARCEL_UNREADABLE";
    /// Another worker packed the parcel.
    ParcelOfAnother = "PARCEL_OF_ANOTHER";
    // the exchange
    /// No connection to the centre. Never an authentication failure, never blocks a save.
    ServerUnreachable = "SERVER_UNREACHABLE";
    /// Something answered, but not our server (a sign-in page of a Wi-Fi, say).
    NotOurServer = "NOT_OUR_SERVER";
    /// The centre is busy; it said when to come back.
    ServerBusy = "SERVER_BUSY";
    /// The centre failed; nothing is lost.
    ServerError = "SERVER_ERROR";
    /// The centre's store is older than the one this phone knows: a second server from the same backup, or an old one.
    ServerRolledBack = "SERVER_ROLLED_BACK";
    /// The request is larger than allowed.
    BodyTooBig = "BODY_TOO_BIG";
    /// The request ended early or does not parse.
    BodyMalformed = "BODY_MALFORMED";
    /// App and server have no protocol version in common.
    ProtocolUnknown = "PROTOCOL_UNKNOWN";
    /// The signature does not fit.
    SignatureBad = "SIGNATURE_BAD";
    /// A change over its limits.
    ChangeTooBig = "CHANGE_TOO_BIG";
    /// A change that the scanner refuses.
    ChangeMalformed = "CHANGE_MALFORMED";
    /// Same actor and sequence, other bytes.
    ActorForked = "ACTOR_FORKED";
    /// The change names somebody else as its author.
    AuthorMismatch = "AUTHOR_MISMATCH";
    /// The document was erased.
    Erased = "ERASED";
    /// Too many unsent or held items.
    QueueFull = "QUEUE_FULL";
    // photos
    /// The photo file is damaged.
    PhotoTruncated = "PHOTO_TRUNCATED";
    /// Not JPEG, PNG or WebP.
    PhotoUnsupported = "PHOTO_UNSUPPORTED";
    /// The centre's copy of the photo is damaged or gone; phones that have it are asked for it.
    PhotoDamaged = "PHOTO_DAMAGED";
    /// Beyond 15 MiB or 50 megapixels.
    PhotoTooBig = "PHOTO_TOO_BIG";
    /// The phone is full and did not keep the photo; records are still saved.
    PhotoNoRoom = "PHOTO_NO_ROOM";
    // voice notes
    /// The recording is cut off, or there is no sound in it.
    VoiceTruncated = "VOICE_TRUNCATED";
    /// Not one voice in a container that this app keeps, or it holds more than its sound.
    VoiceUnsupported = "VOICE_UNSUPPORTED";
    /// Longer than a minute, or beyond 1 MiB.
    VoiceTooLong = "VOICE_TOO_LONG";
    /// The bytes do not have the promised hash.
    BlobHashMismatch = "BLOB_HASH_MISMATCH";
    /// The upload continues at another offset.
    BlobOffsetMismatch = "BLOB_OFFSET_MISMATCH";
    /// No camera permission.
    CameraDenied = "CAMERA_DENIED";
    // the phone itself
    /// The phone is full.
    StorageFull = "STORAGE_FULL";
    /// The phone's database cannot be opened or written.
    StorageBroken = "STORAGE_BROKEN";
    /// Another window has the database.
    AlreadyOpen = "ALREADY_OPEN";
    /// The data was written by a newer app.
    NewerData = "NEWER_DATA";
    /// This phone is not enrolled yet.
    NotEnrolled = "NOT_ENROLLED";
    /// Something that should not happen; nothing is lost.
    Internal = "INTERNAL";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An edit that the rules refuse. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// What the screen translates.
    pub code: Code,
    /// For the log and the operator, in English.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}
