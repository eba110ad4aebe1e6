//! The messages of one exchange, as CBOR arrays: a field is its position. A reader skips positions that it does not
//! know, so a newer side may say more at the end; what a position means never changes. Kinds of results and feed rows
//! that it does not know it keeps (`unknown.rs`). The words are explained in `PROTOCOL.md`.

use crate::{
    error::Code,
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    time::Timestamp,
};
use minicbor::{Decode, Encode, bytes::ByteVec};

pub use super::version::PROTOCOL;

/// Kind of a document, as a small number on the wire. Unknown kinds of a newer app are stored and forwarded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct DocumentKind(#[n(0)] pub u16);

impl DocumentKind {
    /// 户
    pub const HOUSEHOLD: Self = Self(1);
    /// 事件
    pub const INCIDENT: Self = Self(2);
    /// 巡查
    pub const PATROL: Self = Self(3);
    /// 场所
    pub const PLACE: Self = Self(4);
    /// 工作日志
    pub const WORKER_DAY: Self = Self(5);
    /// 关爱对象 (restricted)
    pub const CARE_PLAN: Self = Self(6);

    /// Whether a document of this kind may live in that class. A care plan in a general feed would be read by everybody,
    /// and whatever else lay among the care plans would be missed by those who may not read them.
    pub fn belongs_in(self, class: AccessClass) -> bool {
        self.class() == class
    }

    /// The class in which such a document is created.
    pub fn class(self) -> AccessClass {
        match self {
            Self::CARE_PLAN => AccessClass::CARE,
            _ => AccessClass::GENERAL,
        }
    }
}

/// Who may read: a grid is split into access classes, and each has its own feed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct AccessClass(#[n(0)] pub u8);

impl AccessClass {
    /// Households, incidents, patrols, places, worker days.
    pub const GENERAL: Self = Self(0);
    /// Care plans.
    pub const CARE: Self = Self(1);
}

/// The unit of sync: a grid and an access class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Partition {
    /// Grid.
    #[n(0)]
    pub grid: GridId,
    /// Class.
    #[n(1)]
    pub class: AccessClass,
}

/// Which life of the server's store this is; a restore begins a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Epoch {
    /// Counts restores.
    #[n(0)]
    pub counter: u64,
    /// Tells two restores of one backup apart.
    #[n(1)]
    pub nonce: u64,
}

/// Sum modulo 2²⁵⁶ of the change hashes of a feed up to a position, little endian (see `digest.rs`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Digest(pub [u8; 32]);

impl<C> Encode<C> for Digest {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}
impl<'b, C> Decode<'b, C> for Digest {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes()?
            .try_into()
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a digest has 32 bytes"))
    }
}

/// How far a phone has read one feed, and the digest it computed there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Cursor {
    /// Which feed.
    #[n(0)]
    pub partition: Partition,
    /// Last position read; 0 before the first.
    #[n(1)]
    pub position: u64,
    /// Digest at that position.
    #[n(2)]
    pub digest: Digest,
}

/// What a phone says in one exchange.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Request {
    /// Newest protocol the phone speaks.
    #[n(0)]
    pub protocol: u32,
    /// The epoch the cursors belong to; none before the first exchange.
    #[n(1)]
    pub epoch: Option<Epoch>,
    /// One per partition that the phone knows; the server adds those it may read besides.
    #[n(2)]
    pub cursors: Vec<Cursor>,
    /// Version of the reference rows held.
    #[n(3)]
    pub reference: u64,
    /// The upload of this exchange, if there is one.
    #[n(4)]
    pub upload: Option<Upload>,
    /// The most bytes of answer that the phone wants to hold at once.
    #[n(5)]
    pub page_bytes: u32,
    /// Send the bytes of this device's own changes too: the phone lost what it once sent (a restore, a new database).
    #[n(6)]
    pub own_bytes: bool,
    /// Numbers of the dictionaries that the phone reads ([`super::dictionary`]); none from an app that knows of none.
    #[n(7)]
    pub dictionaries: Option<Vec<u32>>,
    /// What the phone says of packs; none when it does not read them.
    #[n(8)]
    pub packs: Option<PackWish>,
    /// Fingerprints of what the phone holds, when server or phone may have lost something ([`super::repair`]).
    #[n(9)]
    pub repair: Option<Repair>,
}

