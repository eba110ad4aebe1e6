//! The two ways in which data stands in a document, each one operation of one JSON text:
//! items (`APP`: facts under a UUID, written once) and registers (`REG!`: one text per field, all values read).
//!
//! Keys that a newer app wrote into an item or a register survive, because what is not ours is never rewritten.

use crate::{
    act::Act,
    document::Document,
    error::{Code, Refusal},
    ids::{DocumentId, Hash},
    sync::message::DocumentKind,
};
use automerge::{
    AutomergeError, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
    transaction::{Transactable, Transaction},
};
use serde::{Serialize, de::DeserializeOwned};

/// The layout written by this app. A reader goes by what it finds, not by this number.
const SCHEMA: u64 = 1;

/// One value under a key, with the change that carries it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Item<T> {
    /// Its key: an id for items, a field for registers.
    pub key: String,
    /// The change that wrote it.
    pub change: Hash,
    /// The operation that wrote it.
    pub operation: ObjId,
    /// What was written.
    pub value: T,
}

/// What a container holds: what this app can read, and how much it cannot.
pub(crate) struct Items<T> {
    /// By key, then change.
    pub read: Vec<Item<T>>,
    /// Written by a newer app (or by nobody we know); kept, not shown.
    pub unreadable: u32,
}

impl Document {
    /// What the document was created with, if this app can read it.
    pub(crate) fn created<T: DeserializeOwned>(&self) -> Option<T> {
        self.root_text("created")
    }

    /// Who created it.
    pub(crate) fn created_act(&self) -> Option<Act> {
        self.root_text("created_act")
    }

    fn root_text<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let (value, _) = self.history.get(ROOT, key).ok()??;
        serde_json::from_str(text(&value)?).ok()
    }

    /// Everything in a container, all concurrent values of every key; the same text written twice is one fact.
    pub(crate) fn items<T: DeserializeOwned>(&self, container: &str) -> Items<T> {
        let mut items = Items {
            read: Vec::new(),
            unreadable: 0,
        };
        let Some(map) = self.container(container) else {
            return items;
        };
        for key in self.history.keys(&map) {
            let values = self.texts(&map, &key, None);
            for (text, operation, change) in values {
                match text.and_then(|text| serde_json::from_str(&text).ok()) {
                    Some(value) => items.read.push(Item {
                        key: key.clone(),
                        change,
                        operation,
                        value,
                    }),
                    None => items.unreadable += 1,
                }
            }
        }
        items
    }

    /// All values of one key, as the document stood right after `change`: which operations its author had before them.
    pub(crate) fn operations_at(&self, container: &str, key: &str, change: &Hash) -> Vec<ObjId> {
        let Some(map) = self.container(container) else {
            return Vec::new();
        };
        self.texts(&map, key, Some(change))
            .into_iter()
            .map(|(_, operation, _)| operation)
            .collect()
    }

    /// Whether something stands under this key, readable or not.
    pub(crate) fn has_item(&self, container: &str, key: &str) -> bool {
        self.container(container)
            .is_some_and(|map| matches!(self.history.get(&map, key), Ok(Some(_))))
    }

    fn container(&self, name: &str) -> Option<ObjId> {
        match self.history.get(ROOT, name) {
            Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
            _ => None,
        }
    }

    fn texts(
        &self,
        map: &ObjId,
        key: &str,
        at: Option<&Hash>,
    ) -> Vec<(Option<String>, ObjId, Hash)> {
        let values = match at {
            Some(change) => self.history.get_all_at(map, key, &[ChangeHash(change.0)]),
            None => self.history.get_all(map, key),
        };
        let mut found: Vec<(Option<String>, ObjId, Hash)> = values
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(value, operation)| {
                let change = self.history.hash_for_opid(&operation)?;
                Some((text(&value).map(str::to_owned), operation, Hash(change.0)))
            })
            .collect();
        found.sort_unstable_by_key(|(.., change)| *change);
        let mut seen = std::collections::HashSet::new();
        found.retain(|(text, ..)| text.is_none() || at.is_some() || seen.insert(text.clone()));
        found
    }
}

fn text<'a>(value: &'a Value<'_>) -> Option<&'a str> {
    match value {
        Value::Scalar(scalar) => match scalar.as_ref() {
            ScalarValue::Str(text) => Some(text),
            _ => None,
        },
        Value::Object(_) => None,
    }
}

/// An edit while it is written; it becomes one change, or nothing.
pub(crate) struct Draft<'a> {
    transaction: Transaction<'a>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(transaction: Transaction<'a>) -> Self {
        Self { transaction }
    }

    pub(crate) fn finish(self) -> Transaction<'a> {
        self.transaction
    }

    /// The first change: what the document is, who made it, and every container it will ever have.
    pub(crate) fn begin(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        created: &impl Serialize,
        act: &Act,
        containers: &[&str],
    ) -> Result<(), Refusal> {
        let (created, act) = (json(created)?, json(act)?);
        let write = |root: &mut Transaction<'_>| {
            root.put(ROOT, "kind", u64::from(kind.0))?;
            root.put(ROOT, "schema", SCHEMA)?;
            root.put(ROOT, "id", id.to_string())?;
            root.put(ROOT, "created", created)?;
            root.put(ROOT, "created_act", act)?;
            for name in containers {
                root.put_object(ROOT, *name, ObjType::Map)?;
            }
            Ok(())
        };
        write(&mut self.transaction).map_err(|error| broken(&error))
    }

    /// Adds a fact under its own id. The caller has made sure that nothing stands there.
    pub(crate) fn insert(
        &mut self,
        container: &str,
        id: &impl ToString,
        item: &impl Serialize,
    ) -> Result<(), Refusal> {
        self.write(container, &id.to_string(), item)
    }

    /// Writes a register over every value that its author has seen.
    pub(crate) fn write(
        &mut self,
        container: &str,
        key: &str,
        value: &impl Serialize,
    ) -> Result<(), Refusal> {
        let text = json(value)?;
        match self.transaction.get(ROOT, container) {
            Ok(Some((Value::Object(ObjType::Map), map))) => self
                .transaction
                .put(map, key, text)
                .map_err(|error| broken(&error)),
            // A container is made once, by whoever made the document; here it would be made twice.
            _ => Err(Refusal::new(
                Code::Internal,
                format!("the document has no `{container}`"),
            )),
        }
    }
}

fn broken(error: &AutomergeError) -> Refusal {
    Refusal::new(Code::Internal, error.to_string())
}

/// One JSON text without the keys that are null: absent and null mean the same, and a visit stays small.
fn json(value: &impl Serialize) -> Result<String, Refusal> {
    let mut value = serde_json::to_value(value)
        .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?;
    without_nulls(&mut value);
    Ok(value.to_string())
}

fn without_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.retain(|_, inner| !inner.is_null());
            map.values_mut().for_each(without_nulls);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
