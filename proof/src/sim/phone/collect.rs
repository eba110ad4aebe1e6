//! What the phone says next: its cursors, and the oldest changes of its outbox, signed once and sent again as they were
//! until somebody answered.

use super::{super::planted::Planted, Identity, Standing, Tables, tables::Signed};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    sync::{
        apply::Asked,
        envelope::{self, Sealed, Sender},
        event::Outbox,
        limits,
        message::{DocumentChanges, Upload},
    },
    time::Timestamp,
};
use std::{collections::HashMap, rc::Rc};

#[derive(Default)]
struct Page {
    documents: Vec<DocumentChanges>,
    places: HashMap<(DocumentId, u64), usize>,
    bytes: usize,
}

impl Tables {
    pub fn collect(&mut self, who: &Identity, limit: usize, clock: Timestamp) -> (Outbox, Asked) {
        let sealed = match self.again(limit) {
            Some(sealed) => Some(sealed),
            None => self.page(who, limit, clock),
        };
        if who.has_bug(Planted::SentIsGone)
            && let Some(sealed) = &sealed
        {
            self.outbox
                .retain(|_, waiting| !sealed.changes.contains(waiting));
            if let Some(signed) = self.envelopes.get_mut(&sealed.number) {
                Rc::make_mut(signed).answered = true;
            }
        }
        let cursors: Vec<_> = self.cursors.values().copied().collect();
        let sent = sealed.as_ref().map_or(0, |sealed| sealed.changes.len());
        let asked = Asked {
            epoch: self.epoch,
            cursors: cursors.clone(),
            reference: self.reference,
            own_bytes: self.own_bytes,
            upload: sealed
                .as_ref()
                .map(|sealed| (sealed.hash, sealed.changes.clone())),
            received_at: Timestamp::default(),
            repair: None,
        };
        let outbox = Outbox {
            epoch: self.epoch,
            cursors,
            reference: self.reference,
            more: sealed.is_some() && self.outbox.len() > sent,
            upload: sealed.map(|sealed| sealed.upload),
            own_bytes: self.own_bytes,
            packs: None,
            repair: None,
        };
        (outbox, asked)
    }

    /// The last upload as it was signed, if nobody answered it and it still fits.
    fn again(&self, limit: usize) -> Option<Sealed> {
        let (number, signed) = self
            .envelopes
            .iter()
            .rev()
            .find(|(_, signed)| !signed.answered)?;
        let mut page = Page::default();
        for hash in &signed.sent {
            self.put(&mut page, hash)?; // settled meanwhile: a new envelope says what is left
        }
        if page.bytes > limit && signed.sent.len() > 1 {
            return None;
        }
        Some(Sealed {
            number: *number,
            hash: signed.hash,
            changes: envelope::hashes(&page.documents),
            upload: Upload {
                envelope: signed.bytes.clone().into(),
                signature: signed.signature.clone().into(),
                documents: page.documents,
                blobs: Vec::new(),
                certificates: None,
            },
        })
    }

    /// Adds a change that waits; none when it does not wait any more.
    fn put(&self, page: &mut Page, hash: &Hash) -> Option<()> {
        let (id, kept) = self.kept(hash)?;
        if !kept.own || kept.standing != Standing::Waiting {
            return None;
        }
        let held = &self.documents[id];
        page.bytes += kept.bytes.len();
        let place = *page
            .places
            .entry((*id, kept.incarnation))
            .or_insert_with(|| {
                page.documents.push(DocumentChanges {
                    document: *id,
                    kind: held.kind,
                    partition: held.partition,
                    incarnation: kept.incarnation,
                    changes: Vec::new(),
                    author: None,
                });
                page.documents.len() - 1
            });
        page.documents[place]
            .changes
            .push(kept.bytes.to_vec().into());
        Some(())
    }

    /// A new envelope around the oldest changes of the outbox.
    fn page(&mut self, who: &Identity, limit: usize, clock: Timestamp) -> Option<Sealed> {
        let mut page = Page::default();
        for hash in self.outbox.values().take(limits::UPLOAD_CHANGES) {
            let Some((_, kept)) = self.kept(hash) else {
                continue;
            };
            if page.bytes > 0 && page.bytes + kept.bytes.len() > limit {
                break;
            }
            self.put(&mut page, hash);
        }
        if page.documents.is_empty() {
            return None;
        }
        let last = self.envelopes.last_key_value();
        let sender = Sender {
            device: who.device,
            worker: who.person(),
            previous: last.map(|(number, signed)| (*number, signed.hash)),
            phone_clock: clock,
            clock_ahead_ms: self.clock_ahead_ms,
            app: "sim".into(),
        };
        let sealed = envelope::seal(&who.key, &sender, page.documents, Vec::new());
        // an older envelope that nobody answered will not be sent again as it was
        for signed in self.envelopes.values_mut().filter(|old| !old.answered) {
            Rc::make_mut(signed).answered = true;
        }
        let signed = Signed {
            hash: sealed.hash,
            bytes: sealed.upload.envelope.to_vec(),
            signature: sealed.upload.signature.to_vec(),
            sent: sealed.changes.clone(),
            answered: false,
        };
        self.envelopes.insert(sealed.number, Rc::new(signed));
        Some(sealed)
    }
}
