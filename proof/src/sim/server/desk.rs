//! What the console does to a document: read, edited, logged and published in one transaction, in the name of this start
//! of the program. Written after `sync-server/src/edit.rs`.

use super::{Server, State, Store, store::Logged};
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, FeedOrder},
    error::{Code, Refusal},
    ids::{DeviceId, DocumentId, Hash},
    sync::actor,
    time::Timestamp,
};
use std::rc::Rc;

impl Server {
    /// The author of a click at the desk.
    pub fn clerk(&self, worker: u64, role: Role, id: DocumentId, now: Timestamp) -> Author {
        Author {
            actor: actor(self.process, id, 0),
            act: Act {
                by: super::super::street::person(worker),
                role,
                device: self.process,
                recorded_at: now,
                observed_at: None,
            },
        }
    }
}

impl Store {
    /// Edits a published document.
    pub fn edit_now(
        &mut self,
        id: DocumentId,
        device: DeviceId,
        edit: impl FnOnce(Document, &dyn FeedOrder) -> Result<Edited, Refusal>,
    ) -> Result<Hash, Refusal> {
        let nothing = || Refusal::new(Code::NotFound, "nothing to edit");
        let shelf = self.documents.get(&id).ok_or_else(nothing)?;
        if shelf.quarantined.is_some() || shelf.erased {
            return Err(nothing());
        }
        let document = match &shelf.snapshot {
            Some(snapshot) => (**snapshot).clone(),
            None => return Err(nothing()),
        };
        let edited = edit(document, &shelf.positions())?;
        self.add_published(id, device, edited)
    }

    /// Logs and publishes one change of the server's own.
    pub fn add_published(
        &mut self,
        id: DocumentId,
        device: DeviceId,
        edited: Edited,
    ) -> Result<Hash, Refusal> {
        let Edited { document, change } = edited;
        let logged = Logged {
            sequence: 0,
            actor: change.actor,
            seq: change.seq,
            bytes: change.bytes.as_slice().into(),
            state: State::Logged,
            device,
            from: None,
            position: None,
        };
        self.append(id, change.hash, logged);
        if let Some(shelf) = self.shelf_mut(&id) {
            shelf.revision += 1;
            shelf.snapshot = Some(Rc::new(document));
        }
        self.publish(id, change.hash);
        Ok(change.hash)
    }
}
