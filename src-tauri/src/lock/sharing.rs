//! Several workers, one phone, one after the other: who comes, whose turn it is, who goes.
//!
//! Whoever shares a phone has a PIN, and a sealed one: else the key of one would lie open for whoever else holds the phone. So a
//! second worker can come only after the first has sealed theirs, and the second does nothing before they have set one.
//!
//! Whoever goes away is put away: their delivery ends where it is, as it would with the process, and goes on when they are back.
//! While their door is only locked, or somebody is still being chosen, it goes on. It cannot go on after that: their key is
//! sealed by their PIN, and not even the app has it. What is left unsent is said to both by number, and that is all that the
//! other learns.
//!
//! A patrol that is being walked is not left: its track would have a hole that nobody walked. It is paused or ended first.

use super::{
    Gate, Record,
    gate::{Door, Seat},
    has_pin, is_sealed,
};
use crate::{
    Phone,
    error::{Answer, Failure},
    roster::{FIRST, Roster, Standing, erase},
    sync,
    view::{LockState, PhoneStatus, WorkerHere, WorkersHere},
};
use gridwalk_core::error::Code;

impl Gate {
    /// Who is here and whose turn it is; answered before anybody has opened anything.
    pub fn workers_here(&self) -> Answer<WorkersHere> {
        let roster = Roster::read(&self.root)?;
        let seat = self.seat();
        let mut workers = Vec::new();
        for entry in &roster.workers {
            if entry.standing != Standing::Here {
                continue;
            }
            let waiting = match &seat.phone {
                Some(phone) if seat.number == entry.number => Some(waiting(phone)?),
                _ => entry.waiting,
            };
            workers.push(WorkerHere {
                number: entry.number,
                name: entry.name.clone(),
                waiting,
            });
        }
        Ok(WorkersHere {
            choosing: matches!(seat.door, Door::Choosing),
            current: seat.number,
            needs_pin: seat.lacks_pin(),
            workers,
            // a lock that cannot be read is told when its owner is chosen; it keeps nobody else away
            look: Record::read(&seat.dir)
                .ok()
                .flatten()
                .map(|record| record.look),
        })
    }

    /// 换人: closes the door, and asks who it is. Somebody who came and has no code goes again.
    pub fn change_worker(&self) -> Answer<WorkersHere> {
        let turn = self.turn();
        self.may_leave()?;
        let mut roster = Roster::read(&self.root)?;
        let number = self.seat().number;
        let coming = roster.of(number)?.standing == Standing::Coming;
        if coming && self.threshold()?.enrolment().is_none() {
            self.goes(&mut roster, number)?;
        } else if roster.is_shared() {
            self.seat_mut().door = Door::Choosing;
            self.left_behind()?;
        } else if has_pin(&self.seat().dir) {
            self.seat_mut().door = Door::Locked;
        }
        drop(turn);
        self.workers_here()
    }

    /// It is that worker's turn. Who was here before them is put away.
    pub fn choose_worker(&self, number: u32) -> Answer<WorkersHere> {
        let turn = self.turn();
        let mut roster = Roster::read(&self.root)?;
        if roster.of(number)?.standing != Standing::Here {
            return Err(Failure::new(Code::NotFound, "nobody by that number"));
        }
        let stays = {
            let seat = self.seat();
            seat.number == number && seat.phone.is_some()
        };
        if stays {
            let locked = has_pin(&self.seat().dir);
            self.seat_mut().door = if locked { Door::Locked } else { Door::Open };
        } else {
            self.may_leave()?;
            self.left_behind()?;
            let roster = Roster::read(&self.root)?;
            self.asks_who(&roster);
            self.sits(&roster, number)?;
        }
        drop(turn);
        self.workers_here()
    }