/// A phone that reads packs ([`super::pack`]): for a partition whose feed it has not begun, a pack is welcome.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct PackWish {
    /// Packs that are being downloaded, by the hash of their manifest: no need to say anything of their partitions.
    #[n(0)]
    pub under_way: Vec<Hash>,
    /// Partitions whose pack was no good: these it reads from the feed.
    #[n(1)]
    pub refused: Vec<Partition>,
}

/// Changes that the server has not acknowledged, signed once by the device.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Upload {
    /// Encoded [`Envelope`]: the very bytes that were signed.
    #[n(0)]
    pub envelope: ByteVec,
    /// Ed25519 over `envelope`.
    #[n(1)]
    pub signature: ByteVec,
    /// The changes, grouped by document, in the order that was signed; a document may come twice, with another
    /// incarnation. Answers count the changes through all groups from 0.
    #[n(2)]
    pub documents: Vec<DocumentChanges>,
    /// Thumbnails and lines that these changes refer to, each at most 64 KiB; named by their hash.
    #[n(3)]
    pub blobs: Vec<ByteVec>,
    /// Certificates of the devices that [`DocumentChanges::author`] names ([`super::certificate`]): a restored server may
    /// have lost their rows.
    #[n(4)]
    pub certificates: Option<Vec<ByteVec>>,
}

/// What the device signs: a list of hashes, chained to its envelope before.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Envelope {
    /// Which device.
    #[n(0)]
    pub device: DeviceId,
    /// Whose acts these are.
    #[n(1)]
    pub worker: PersonId,
    /// 1, 2, 3 … per device.
    #[n(2)]
    pub number: u64,
    /// Hash of the device's envelope before; zeros for the first.
    #[n(3)]
    pub previous: Hash,
    /// Hash of the list of change hashes ([`super::envelope::list_hash`]); the hashes themselves follow from the bytes.
    #[n(4)]
    pub changes: Hash,
    /// How many changes.
    #[n(5)]
    pub count: u32,
    /// The phone's own clock when it signed.
    #[n(6)]
    pub phone_clock: Timestamp,
    /// What the phone thinks its clock is ahead of the server's, in milliseconds.
    #[n(7)]
    pub clock_ahead_ms: i64,
    /// App version.
    #[n(8)]
    pub app: String,
}

/// Raw changes of one document.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct DocumentChanges {
    /// Which document.
    #[n(0)]
    pub document: DocumentId,
    /// Its kind.
    #[n(1)]
    pub kind: DocumentKind,
    /// The partition it was created in (the server's catalogue wins when it knows the document).
    #[n(2)]
    pub partition: Partition,
    /// Incarnation of this device's actor in this document: the actor is derived from it (see [`super::actor`]).
    #[n(3)]
    pub incarnation: u64,
    /// Raw, uncompressed Automerge changes, oldest first.
    #[n(4)]
    pub changes: Vec<ByteVec>,
    /// The device that wrote them, when it is not the one that uploads: other people's changes, offered again to a server
    /// that lost them. `incarnation` is then that device's.
    #[n(5)]
    pub author: Option<DeviceId>,
}

/// What the server says.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Response {
    /// The protocol of this answer.
    #[n(0)]
    pub protocol: u32,
    /// The epoch everything below belongs to.
    #[n(1)]
    pub epoch: Epoch,
    /// The server's clock, for the phone's offset.
    #[n(2)]
    pub server_time: Timestamp,
    /// One per uploaded change, in the order of the envelope.
    #[n(3)]
    pub results: Vec<ChangeResult>,
    /// Partitions with news. One that the phone named and that is neither here nor in `gone` has none: its digest fits.
    #[n(4)]
    pub partitions: Vec<PartitionNews>,
    /// Reference rows newer than asked.
    #[n(5)]
    pub reference: ReferenceNews,
    /// Which of the uploaded blobs are durable.
    #[n(6)]
    pub blobs: Vec<Hash>,
    /// The envelope that `results` answer ([`super::envelope::envelope_hash`]), so that a stray answer acknowledges
    /// nothing.
    #[n(7)]
    pub envelope: Option<Hash>,
    /// Partitions that the phone named and may not read any more.
    #[n(8)]
    pub gone: Vec<Partition>,
    /// Numbers of the dictionaries that the server reads; none from a server that knows of none.
    #[n(9)]
    pub dictionaries: Option<Vec<u32>>,
    /// Packs to fetch instead of reading feeds from their start.
    #[n(10)]
    pub packs: Option<PackNews>,
    /// What the server says to [`Request::repair`], and where the lives of its store were cut.
    #[n(11)]
    pub repair: Option<RepairAnswer>,
    /// Up to where a verified backup has this phone's partitions; not sent in an answer that says nothing else.
    #[n(12)]
    pub watermarks: Option<Vec<Watermark>>,
    /// Photos and thumbnails that the server had and has not any more: a phone that still has the bytes brings them again, in
    /// the photos' lane.
    #[n(13)]
    pub wanted: Option<Vec<Hash>>,
}

