//! A visit as an older app reads it: fields that only a newer app knows are left out, the rest of the visit shows.

use super::{FieldChange, FieldKey, NewVisit};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A visit without the changes and confirmations that nobody here can read. In the document they stay.
pub(super) struct KnownVisit(pub NewVisit);

impl<'de> Deserialize<'de> for KnownVisit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut visit = Value::deserialize(from)?;
        keep_known::<FieldChange>(visit.get_mut("changes"));
        keep_known::<FieldKey>(visit.get_mut("confirmed"));
        serde_json::from_value(visit)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// Takes what this app cannot read out of a list.
pub(crate) fn keep_known<T: DeserializeOwned>(list: Option<&mut Value>) {
    if let Some(Value::Array(list)) = list {
        list.retain(|item| T::deserialize(item).is_ok());
    }
}