    /// 另一位同事用这台手机: a place for one more, who enrols next with a code of their own.
    pub fn add_worker(&self) -> Answer<WorkersHere> {
        let turn = self.turn();
        drop(self.phone()?); // whoever is here lets them in
        let dir = self.seat().dir.clone();
        if !has_pin(&dir) {
            return Err(Failure::new(Code::PinNeeded, "first the one who is here"));
        }
        if !is_sealed(&dir) {
            return Err(Failure::new(
                Code::PinNotSealed,
                "the centre keeps no way back yet",
            ));
        }
        self.may_leave()?;
        let left = {
            let seat = self.seat();
            let unsent = seat.phone.as_ref().map(waiting).transpose()?;
            (seat.number, unsent)
        };
        let mut roster = Roster::read(&self.root)?;
        roster.of(left.0)?.waiting = left.1;
        let number = roster.comes();
        roster.write(&self.root)?; // before their folder is there: else nobody would know whose it is
        self.asks_who(&roster);
        self.sits(&roster, number)?;
        drop(turn);
        self.workers_here()
    }

    /// Hands in a one-time code. Whoever was coming is here then.
    pub async fn enrol(&self, server: String, code: String) -> Answer<PhoneStatus> {
        let number = self.seat().number;
        let status = self.threshold()?.enrol(server, code).await?;
        let _turn = self.turn();
        let mut roster = Roster::read(&self.root)?;
        if roster.is_shared() {
            self.is_here(&mut roster, number)?;
        }
        Ok(status)
    }

    fn is_here(&self, roster: &mut Roster, number: u32) -> Answer<()> {
        roster.of(number)?.standing = Standing::Here;
        roster.write(&self.root)
    }

    /// Whether the one who is here wants to be chosen by name.
    pub fn show_name(&self, on: bool) -> Answer<WorkersHere> {
        let turn = self.turn();
        let name = self.phone()?.who()?.identity.worker.name.clone();
        let mut roster = Roster::read(&self.root)?;
        let number = self.seat().number;
        roster.of(number)?.name = on.then_some(name);
        roster.write(&self.root)?;
        drop(turn);
        self.workers_here()
    }

    /// No PIN any more; not where several share the phone.
    pub fn remove_pin(&self, pin: String) -> Answer<LockState> {
        if self.seat().shared {
            return Err(Failure::new(
                Code::PinNeeded,
                "whoever shares a phone has a PIN",
            ));
        }
        self.phone()?.remove_pin(pin)
    }

    /// The one who is here goes for good, and everything of theirs is deleted from this phone. Only once the centre, or
    /// the worker's new phone, has all of it.
    pub fn leave_phone(&self, pin: Option<String>) -> Answer<WorkersHere> {
        let turn = self.turn();
        let phone = self.threshold()?;
        self.may_leave()?;
        phone.prove(pin.as_deref())?;
        all_sent(&phone)?;
        let mut roster = Roster::read(&self.root)?;
        let number = self.seat().number;
        // the door is closed first: nothing can be saved behind the question
        self.seat_mut().door = Door::Choosing;
        if let Err(failure) = all_sent(&phone) {
            self.seat_mut().door = Door::Open;
            return Err(failure);
        }
        drop(phone);
        self.goes(&mut roster, number)?;
        drop(turn);
        self.workers_here()
    }

    /// Somebody's files are deleted; a cut goes on at the next start. Then it is somebody else's turn.
    fn goes(&self, roster: &mut Roster, number: u32) -> Answer<()> {
        roster.of(number)?.standing = Standing::Leaving;
        roster.write(&self.root)?;
        self.asks_who(roster);
        self.deleted(roster, number)?;
        match roster.workers.as_slice() {
            [] => {
                let fresh = Roster::read(&self.root)?;
                self.sits(&fresh, FIRST)
            }
            [only] => self.sits(roster, only.number),
            _ => {
                self.asks_who(roster);
                Ok(())
            }
        }
    }

    fn deleted(&self, roster: &mut Roster, number: u32) -> Answer<()> {
        self.await_end(number)?;
        let dir = Roster::dir(&self.root, number);
        (self.ports)(&dir).keystore.forget_key()?;
        erase(&self.root, number)?;
        roster.left(number);
        roster.write(&self.root)
    }

