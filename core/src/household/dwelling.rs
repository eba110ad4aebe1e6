//! What becomes of a dwelling 房屋 after it was listed: it is split (502 → 502A and 502B), made void, taken back.
//!
//! Room and building never change (`IMM`), and nothing is ever deleted: a wrong door is made void and listed anew. Each act
//! is a fact under its own id, so acts of two people who knew nothing of each other all stand, in whatever order they came:
//! a dwelling is void as long as one act that made it so was not taken back *by name*. Taking back what one has seen never
//! takes back what somebody else did meanwhile.
//!
//! ```text
//! lin   split a → 502A 502B ─┐
//! ge    void  b  (duplicate)  ├─▶ void, twice.   take back a ─▶ void still: b stands
//! ge    visit                ─┘   the visit is 502's, and stays in its history
//! ```

use super::{Dwelling, edit::AMENDMENTS};
use crate::{
    act::Role,
    document::Document,
    error::{Code, Refusal},
    fact::Fact,
    field::Item,
    household::words,
    ids::{DwellingEventId, HouseholdId, PersonId},
    text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A flat that is cut into more pieces is another matter.
const MOST_PARTS: usize = 12;

words! {
    /// Why a dwelling is none any more 注销原因.
    VoidReason { /// 重复登记
        Duplicate, /// 门牌登错
        WrongAddress, /// 已拆除
        Gone, /// 并入别户
        Merged, /// 拆分撤回了
        SplitTakenBack }
}

/// One piece of a split dwelling.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Part {
    /// The document that begins for it.
    pub id: HouseholdId,
    /// 室, as written on the door: `502A`
    pub room: String,
}

/// What was done to a dwelling, as it stands in the document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "dwelling", rename_all = "snake_case")]
pub enum DwellingAct {
    /// 注销
    Void {
        /// Its own id.
        id: DwellingEventId,
        /// Why.
        reason: VoidReason,
        /// At most 200 characters, no citizen or phone numbers.
        #[serde(default)]
        note: Option<String>,
        /// The dwelling that stands for it, of a duplicate or a merger.
        #[serde(default)]
        same_as: Option<HouseholdId>,
    },
    /// 拆分: its pieces stand instead.
    Split {
        /// Its own id.
        id: DwellingEventId,
        /// Two or more.
        into: Vec<Part>,
    },
    /// 恢复
    TakeBack {
        /// Its own id.
        id: DwellingEventId,
        /// What is taken back, by name.
        events: Vec<DwellingEventId>,
    },
    /// It began as a piece of another.
    PartOf {
        /// The split that made it.
        id: DwellingEventId,
        /// What was split.
        whole: HouseholdId,
    },
}

impl DwellingAct {
    /// Its own id.
    pub fn id(&self) -> DwellingEventId {
        match self {
            Self::Void { id, .. }
            | Self::Split { id, .. }
            | Self::TakeBack { id, .. }
            | Self::PartOf { id, .. } => *id,
        }
    }

    fn voids(&self) -> bool {
        matches!(self, Self::Void { .. } | Self::Split { .. })
    }
}

/// One act on a dwelling as it is read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DwellingEvent {
    /// What was done.
    pub act: DwellingAct,
    /// Who.
    pub by: PersonId,
    /// When it was written down.
    pub at: Timestamp,
    /// Somebody took it back by name.
    pub taken_back: bool,
}

/// Who adds dwellings, splits them, makes them void and takes that back: those who answer for the list of a grid. A guide
/// advises, a helper sees no household.
pub fn may_rearrange(role: Role) -> bool {
    matches!(
        role,
        Role::Worker | Role::Lead | Role::Secretary | Role::Steward
    )
}

pub(super) fn may(role: Role) -> Result<(), Refusal> {
    if may_rearrange(role) {
        return Ok(());
    }
    Err(Refusal::new(
        Code::WrongRole,
        format!("{role:?} does not rearrange dwellings"),
    ))
}

/// How a door is recognised, however it was typed: `５０２－ａ 室` and `502A` are one door.
pub fn door_key(unit: &str, room: &str) -> (String, String) {
    let key = |text: &str, word: &str| {
        let plain: String = text
            .chars()
            .map(|sign| match u32::from(sign) {
                full @ 0xff01..=0xff5e => char::from_u32(full - 0xfee0).unwrap_or(sign),
                _ => sign,
            })
            .filter(|sign| !sign.is_whitespace() && !"-—–_.·".contains(*sign))
            .flat_map(char::to_lowercase)
            .collect();
        plain.strip_suffix(word).unwrap_or(&plain).to_owned()
    };
    (key(unit, "单元"), key(room, "室"))
}

