//! Facts: items in the frame of the act that wrote them. A fact is written once; what is wrong with it is another fact.

use crate::{
    act::Act,
    document::Document,
    error::{Code, Refusal},
    field::{Draft, Item, Items},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// What stands under a fact's id.
#[derive(Serialize, Deserialize)]
pub(crate) struct Fact<T> {
    /// Who, when, in which role.
    pub act: Act,
    /// What.
    pub item: T,
}

impl Document {
    /// The facts of a container, by key. Those under a key that is not their own id are not taken for anybody's:
    /// they count as unreadable, like those of a newer app.
    pub(crate) fn facts<T: DeserializeOwned>(
        &self,
        container: &str,
        id: impl Fn(&T) -> Uuid,
        unreadable: &mut u32,
    ) -> Vec<Item<Fact<T>>> {
        let items: Items<Fact<T>> = self.items(container);
        let mut own = Vec::with_capacity(items.read.len());
        *unreadable += items.unreadable;
        for item in items.read {
            if item.key == id(&item.value.item).to_string() {
                own.push(item);
            } else {
                *unreadable += 1;
            }
        }
        own
    }

    /// Refuses what is there already, also with other words.
    pub(crate) fn absent(&self, container: &str, id: &impl ToString) -> Result<(), Refusal> {
        let id = id.to_string();
        if !self.has_item(container, &id) {
            return Ok(());
        }
        Err(Refusal::new(
            Code::AlreadyRecorded,
            format!("{id} is in `{container}`"),
        ))
    }

    /// Refuses what would refer to nothing.
    pub(crate) fn present(&self, container: &str, id: &impl ToString) -> Result<(), Refusal> {
        let id = id.to_string();
        if self.has_item(container, &id) {
            return Ok(());
        }
        Err(Refusal::new(
            Code::NotFound,
            format!("{id} is not in `{container}`"),
        ))
    }
}

impl Draft<'_> {
    /// Writes a fact. The caller has asked [`Document::absent`].
    pub(crate) fn fact(
        &mut self,
        container: &str,
        id: &impl ToString,
        act: &Act,
        item: &impl Serialize,
    ) -> Result<(), Refusal> {
        let act = act.clone();
        self.insert(container, id, &Fact { act, item })
    }
}