    /// What an end of the app left half done: who was leaving has left, who was coming is here or never came.
    pub(super) fn settled(&self) -> Answer<Roster> {
        let mut roster = Roster::read(&self.root)?;
        for entry in roster.workers.clone() {
            match entry.standing {
                Standing::Here => {}
                Standing::Leaving => self.deleted(&mut roster, entry.number)?,
                Standing::Coming if has_pin(&Roster::dir(&self.root, entry.number)) => {
                    self.is_here(&mut roster, entry.number)?;
                }
                Standing::Coming => {
                    let dir = Roster::dir(&self.root, entry.number);
                    let opened = Phone::open(&dir, (self.ports)(&dir));
                    match opened.map(|phone| phone.enrolment().is_some()) {
                        Ok(true) => self.is_here(&mut roster, entry.number)?,
                        Ok(false) => self.deleted(&mut roster, entry.number)?,
                        // it is not known to be empty, so it stays; it keeps nobody else from their work
                        Err(failure) => {
                            tracing::error!(%failure, "a new worker's folder does not open")
                        }
                    }
                }
            }
        }
        if roster.workers.is_empty() {
            return Roster::read(&self.root);
        }
        Ok(roster)
    }

    /// Whoever is asked for next, this one is put away.
    pub(super) fn asks_who(&self, roster: &Roster) {
        let (number, phone) = {
            let mut seat = self.seat_mut();
            seat.door = Door::Choosing;
            seat.shared = roster.is_shared();
            (seat.number, seat.phone.take())
        };
        if let Some(phone) = phone {
            self.put_away(number, phone);
        } else if roster.last != number && roster.is_shared() {
            // before anybody was here: the screens look as they did for whoever was last
            let dir = Roster::dir(&self.root, roster.last);
            let ports = (self.ports)(&dir);
            let mut seat = self.seat_mut();
            *seat = Seat {
                number: roster.last,
                dir,
                ports,
                shared: true,
                phone: None,
                door: Door::Choosing,
            };
        }
    }

    /// A patrol that is being walked is paused or ended first.
    fn may_leave(&self) -> Answer<()> {
        let phone = self.seat().phone.clone();
        let walked = match phone {
            Some(phone) if phone.enrolment().is_some() => phone.patrol_running()?,
            _ => None,
        };
        match walked {
            Some(patrol) if !patrol.paused => Err(Failure::new(
                Code::PatrolRunning,
                "a patrol is being walked",
            )),
            _ => Ok(()),
        }
    }

    /// Somebody is at work: from now on nobody knows what they have left, should the app end under them.
    pub(super) fn entered(&self, number: u32) -> Answer<()> {
        self.note(number, None, true)
    }

    /// The one who is here went away with so much unsent.
    pub(super) fn left_behind(&self) -> Answer<()> {
        let (number, phone) = {
            let seat = self.seat();
            (seat.number, seat.phone.clone())
        };
        match phone {
            Some(phone) => self.note(number, Some(waiting(&phone)?), false),
            None => Ok(()),
        }
    }

    /// Nothing is written down on a phone of one.
    fn note(&self, number: u32, waiting: Option<u32>, here: bool) -> Answer<()> {
        let mut roster = Roster::read(&self.root)?;
        if !roster.is_shared() {
            return Ok(());
        }
        let before = roster.clone();
        if here {
            roster.last = number;
        }
        roster.of(number)?.waiting = waiting;
        match roster == before {
            true => Ok(()),
            false => roster.write(&self.root),
        }
    }
}

/// Records and photos without a receipt.
fn waiting(phone: &Phone) -> Answer<u32> {
    let state = phone.sync_state()?;
    Ok(state.waiting_records + state.waiting_photos + state.waiting_voices + state.stuck)
}

/// Deleted is only what the centre has, or the worker's new phone.
fn all_sent(phone: &Phone) -> Answer<()> {
    let comparing = phone.database().read(sync::is_comparing)?;
    match waiting(phone)? {
        0 if !comparing => Ok(()),
        _ if phone.is_handed_over()? => Ok(()),
        left => Err(Failure::new(Code::UnsentWork, format!("{left} not sent"))),
    }
}
