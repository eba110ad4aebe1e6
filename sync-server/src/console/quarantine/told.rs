//! What somebody did, in the words of the record itself: its document never took it.

use super::QuarantinedAct;
use std::collections::BTreeMap;

/// An act in the words of its own record.
pub(super) fn told(
    record: &serde_json::Value,
    names: &BTreeMap<String, String>,
) -> Option<QuarantinedAct> {
    let nobody = serde_json::Value::Null;
    // the frame of a document's creation stands beside it
    let act = match record.get("act") {
        Some(act) => act,
        None if record.get("local_no").is_some() => &nobody,
        None => return None,
    };
    let item = record.get("item").unwrap_or(record);
    let text = |from: &serde_json::Value, key: &str| {
        from.get(key)
            .and_then(|value| value.as_str())
            .map(String::from)
    };
    let action = item.get("action").or_else(|| record.get("action"));
    let (what, word, said) = if let Some(outcome) = text(item, "outcome") {
        ("visit", Some(outcome), text(item, "note"))
    } else if let Some(action) = action {
        let typed = ["text", "reason", "note", "measure", "question"];
        let typed = typed.iter().find_map(|key| text(action, key));
        ("event", text(action, "type"), typed)
    } else if item.get("local_no").is_some() {
        (
            "incident",
            text(item, "category"),
            text(item, "description"),
        )
    } else if item.get("checkpoint").is_some() {
        ("hit", text(item, "state"), text(item, "reason"))
    } else if item.get("category").is_some() {
        ("finding", text(item, "category"), text(item, "note"))
    } else if item.get("finding").is_some() {
        ("finding", None, text(item, "note"))
    } else if let Some(value) = item.get("value") {
        let said = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        ("field", text(item, "field"), Some(said))
    } else {
        ("other", None, None)
    };
    let by = text(act, "by").map(|by| names.get(&by).cloned().unwrap_or(by));
    let at = act
        .get("recorded_at")
        .and_then(|at| serde_json::from_value(at.clone()).ok());
    Some(QuarantinedAct {
        what: what.into(),
        word,
        text: said,
        by,
        at,
    })
}
