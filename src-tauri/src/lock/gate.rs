//! The phone behind its lock: every command goes through here, and is refused while nobody has opened. Where several share the
//! phone, it also knows whose turn it is (`sharing.rs`).

use super::{Record, has_pin, is_sealed, open_by_centre, open_by_pin, state};
use crate::{
    Phone,
    closing::End,
    error::{Answer, Failure},
    ports::{DatabaseKey, Ports},
    roster::{FIRST, Roster},
    view::LockState,
};
use gridwalk_core::error::Code;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Called once for a phone that opens: it begins to deliver.
type Begin = Box<dyn Fn(&Phone) + Send + Sync>;
/// The ports of whoever's data live there.
type PortsOf = Box<dyn Fn(&Path) -> Ports + Send + Sync>;

/// A phone, whose turn it is, and whether somebody may look into it.
pub struct Gate {
    pub(super) root: PathBuf,
    pub(super) ports: PortsOf,
    begin: Begin,
    seat: RwLock<Seat>,
    /// People come and go one after the other.
    turn: Mutex<()>,
    /// Phones that were put away, and may not have ended yet.
    ends: Mutex<Vec<(u32, End)>>,
}

/// Whose turn it is.
pub(super) struct Seat {
    pub number: u32,
    pub dir: PathBuf,
    pub ports: Ports,
    pub shared: bool,
    /// It goes on delivering behind a door that was closed again, or that guards the screens only.
    pub phone: Option<Phone>,
    pub door: Door,
}

#[derive(Clone)]
pub(super) enum Door {
    /// Somebody has to say first who they are.
    Choosing,
    Open,
    Locked,
    Broken(Failure),
}

impl Seat {
    /// Whoever shares a phone has a PIN.
    pub fn lacks_pin(&self) -> bool {
        let enrolled = |phone: &Phone| phone.enrolment().is_some();
        self.shared && self.phone.as_ref().is_some_and(enrolled) && !has_pin(&self.dir)
    }

    pub fn at_the_door(&self) -> Failure {
        match &self.door {
            Door::Broken(failure) => failure.clone(),
            Door::Choosing => Failure::new(Code::Locked, "who is it"),
            Door::Open | Door::Locked => Failure::new(Code::Locked, "a PIN is asked for"),
        }
    }
}

impl Gate {
    /// A phone with a PIN begins locked; one that several share asks who it is. `ports` are those of the worker whose data live
    /// in that folder.
    pub fn new(
        root: PathBuf,
        ports: impl Fn(&Path) -> Ports + Send + Sync + 'static,
        begin: impl Fn(&Phone) + Send + Sync + 'static,
    ) -> Self {
        let seat = Seat {
            number: FIRST,
            ports: ports(&root),
            dir: root.clone(),
            shared: false,
            phone: None,
            door: Door::Locked,
        };
        let gate = Self {
            root,
            ports: Box::new(ports),
            begin: Box::new(begin),
            seat: RwLock::new(seat),
            turn: Mutex::default(),
            ends: Mutex::default(),
        };
        if let Err(failure) = gate.first() {
            gate.seat_mut().door = Door::Broken(failure);
        }
        gate
    }

    fn first(&self) -> Answer<()> {
        let _turn = self.turn();
        let roster = self.settled()?;
        if roster.is_shared() {
            self.asks_who(&roster);
            return Ok(());
        }
        let first = roster.workers.first();
        let number = first.map_or(FIRST, |entry| entry.number);
        self.sits(&roster, number)
    }

    /// That worker's turn: their phone opens as far as no PIN keeps it.
    pub(super) fn sits(&self, roster: &Roster, number: u32) -> Answer<()> {
        let dir = Roster::dir(&self.root, number);
        let ports = (self.ports)(&dir);
        let locked = Record::read(&dir)?.is_some();
        let phone = match is_sealed(&dir) {
            true => None,
            false => {
                self.await_end(number)?;
                let phone = Phone::open(&dir, ports.clone())?;
                (self.begin)(&phone);
                Some(phone)
            }
        };
        *self.seat_mut() = Seat {
            number,
            dir,
            ports,
            shared: roster.is_shared(),
            phone,
            door: if locked { Door::Locked } else { Door::Open },
        };
        match locked {
            true => Ok(()),
            false => self.entered(number),
        }
    }