/// What a split must satisfy: at least two pieces, no door twice, each a document of its own.
pub(super) fn parts(whole: &Dwelling, into: &[Part]) -> Result<(), Refusal> {
    for part in into {
        text::required(&part.room, 20, Code::MissingPlace)?;
    }
    let doors: BTreeSet<_> = into
        .iter()
        .map(|part| door_key(&whole.unit, &part.room))
        .collect();
    let mut ids: BTreeSet<HouseholdId> = into.iter().map(|part| part.id).collect();
    ids.insert(whole.id);
    let fits = (2..=MOST_PARTS).contains(&into.len());
    if !fits || doors.len() != into.len() || ids.len() != into.len() + 1 {
        return Err(Refusal::new(
            Code::SplitParts,
            format!("{} pieces, {} doors", into.len(), doors.len()),
        ));
    }
    Ok(())
}

pub(super) fn void(
    own: HouseholdId,
    reason: VoidReason,
    note: Option<&str>,
    same_as: Option<HouseholdId>,
) -> Result<(), Refusal> {
    text::note(note.unwrap_or_default(), 200)?;
    let stands_for = matches!(reason, VoidReason::Duplicate | VoidReason::Merged);
    match same_as {
        Some(other) if other == own || !stands_for => Err(Refusal::new(
            Code::ValueOutOfRange,
            "a dwelling does not stand for itself",
        )),
        _ => Ok(()),
    }
}

/// Refuses to make void what is void.
pub(super) fn stands(document: &Document) -> Result<(), Refusal> {
    if standing(document).void {
        return Err(Refusal::new(Code::DwellingVoid, "it is void already"));
    }
    Ok(())
}

fn standing(document: &Document) -> Standing {
    Standing::of(super::view::added(document, &mut 0).1)
}

/// Refuses to take back what is not there, and what all was taken back before.
pub(super) fn may_be_taken_back(
    document: &Document,
    events: &[DwellingEventId],
) -> Result<(), Refusal> {
    for event in events {
        document.present(AMENDMENTS, event)?;
    }
    let still = standing(document)
        .events
        .iter()
        .any(|event| stands_void(event) && events.contains(&event.act.id()));
    if still {
        return Ok(());
    }
    Err(Refusal::new(
        Code::AlreadySo,
        "nothing is left to take back",
    ))
}

fn stands_void(event: &DwellingEvent) -> bool {
    event.act.voids() && !event.taken_back
}

/// What is left of a dwelling after all acts on it.
#[derive(Default)]
pub(super) struct Standing {
    pub void: bool,
    pub part_of: Option<HouseholdId>,
    /// Newest first.
    pub events: Vec<DwellingEvent>,
    /// Acts of people who may not, and acts that name another than themselves: kept, without effect.
    pub ignored: u32,
}

impl Standing {
    /// From the acts of a document. Their order does not matter.
    pub fn of(acts: Vec<Item<Fact<DwellingAct>>>) -> Self {
        let mut standing = Self::default();
        let mut events: Vec<DwellingEvent> = Vec::with_capacity(acts.len());
        for fact in acts {
            let Fact { act, item } = fact.value;
            if fact.key == item.id().to_string() && may_rearrange(act.role) {
                events.push(DwellingEvent {
                    act: item,
                    by: act.by,
                    at: act.recorded_at,
                    taken_back: false,
                });
            } else {
                standing.ignored += 1;
            }
        }
        let named: BTreeSet<DwellingEventId> = events
            .iter()
            .filter_map(|event| match &event.act {
                DwellingAct::TakeBack { events, .. } => Some(events),
                _ => None,
            })
            .flatten()
            .copied()
            .collect();
        for event in &mut events {
            event.taken_back = event.act.voids() && named.contains(&event.act.id());
        }
        standing.void = events.iter().any(stands_void);
        standing.part_of = events.iter().find_map(|event| match event.act {
            DwellingAct::PartOf { whole, .. } => Some(whole),
            _ => None,
        });
        events.sort_by_key(|event| std::cmp::Reverse((event.at, event.act.id())));
        standing.events = events;
        standing
    }
}
