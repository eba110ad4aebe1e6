//! What a phone lets go of must really have left.

use super::{
    super::{
        phone::Phone,
        server::{State, Store},
        street,
    },
    Checker,
};

/// So long after somebody or something moved, a phone that let go of a document did not know better.
const NEWS_MS: i64 = 5 * 60_000;

impl Checker {
    /// A phone let go of documents that had left a feed. One that stands in another feed, which it reads too, must not vanish
    /// and come back under the hands of whoever works with it.
    pub fn let_go(&mut self, number: usize, phone: &Phone, store: &Store, now: i64) {
        let long_ago = |at: Option<&i64>| at.is_none_or(|at| at + NEWS_MS < now);
        let device = phone.who.device;
        if !long_ago(self.scope_at.get(&device))
            || !long_ago(self.restored_at.as_ref())
            || !long_ago(self.misled_at.get(&number))
        {
            return;
        }
        let Some(record) = store.registry.get(&device).filter(|known| !known.revoked) else {
            return;
        };
        for id in &phone.disk.read().let_go {
            let Some(shelf) = store.documents.get(id) else {
                continue;
            };
            let there = !shelf.in_state(State::Published).is_empty();
            if there
                && record.partitions.contains(&shelf.partition)
                && long_ago(self.moved_at.get(id))
            {
                let what = street::document_name(id);
                self.let_go.get_or_insert(format!(
                    "I2: phone {} let go of {what}, which it may read",
                    number + 1
                ));
            }
        }
    }
}
