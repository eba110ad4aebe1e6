//! Nobody writes in another's name. Every fact and register names its author in its JSON; here that name is compared
//! with the worker whose device signed the change. Documents cannot be trusted to do it: any device can write any JSON.
//! The same holds for the office in whose name an event is recorded: it decides who may start, return and finish a case.
//! And a list of dwellings is rearranged only by those who answer for it: everybody's rounds and figures hang on it.

use gridwalk_core::{
    act::Role,
    error::Code,
    household::may_rearrange,
    ids::{DepartmentId, PersonId},
    scan::{Limits, scan_change, texts},
    sync::message::DocumentKind,
};
use serde_json::Value;

/// Whose words may stand in a change.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// Whose device signed it.
    pub worker: PersonId,
    /// The roles that they have or had.
    pub roles: &'a [Role],
    /// The office that they work for, if any; `None` when nobody knows any more what it was.
    pub office: Option<Option<DepartmentId>>,
}

/// Why a change may not stand, judged by the names in it: `AUTHOR_MISMATCH` when it speaks for somebody else,
/// `WRONG_ROLE` when it claims a role that the worker has not, `OUT_OF_SCOPE` when it speaks for an office that is not
/// the worker's: somebody may have moved meanwhile, so a supervisor looks at it. Bytes that the scanner refuses are not
/// looked at.
pub fn objection(bytes: &[u8], voice: Voice<'_>) -> Option<Code> {
    // What the scanner refuses, admission refuses by itself.
    objection_in(&texts(bytes, &Limits::default()).ok()?, voice)
}

/// The same for the texts of a change that somebody has looked at already.
pub fn objection_in(texts: &[&str], voice: Voice<'_>) -> Option<Code> {
    texts
        .iter()
        // nothing else is a record or a list
        .filter(|text| text.trim_start().starts_with(['{', '[']))
        .filter_map(|text| serde_json::from_str::<Value>(text).ok())
        .find_map(|value| match &value {
            Value::Object(fields) => match fields.get("act") {
                None => against(&value, voice.worker, voice.roles),
                Some(act @ Value::Object(_)) => against(act, voice.worker, voice.roles)
                    .or_else(|| against_office(fields.get("department")?, voice.office?))
                    .or_else(|| against_rearranging(fields.get("item")?.get("dwelling")?, act)),
                Some(_) => Some(Code::ChangeMalformed),
            },
            // Readers would take a list for a record, field by field; nobody of ours writes one.
            Value::Array(_) => Some(Code::ChangeMalformed),
            _ => None,
        })
}

/// Why a document may not begin with this change, judged by the role in which it says that it was made: a helper lists no
/// dwellings and no places.
pub fn against_beginning(kind: DocumentKind, texts: &[&str]) -> Option<Code> {
    if !matches!(kind, DocumentKind::HOUSEHOLD | DocumentKind::PLACE) {
        return None;
    }
    texts
        .iter()
        .filter(|text| text.trim_start().starts_with('{'))
        .filter_map(|text| serde_json::from_str::<Value>(text).ok())
        .find_map(|frame| against_role(frame.get("role")?))
}

/// The same for bytes that nobody has looked at yet; a change that begins nothing may.
pub fn against_beginning_of(kind: DocumentKind, bytes: &[u8]) -> Option<Code> {
    let header = scan_change(bytes, &Limits::default()).ok()?;
    if !header.deps.is_empty() {
        return None;
    }
    against_beginning(kind, &texts(bytes, &Limits::default()).ok()?)
}

fn against_rearranging(_: &Value, act: &Value) -> Option<Code> {
    act.get("role").map_or(Some(Code::WrongRole), against_role)
}

fn against_role(role: &Value) -> Option<Code> {
    let may = serde_json::from_value::<Role>(role.clone()).is_ok_and(may_rearrange);
    (!may).then_some(Code::WrongRole)
}

