//! A field's name and its value: which values fit, and how both stand in a register.

use super::{FieldChange, FieldKey};
use crate::{
    error::{Code, Refusal},
    text,
};
use serde_json::{Value, json};

macro_rules! fields {
    ($($name:ident = $word:literal),* $(,)?) => {
        impl FieldKey {
            /// Every field, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in the document and in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }
        }

        impl FieldChange {
            /// Which field this is a value for.
            pub fn key(&self) -> FieldKey {
                match self { $(Self::$name(_) => FieldKey::$name),* }
            }
        }
    };
}

fields! {
    Use = "use",
    Occupancy = "occupancy",
    HouseholdSize = "household_size",
    ContactName = "contact_name",
    ContactPhone = "contact_phone",
    PreferredTime = "preferred_time",
    ContactPreference = "contact_preference",
    GasHose = "gas_hose",
    Wiring = "wiring",
    SmokeAlarm = "smoke_alarm",
    Exit = "exit",
    Notes = "notes",
}

impl FieldChange {
    /// Whether the value may stand in its field.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::HouseholdSize(size) if *size > 20 => Err(Refusal::new(
                Code::ValueOutOfRange,
                format!("{size} people in one household"),
            )),
            Self::ContactName(name) => text::note(name, 40),
            Self::ContactPhone(number) => text::phone(number),
            Self::Notes(words) => text::note(words, 500),
            _ => Ok(()),
        }
    }

    /// The bare value, as the register keeps it beside its source.
    pub(crate) fn value(&self) -> Result<Value, Refusal> {
        let tagged = serde_json::to_value(self)
            .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?;
        Ok(tagged.get("value").cloned().unwrap_or(Value::Null))
    }

    /// The value of `key` that a register keeps; none if a newer app wrote something unknown here.
    pub(crate) fn read(key: FieldKey, value: Value) -> Option<Self> {
        serde_json::from_value(json!({ "field": key.word(), "value": value })).ok()
    }
}
