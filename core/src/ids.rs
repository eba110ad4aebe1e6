//! Ids are UUIDv7 newtypes, so that a household can never be passed where an incident is meant.
//! Whoever owns a clock and randomness makes them; this crate only carries them.

use crate::schema::described_as_string;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);
        impl $name {
            /// The sixteen bytes as they travel on the wire.
            pub fn as_bytes(&self) -> &[u8; 16] { self.0.as_bytes() }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!(stringify!($name), "({})"), self.0) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { Uuid::parse_str(text).map(Self) }
        }
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { Self(id) } }
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(&self, e: &mut minicbor::Encoder<W>, _: &mut C) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(self.0.as_bytes())?.ok()
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Uuid::from_slice(d.bytes()?).map(Self).map_err(|_| minicbor::decode::Error::message("an id has sixteen bytes"))
            }
        }
        described_as_string!($name);
    )*};
}

ids! {
    /// Any Automerge document; the typed ids below convert into it.
    DocumentId;
    /// A household document 户 (dwelling, members, visits).
    HouseholdId;
    /// An incident document 事件.
    IncidentId;
    /// A patrol session document 巡查.
    PatrolId;
    /// A place document 场所.
    PlaceId;
    /// One worker's day 工作日志.
    WorkerDayId;
    /// A care plan document 关爱对象 (restricted).
    CarePlanId;
    /// A consent 同意.
    ConsentId;
    /// A need of a care plan 需求.
    NeedId;
    /// One support record 帮扶记录.
    SupportId;
    /// Somebody who helps 志愿者.
    CarerId;
    /// A page that workers look things up in.
    PageId;
    /// An announcement 通知公告.
    AnnouncementId;
    /// One wording of a work log.
    LogEntryId;
    /// One wording of a visit report 走访报告.
    VisitReportId;
    /// One proposal of what the centre should put right 更正建议.
    ProposalId;
    /// A visit 走访.
    VisitId;
    /// A member of a household.
    MemberId;
    /// One form handed in for one door 采集表.
    FormResponseId;
    /// One act on a dwelling 房屋变动: split, void, taken back.
    DwellingEventId;
    /// One event of an incident 流转记录.
    EventId;
    /// One checkpoint hit 点位记录.
    HitId;
    /// A patrol finding 发现.
    FindingId;
    /// An assigned or due task 任务.
    TaskId;
    /// A patrol plan 巡查计划.
    PlanId;
    /// A checkpoint 点位.
    CheckpointId;
    /// A person of the team (worker, lead, dispatcher …), never a resident.
    PersonId;
    /// An enrolled phone.
    DeviceId;
    /// A grid 网格.
    GridId;
    /// A building 幢.
    BuildingId;
    /// A department or company that handles incidents.
    DepartmentId;
}

macro_rules! documents { ($($name:ident),*) => {$(
    impl From<$name> for DocumentId { fn from(id: $name) -> Self { Self(id.0) } }
    impl From<DocumentId> for $name { fn from(id: DocumentId) -> Self { Self(id.0) } }
)*}; }
documents!(
    HouseholdId,
    IncidentId,
    PatrolId,
    PlaceId,
    WorkerDayId,
    CarePlanId
);

/// A SHA-256 of some bytes: the name of a change, a photo, a thumbnail or a track. Lower hex as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).into())
    }
}
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}
impl FromStr for Hash {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.len() == 64
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !lower {
            return Err("a hash is 64 lower-case hex digits");
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| "a hash is 64 lower-case hex digits")?;
        Ok(Self(bytes))
    }
}
impl From<automerge::ChangeHash> for Hash {
    fn from(hash: automerge::ChangeHash) -> Self {
        Self(hash.0)
    }
}
impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
impl<C> minicbor::Encode<C> for Hash {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}
impl<'b, C> minicbor::Decode<'b, C> for Hash {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes()?
            .try_into()
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a hash has 32 bytes"))
    }
}
described_as_string!(Hash);