/// What [`objection`] says about the name alone: the roles and the office of that time are not known any more.
pub fn in_another_name(bytes: &[u8], worker: PersonId) -> Option<Code> {
    let every: Vec<Role> = records(bytes)
        .iter()
        .filter_map(|record| record.get("act").unwrap_or(record).get("role"))
        .filter_map(|role| serde_json::from_value(role.clone()).ok())
        .collect();
    let voice = Voice {
        worker,
        roles: &every,
        office: None,
    };
    objection(bytes, voice)
}

/// The JSON records that a change writes, for a person to look at; none when it cannot be read.
pub fn records(bytes: &[u8]) -> Vec<Value> {
    let texts = texts(bytes, &Limits::default()).unwrap_or_default();
    texts
        .iter()
        .filter_map(|text| serde_json::from_str::<Value>(text).ok())
        .filter(Value::is_object)
        .collect()
}

fn against(frame: &Value, worker: PersonId, roles: &[Role]) -> Option<Code> {
    let by = frame.get("by")?.as_str()?;
    if by.parse() != Ok(worker) {
        return Some(Code::AuthorMismatch);
    }
    let role = frame.get("role")?;
    let known =
        serde_json::from_value::<Role>(role.clone()).is_ok_and(|role| roles.contains(&role));
    (!known).then_some(Code::WrongRole)
}

fn against_office(named: &Value, own: Option<DepartmentId>) -> Option<Code> {
    let Value::String(named) = named else {
        return (!named.is_null()).then_some(Code::ChangeMalformed);
    };
    let theirs = own.is_some_and(|own| named.parse() == Ok(own));
    (!theirs).then_some(Code::OutOfScope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    const HERSELF: PersonId = PersonId(Uuid::from_u128(1));

    fn said(role: Role, item: Value) -> Option<Code> {
        let act = json!({ "by": HERSELF, "role": role, "device": Uuid::nil(), "recorded_at": "2026-09-14T02:00:00.000Z" });
        let text = json!({ "act": act, "item": item }).to_string();
        let voice = Voice {
            worker: HERSELF,
            roles: &[role],
            office: Some(None),
        };
        objection_in(&[&text], voice)
    }

    #[test]
    fn an_act_on_a_dwelling_wants_a_role_that_answers_for_the_list_and_a_visit_does_not() {
        let act = json!({ "dwelling": "void", "id": Uuid::nil(), "reason": "gone" });
        let newer = json!({ "dwelling": "sublet" });
        let visit = json!({ "id": Uuid::nil(), "kind": "routine" });
        for role in [Role::Helper, Role::Guide, Role::Handler] {
            assert_eq!(said(role, act.clone()), Some(Code::WrongRole), "{role:?}");
            assert_eq!(said(role, newer.clone()), Some(Code::WrongRole), "{role:?}");
            assert_eq!(said(role, visit.clone()), None, "{role:?}");
        }
        for role in [Role::Worker, Role::Lead, Role::Secretary, Role::Steward] {
            assert_eq!(said(role, act.clone()), None, "{role:?}");
        }
    }

    #[test]
    fn only_households_and_places_ask_who_begins_them() {
        let begun =
            json!({ "by": HERSELF, "role": "helper", "recorded_at": "2026-09-14T02:00:00.000Z" })
                .to_string();
        let dwelling = json!({ "id": Uuid::nil(), "room": "502A" }).to_string();
        let texts = [&*begun, &*dwelling];
        let asked = |kind| against_beginning(kind, &texts);
        assert_eq!(asked(DocumentKind::HOUSEHOLD), Some(Code::WrongRole));
        assert_eq!(asked(DocumentKind::PLACE), Some(Code::WrongRole));
        assert_eq!(asked(DocumentKind::INCIDENT), None);
        assert_eq!(
            against_beginning(DocumentKind::HOUSEHOLD, &[&dwelling]),
            None
        );
    }
}