/// Packs that are ready.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct PackNews {
    /// The server's public key (Ed25519), for a phone that was enrolled before there were packs.
    #[n(0)]
    pub key: ByteVec,
    /// One per partition at most. Nothing else is said of these partitions until the phone has read the pack.
    #[n(1)]
    pub offers: Vec<PackOffer>,
}

/// A signed manifest.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct PackOffer {
    /// Encoded [`super::pack::Manifest`]: the very bytes that were signed.
    #[n(0)]
    pub manifest: ByteVec,
    /// Ed25519, by the server.
    #[n(1)]
    pub signature: ByteVec,
}

/// Fingerprints of documents, 8 bytes each, so that a thousand documents are compared in 8 KB ([`super::repair`]).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Repair {
    /// Random, new for each request: two documents that look the same under one seed differ under the next.
    #[n(0)]
    pub seed: u64,
    /// One for each partition to be compared.
    #[n(1)]
    pub partitions: Vec<Prints>,
    /// All change names of the documents that differ although both sides count the same.
    #[n(2)]
    pub full: Vec<FullList>,
}

/// The fingerprints of one partition.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Prints {
    /// Which.
    #[n(0)]
    pub partition: Partition,
    /// 8 bytes per document, in any order; the answer counts them from 0.
    #[n(1)]
    pub prints: ByteVec,
}

/// Every change of one document, by name.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FullList {
    /// Which.
    #[n(0)]
    pub document: DocumentId,
    /// 32 bytes per change; the answer counts them from 0.
    #[n(1)]
    pub changes: ByteVec,
}

/// What the server says to a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct RepairAnswer {
    /// To a phone of another epoch: up to here its feed and the server's are the same, so it goes on from here. A partition
    /// that is not mentioned is read from its start.
    #[n(0)]
    pub seams: Vec<Cursor>,
    /// One per partition that was compared and that the device may read.
    #[n(1)]
    pub partitions: Vec<Difference>,
    /// One per full list of a document that the device may read.
    #[n(2)]
    pub full: Vec<FullDifference>,
}

/// How a partition differs.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Difference {
    /// Which.
    #[n(0)]
    pub partition: Partition,
    /// Fingerprints that fit no document here, by their place in the question.
    #[n(1)]
    pub unmatched: Vec<u32>,
    /// Documents here that none of the fingerprints fits. One of the phone's that is not among them does not exist here.
    #[n(2)]
    pub documents: Vec<DocumentClock>,
}

/// How far a document has come.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DocumentClock {
    /// Which.
    #[n(0)]
    pub document: DocumentId,
    /// Per actor its 16 bytes and the highest number of its changes, 8 bytes big endian.
    #[n(1)]
    pub clock: ByteVec,
}

/// Which changes of a full list the server lacks.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FullDifference {
    /// Document.
    #[n(0)]
    pub document: DocumentId,
    /// By their place in the list.
    #[n(1)]
    pub lacking: Vec<u32>,
}

/// What a verified backup has of a partition. It belongs to the epoch of the answer that carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Watermark {
    /// Which.
    #[n(0)]
    pub partition: Partition,
    /// Everything up to this position of the feed is in it.
    #[n(1)]
    pub position: u64,
    /// When the backup began, by the server's clock: photos that arrived before are in it.
    #[n(2)]
    pub began_at: Timestamp,
}

