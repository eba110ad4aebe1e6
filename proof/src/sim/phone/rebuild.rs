//! After a refusal the document is the server's again, and what survives is applied to it by a new actor.

use super::{
    super::planted::Planted,
    Held, Identity, Kept, Standing, Tables,
    tables::{Fate, Saved},
};
use gridwalk_core::{
    error::Code,
    ids::{DocumentId, Hash},
    scan,
    sync::{
        actor,
        fork::{self, Holding},
    },
};

/// An edit that is refused again and again is shown instead of being tried for ever.
const MOST_TRIES: u32 = 4;
/// How far another life of this phone may have come.
const LOOK_AHEAD: u64 = 32;

/// One refused change of the document.
#[derive(Clone, Copy, Debug)]
pub struct RefusedChange {
    pub hash: Hash,
    pub code: Code,
    /// It was refused only for what it builds on, or for its actor: the act itself may stand.
    pub innocent: bool,
}

impl Tables {
    /// Takes out what was `refused`, and with it what the feed displaced and what builds on either.
    pub fn rebuild(&mut self, who: &Identity, id: DocumentId, refused: &[RefusedChange]) {
        let incarnation = self.unused_incarnation(who, id);
        let Some(held) = self.held_mut(&id) else {
            return;
        };
        for change in refused {
            let mut edits = held.edits.iter_mut();
            let Some(edit) = edits.find(|edit| edit.change == change.hash) else {
                continue;
            };
            if !change.innocent || edit.tries >= MOST_TRIES {
                edit.fate = Fate::Refused(change.code);
            }
        }
        // every own change without a receipt was written on top of a refused one
        let mut retired = Vec::new();
        for kept in &mut held.changes {
            if !refused.is_empty() && kept.own && kept.standing == Standing::Waiting {
                kept.standing = Standing::Retired;
                retired.push(kept.hash);
            }
        }
        if !who.has_bug(Planted::TwinKept) {
            retired.extend(held.let_go());
        }
        held.cache = None;
        if refused.is_empty() && retired.is_empty() {
            return; // only others' changes went, and own ones go on as before
        }
        held.incarnation = incarnation;
        self.outbox.retain(|_, hash| !retired.contains(hash));
        self.apply_again(who, id, incarnation, refused);
    }

    fn apply_again(
        &mut self,
        who: &Identity,
        id: DocumentId,
        incarnation: u64,
        refused: &[RefusedChange],
    ) {
        let Some(held) = self.held_mut(&id) else {
            return;
        };
        let kept = !who.has_bug(Planted::SurvivorsDropped);
        let lives = |hash: Hash| held.living().any(|kept| kept.hash == hash);
        let survivors: Vec<Saved> = held
            .edits
            .iter()
            .filter(|edit| kept && edit.fate == Fate::Waiting && !lives(edit.change))
            .cloned()
            .collect();
        let feed = held.positions();
        let mut document = held.load(id).ok().flatten();
        if document.is_none() {
            // its very beginning was refused: it stays on this phone as it was written, with the reason
            let code = refused.first().map_or(Code::Internal, |change| change.code);
            for edit in &mut held.edits {
                if edit.fate == Fate::Waiting {
                    edit.fate = Fate::Refused(code);
                }
            }
            return;
        }
        for survivor in survivors {
            let author = who.author(id, incarnation, &survivor.act);
            match survivor.deed.apply(document.clone(), &author, &feed) {
                Ok(edited) => {
                    self.append(id, incarnation, &edited.change);
                    self.amend(id, survivor.number, |edit| {
                        edit.change = edited.change.hash;
                        edit.tries += 1;
                    });
                    document = Some(edited.document);
                }
                Err(refusal) => self.amend(id, survivor.number, |edit| {
                    edit.fate = Fate::Refused(refusal.code);
                }),
            }
        }
    }

    /// The document of a change that stands in a feed, if another change with its number is held as part of it.
    pub fn torn_by(&self, change: &Hash) -> Option<DocumentId> {
        let (id, stands) = self.kept(change)?;
        let mut twins = self.documents.get(id)?.living();
        twins
            .any(|kept| {
                (kept.actor, kept.seq) == (stands.actor, stands.seq) && kept.hash != *change
            })
            .then_some(*id)
    }

    fn amend(&mut self, id: DocumentId, number: u64, change: impl FnOnce(&mut Saved)) {
        let edits = self.held_mut(&id).map(|held| &mut held.edits);
        if let Some(edit) = edits.and_then(|all| all.iter_mut().find(|edit| edit.number == number))
        {
            change(edit);
        }
    }

    /// The next incarnation that nobody has seen, also when this phone is an old copy of itself.
    fn unused_incarnation(&self, who: &Identity, id: DocumentId) -> u64 {
        let Some(held) = self.documents.get(&id) else {
            return 1;
        };
        let seen = |incarnation: &u64| {
            let actor = actor(who.device, id, *incarnation);
            held.changes.iter().any(|kept| kept.actor == actor)
        };
        let range = held.incarnation..held.incarnation.saturating_add(LOOK_AHEAD);
        range.rev().find(seen).unwrap_or(held.incarnation) + 1
    }
}

impl Held {
    /// Lets go of what the feed displaced and of what builds on something retired; own changes among it, whose deeds wait
    /// again.
    fn let_go(&mut self) -> Vec<Hash> {
        let holding = |kept: &Kept| {
            let header = scan::scan_change(&kept.bytes, &Default::default()).ok()?;
            let stands = kept.placed.iter().any(|place| !place.departed);
            Some(Holding::new(header, stands))
        };
        let held: Vec<Holding> = self.living().filter_map(holding).collect();
        let retired = self.changes.iter();
        let gone = retired.filter(|kept| kept.standing == Standing::Retired);
        let lost = fork::displaced(&held, gone.map(|kept| kept.hash));
        let mut own = Vec::new();
        for kept in &mut self.changes {
            if lost.contains(&kept.hash) {
                kept.standing = Standing::Retired;
                own.extend(kept.own.then_some(kept.hash));
            }
        }
        for edit in &mut self.edits {
            if own.contains(&edit.change) && !edit.is_refused() {
                edit.fate = match edit.tries >= MOST_TRIES {
                    true => Fate::Refused(Code::ActorForked),
                    false => Fate::Waiting,
                };
            }
        }
        own
    }
}
