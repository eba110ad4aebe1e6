//! What the server holds must have something to wait for.

use super::{
    super::{
        server::{State, Store},
        street,
    },
    Checker,
};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    scan,
};
use std::collections::BTreeSet;

impl Checker {
    /// I7 for what the server holds: by now everything came that ever comes. What strangers and revoked phones left may
    /// wait for ever, and what builds on something that went with a backup.
    pub(super) fn nothing_waits_for_ever(
        &self,
        store: &Store,
        missing: &BTreeSet<(DocumentId, Hash)>,
    ) -> Result<(), String> {
        for (id, shelf) in &store.documents {
            for (hash, logged) in shelf.in_state(State::Held) {
                let known = store.registry.get(&logged.device);
                if self.unreliable.contains(&logged.device)
                    || known.is_none_or(|known| known.revoked)
                {
                    continue;
                }
                let deps = scan::scan_change(&logged.bytes, &Default::default())
                    .map_err(|error| format!("I7: {hash} is held and no change: {error}"))?
                    .deps;
                let awaited = deps.iter().find(|dep| {
                    let there = shelf.changes.get(dep);
                    there.is_none_or(|there| there.state == State::Held)
                });
                let what = street::document_name(id);
                match awaited {
                    None => {
                        return Err(format!(
                            "I7: {hash} of {what} is still held, and what it builds on is there"
                        ));
                    }
                    Some(dep)
                        if !shelf.changes.contains_key(dep) && !missing.contains(&(*id, *dep)) =>
                    {
                        return Err(format!(
                            "I7: {hash} of {what} is held for {dep}, which never comes"
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }
}