/// What became of one uploaded change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeResult {
    /// Durable now.
    Stored,
    /// Durable before.
    Had,
    /// Durable, but waiting for changes that the server lacks.
    Held {
        /// Which; the phone sends those it has.
        missing: Vec<Hash>,
    },
    /// Not taken; kept as evidence where it was well formed. The phone re-applies the edit, or shows the code.
    Refused {
        /// Stable code, `Code::as_str`.
        code: String,
        /// Nothing is wrong with this change itself: it builds on this one, which was refused.
        follows: Option<Hash>,
    },
    /// Something a newer server says. Not an acknowledgement: the change stays in the outbox.
    Other {
        /// Encoded by the newer server.
        bytes: ByteVec,
    },
}

impl ChangeResult {
    /// The bytes are durable on the server: 已到中心.
    pub fn acknowledged(&self) -> bool {
        match self {
            Self::Stored | Self::Had | Self::Held { .. } => true,
            Self::Refused { .. } | Self::Other { .. } => false,
        }
    }
    /// The code of a refusal, if this version knows it.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { code, .. } => Code::parse(code),
            _ => None,
        }
    }
}

/// What is new in one partition.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct PartitionNews {
    /// Which.
    #[n(0)]
    pub partition: Partition,
    /// The cursor's digest did not fit: throw the cursor away, these rows start at 1.
    #[n(1)]
    pub restart: bool,
    /// Feed rows after the cursor, gap-free.
    #[n(2)]
    pub rows: Vec<FeedRow>,
    /// Cursor after these rows.
    #[n(3)]
    pub cursor: Cursor,
    /// There is more: ask again.
    #[n(4)]
    pub more: bool,
}

/// One row of a feed.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct FeedRow {
    /// Position of its (first) change; gap-free from 1.
    #[n(0)]
    pub position: u64,
    /// What happened.
    #[n(1)]
    pub body: FeedBody,
}

/// What a feed row carries.
#[derive(Clone, PartialEq, Debug)]
pub enum FeedBody {
    /// A change with its raw bytes.
    Change {
        /// Document.
        document: DocumentId,
        /// Its kind.
        kind: DocumentKind,
        /// Raw bytes.
        bytes: ByteVec,
    },
    /// A run of changes that this very device uploaded; it has the bytes.
    Own {
        /// Number of the envelope in which they became durable.
        envelope: u64,
        /// Index of the first in that envelope.
        first: u32,
        /// How many follow each other there and here; at least one.
        count: u32,
    },
    /// The document is in another partition now. Stands at the end of what this feed had of it, and from then on also
    /// in the place of every change that it had published before.
    Left {
        /// Document.
        document: DocumentId,
        /// The change that stood here; it counts in the digest as ever. None in the row that says so.
        change: Option<Hash>,
    },
    /// The document was erased, everywhere and for ever. Stands where [`FeedBody::Left`] would.
    Erased {
        /// Document.
        document: DocumentId,
        /// The change that stood here.
        change: Option<Hash>,
    },
    /// Something a newer server says: one position, no change. Stored and skipped.
    Other {
        /// Encoded by the newer server.
        bytes: ByteVec,
    },
}

impl FeedRow {
    /// The position after which the next row comes.
    pub fn last_position(&self) -> u64 {
        match self.body {
            FeedBody::Own { count, .. } => {
                self.position.saturating_add(u64::from(count.max(1)) - 1)
            }
            _ => self.position,
        }
    }
}

/// Reference rows, newest version last.
#[derive(Clone, PartialEq, Debug, Default, Encode, Decode)]
pub struct ReferenceNews {
    /// Version after these rows.
    #[n(0)]
    pub version: u64,
    /// Rows.
    #[n(1)]
    pub rows: Vec<ReferenceRow>,
    /// There is more: ask again.
    #[n(2)]
    pub more: bool,
}

/// One reference row.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ReferenceRow {
    /// `ReferenceKind` as snake_case text; unknown kinds are stored and skipped.
    #[n(0)]
    pub kind: String,
    /// Key within the kind.
    #[n(1)]
    pub id: String,
    /// JSON of the struct in `core::reference`; none when the row was withdrawn.
    #[n(2)]
    pub json: Option<String>,
}