    /// The phone, for whoever may look into it.
    pub fn phone(&self) -> Answer<Phone> {
        let seat = self.seat();
        if matches!(seat.door, Door::Open) && seat.lacks_pin() {
            return Err(Failure::new(
                Code::PinNeeded,
                "whoever shares a phone has a PIN",
            ));
        }
        opened(&seat)
    }

    /// The phone, also for somebody who shares it and has not set a PIN yet: to enrol, and to set it.
    pub fn threshold(&self) -> Answer<Phone> {
        opened(&self.seat())
    }

    /// What the lock screen shows.
    pub fn state(&self) -> Answer<LockState> {
        let seat = self.seat();
        let locked = match &seat.door {
            Door::Broken(failure) => return Err(failure.clone()),
            Door::Choosing => {
                return Ok(LockState {
                    set: true,
                    locked: true,
                    ..LockState::default()
                });
            }
            Door::Open => false,
            Door::Locked => true,
        };
        state(&seat.dir, &*seat.ports.clock, locked)
    }

    /// Nobody looks into it any more. What it delivers goes on.
    pub fn lock(&self) -> Answer<LockState> {
        let _turn = self.turn();
        let dir = self.seat().dir.clone();
        let open = matches!(self.seat().door, Door::Open);
        if open && Record::read(&dir)?.is_some() {
            self.seat_mut().door = Door::Locked;
            self.left_behind()?;
        }
        self.state()
    }

    /// Opens it with the PIN, with no network.
    pub fn unlock(&self, pin: &str) -> Answer<LockState> {
        let (number, dir, ports) = self.asked()?;
        let Ports {
            keystore,
            dice,
            clock,
            ..
        } = &ports;
        let key = open_by_pin(&dir, &**keystore, &**dice, &**clock, pin)?;
        self.let_in(number, key)
    }

    /// Opens it with a one-time code, when the PIN was forgotten. There is no PIN afterwards.
    pub async fn recover(&self, code: &str) -> Answer<LockState> {
        let (number, dir, ports) = self.asked()?;
        let key = open_by_centre(&dir, &ports, code).await?;
        self.let_in(number, key)
    }

    /// Who is asked for a PIN.
    fn asked(&self) -> Answer<(u32, PathBuf, Ports)> {
        let seat = self.seat();
        match seat.door {
            Door::Choosing => Err(seat.at_the_door()),
            _ => Ok((seat.number, seat.dir.clone(), seat.ports.clone())),
        }
    }

    fn let_in(&self, number: u32, key: DatabaseKey) -> Answer<LockState> {
        let turn = self.turn();
        let (dir, ports, running) = {
            let seat = self.seat();
            // somebody else was chosen while this one was at the keypad
            if seat.number != number || matches!(seat.door, Door::Choosing) {
                return Err(Failure::new(Code::Locked, "it is somebody else's turn"));
            }
            (seat.dir.clone(), seat.ports.clone(), seat.phone.clone())
        };
        let phone = match running {
            Some(phone) => phone,
            None => {
                self.await_end(number)?;
                let phone = Phone::open_unlocked(&dir, ports, key)?;
                (self.begin)(&phone);
                phone
            }
        };
        {
            let mut seat = self.seat_mut();
            seat.phone = Some(phone);
            seat.door = Door::Open;
        }
        self.entered(number)?;
        drop(turn);
        self.state()
    }

    /// A phone that is put away ends by itself, a moment later.
    pub(super) fn put_away(&self, number: u32, phone: Phone) {
        if let Some(end) = phone.close() {
            self.ends().push((number, end));
        }
    }

    /// Before somebody's files are opened again, or deleted.
    pub(super) fn await_end(&self, number: u32) -> Answer<()> {
        let mut ends = self.ends();
        let (theirs, others) = std::mem::take(&mut *ends)
            .into_iter()
            .partition(|(of, _)| *of == number);
        *ends = others;
        let theirs: Vec<(u32, End)> = theirs;
        for (of, end) in theirs {
            if !end.comes() {
                ends.push((of, end));
                return Err(Failure::new(Code::AlreadyOpen, "an act is still under way"));
            }
        }
        Ok(())
    }

    pub(super) fn seat(&self) -> RwLockReadGuard<'_, Seat> {
        self.seat.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn seat_mut(&self) -> RwLockWriteGuard<'_, Seat> {
        self.seat.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> MutexGuard<'_, Vec<(u32, End)>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn opened(seat: &Seat) -> Answer<Phone> {
    match (&seat.door, &seat.phone) {
        (Door::Open, Some(phone)) => Ok(phone.clone()),
        _ => Err(seat.at_the_door()),
    }
}
