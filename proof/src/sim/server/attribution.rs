//! Nobody writes in another's name: the names inside a change are compared with the worker whose device signed it.
//! Written after `sync-server/src/attribution.rs`.

use automerge::{Change, ScalarValue, legacy::OpType};
use gridwalk_core::{act::Role, error::Code, ids::PersonId, scan};
use serde_json::Value;

/// Why a change may not stand, judged by the names in it.
pub fn objection(bytes: &[u8], worker: PersonId, role: Role) -> Option<Code> {
    scan::scan_change(bytes, &Default::default()).ok()?; // admission says so itself
    let Ok(change) = Change::try_from(bytes) else {
        return Some(Code::ChangeMalformed);
    };
    let values = change
        .decode()
        .operations
        .into_iter()
        .filter_map(|op| match op.action {
            OpType::Put(ScalarValue::Str(text)) => serde_json::from_str::<Value>(&text).ok(),
            _ => None,
        });
    values.into_iter().find_map(|value| match &value {
        Value::Object(fields) => match fields.get("act") {
            None => against(&value, worker, role),
            Some(act @ Value::Object(_)) => against(act, worker, role),
            Some(_) => Some(Code::ChangeMalformed),
        },
        Value::Array(_) => Some(Code::ChangeMalformed),
        _ => None,
    })
}

fn against(frame: &Value, worker: PersonId, role: Role) -> Option<Code> {
    let by = frame.get("by")?.as_str()?;
    if by.parse() != Ok(worker) {
        return Some(Code::AuthorMismatch);
    }
    let claimed = frame.get("role")?;
    let known = serde_json::from_value::<Role>(claimed.clone()).is_ok_and(|known| known == role);
    (!known).then_some(Code::WrongRole)
}
