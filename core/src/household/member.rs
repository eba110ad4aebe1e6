//! Somebody who lives here is entered once; what was entered wrong, or has changed, is put right in a register of its own beside it,
//! field by field. Two people who put the same field right at once are both heard.

use super::{
    MemberChange, MemberField, MemberFieldView, MemberValue, NewMember,
    edit::{FIELDS, Written},
    rules,
};
use crate::{
    act::Act,
    document::Document,
    error::{Code, Refusal},
    field::{Draft, Item},
    ids::MemberId,
};
use serde_json::json;
use std::collections::HashMap;

// The registers stand among the household's fields: only a document's first change makes containers.
const PREFIX: &str = "member/";

impl MemberField {
    const ALL: [Self; 3] = [Self::DisplayName, Self::BirthYear, Self::Relation];

    fn word(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::BirthYear => "birth_year",
            Self::Relation => "relation",
        }
    }
}

impl MemberChange {
    /// Which field this is a value for.
    pub fn key(&self) -> MemberField {
        match self {
            Self::DisplayName(_) => MemberField::DisplayName,
            Self::BirthYear(_) => MemberField::BirthYear,
            Self::Relation(_) => MemberField::Relation,
        }
    }

    /// What was entered there.
    fn entered(member: &NewMember, field: MemberField) -> Self {
        match field {
            MemberField::DisplayName => Self::DisplayName(member.display_name.clone()),
            MemberField::BirthYear => Self::BirthYear(member.birth_year),
            MemberField::Relation => Self::Relation(member.relation.clone()),
        }
    }

    fn put_into(&self, member: &mut NewMember) {
        match self {
            Self::DisplayName(name) => member.display_name.clone_from(name),
            Self::BirthYear(year) => member.birth_year = *year,
            Self::Relation(relation) => member.relation.clone_from(relation),
        }
    }

    fn check(&self, act: &Act) -> Result<(), Refusal> {
        match self {
            Self::DisplayName(name) => rules::member_name(name),
            Self::BirthYear(year) => rules::birth_year(*year, act),
            Self::Relation(relation) => rules::relation(relation.as_deref()),
        }
    }
}

/// Whether a register belongs to a member, and is none of the household's own fields.
pub(super) fn is_members(key: &str) -> bool {
    key.starts_with(PREFIX)
}

fn key(member: MemberId, field: MemberField) -> String {
    format!("{PREFIX}{member}/{}", field.word())
}

/// Something is said, each field once, and every value fits.
pub(super) fn check(changes: &[MemberChange], act: &Act) -> Result<(), Refusal> {
    if changes.is_empty() {
        return Err(Refusal::new(Code::AlreadySo, "nothing is different"));
    }
    rules::distinct(changes.iter().map(MemberChange::key))?;
    changes.iter().try_for_each(|change| change.check(act))
}

/// Writes what was checked over every value that its author has seen.
pub(super) fn write(
    draft: &mut Draft<'_>,
    member: MemberId,
    changes: &[MemberChange],
    act: &Act,
) -> Result<(), Refusal> {
    changes.iter().try_for_each(|change| {
        let tagged = serde_json::to_value(change)
            .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?;
        let written = Written {
            value: tagged.get("value").cloned().unwrap_or_default(),
            by: act.by,
            at: act.recorded_at,
            visit: None,
            settled: false,
        };
        draft.write(FIELDS, &key(member, change.key()), &written)
    })
}

/// What was put right, by the key of its register.
pub(super) type Corrections = HashMap<String, Vec<Item<Written>>>;

/// All of a document. What a newer app may put right besides is counted, and kept.
pub(super) fn corrections(document: &Document, unreadable: &mut u32) -> Corrections {
    let mut found = Corrections::new();
    for register in document.items::<Written>(FIELDS).read {
        if !is_members(&register.key) {
            continue;
        }
        let known = MemberField::ALL
            .iter()
            .any(|field| register.key.ends_with(&format!("/{}", field.word())));
        match known {
            true => found
                .entry(register.key.clone())
                .or_default()
                .push(register),
            false => *unreadable += 1,
        }
    }
    found
}

/// The member as it stands, the newest value of each field; and every field that was put right, with all values that nobody
/// has overruled.
pub(super) fn put_right(
    entered: &NewMember,
    corrections: &mut Corrections,
    unreadable: &mut u32,
) -> (NewMember, Vec<MemberFieldView>) {
    let mut member = entered.clone();
    let mut fields = Vec::new();
    for field in MemberField::ALL {
        let mut values = Vec::new();
        for register in corrections
            .remove(&key(entered.id, field))
            .unwrap_or_default()
        {
            let tagged = json!({ "field": field.word(), "value": register.value.value });
            match serde_json::from_value::<MemberChange>(tagged) {
                Ok(value) => values.push((register.change, register.value, value)),
                Err(_) => *unreadable += 1,
            }
        }
        values.sort_by_key(|(change, written, _)| (written.at, *change));
        let Some((.., newest)) = values.last() else {
            continue;
        };
        newest.put_into(&mut member);
        fields.push(MemberFieldView {
            field,
            entered: MemberChange::entered(entered, field),
            values: values
                .into_iter()
                .map(|(_, written, value)| MemberValue {
                    value,
                    by: written.by,
                    at: written.at,
                })
                .collect(),
        });
    }
    (member, fields)
}
