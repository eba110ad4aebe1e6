//! The phone behind its lock: every command goes through here, and is refused while nobody has opened.

use super::{Record, is_sealed, open_by_centre, open_by_pin, state};
use crate::{
    Phone,
    error::{Answer, Failure},
    ports::Ports,
    view::LockState,
};
use gridwalk_core::error::Code;
use std::{
    path::PathBuf,
    sync::{PoisonError, RwLock},
};

/// Called once for a phone that opens: it begins to deliver.
type Begin = Box<dyn Fn(&Phone) + Send + Sync>;

/// A phone, and whether somebody may look into it.
pub struct Gate {
    dir: PathBuf,
    ports: Ports,
    begin: Begin,
    standing: RwLock<Standing>,
}

enum Standing {
    Open(Phone),
    /// The phone goes on delivering, if it was open before or its key is not sealed yet.
    Locked(Option<Phone>),
    Broken(Failure),
}

impl Gate {
    /// A phone with a PIN begins locked.
    pub fn new(dir: PathBuf, ports: Ports, begin: impl Fn(&Phone) + Send + Sync + 'static) -> Self {
        let gate = Self {
            dir,
            ports,
            begin: Box::new(begin),
            standing: RwLock::new(Standing::Locked(None)),
        };
        let standing = gate.first().unwrap_or_else(Standing::Broken);
        gate.set(standing);
        gate
    }

    fn first(&self) -> Answer<Standing> {
        let locked = Record::read(&self.dir)?.is_some();
        if is_sealed(&self.dir) {
            return Ok(Standing::Locked(None));
        }
        let phone = Phone::open(&self.dir, self.ports.clone())?;
        (self.begin)(&phone);
        Ok(match locked {
            true => Standing::Locked(Some(phone)),
            false => Standing::Open(phone),
        })
    }

    /// The phone, for whoever may look into it.
    pub fn phone(&self) -> Answer<Phone> {
        match &*self.read() {
            Standing::Open(phone) => Ok(phone.clone()),
            Standing::Locked(_) => Err(Failure::new(Code::Locked, "a PIN is asked for")),
            Standing::Broken(failure) => Err(failure.clone()),
        }
    }

    /// What the lock screen shows.
    pub fn state(&self) -> Answer<LockState> {
        let locked = match &*self.read() {
            Standing::Open(_) => false,
            Standing::Locked(_) => true,
            Standing::Broken(failure) => return Err(failure.clone()),
        };
        state(&self.dir, &*self.ports.clock, locked)
    }

    /// Nobody looks into it any more. What it delivers goes on.
    pub fn lock(&self) -> Answer<LockState> {
        if Record::read(&self.dir)?.is_some() {
            let open = match &*self.read() {
                Standing::Open(phone) => Some(phone.clone()),
                _ => None,
            };
            if open.is_some() {
                self.set(Standing::Locked(open));
            }
        }
        self.state()
    }

    /// Opens it with the PIN, with no network.
    pub fn unlock(&self, pin: &str) -> Answer<LockState> {
        let Ports {
            keystore,
            dice,
            clock,
            ..
        } = &self.ports;
        let key = open_by_pin(&self.dir, &**keystore, &**dice, &**clock, pin)?;
        self.let_in(key)
    }

    /// Opens it with a one-time code, when the PIN was forgotten. There is no PIN afterwards.
    pub async fn recover(&self, code: &str) -> Answer<LockState> {
        let key = open_by_centre(&self.dir, &self.ports, code).await?;
        self.let_in(key)
    }

    fn let_in(&self, key: crate::ports::DatabaseKey) -> Answer<LockState> {
        let running = match &*self.read() {
            Standing::Open(phone) | Standing::Locked(Some(phone)) => Some(phone.clone()),
            _ => None,
        };
        let phone = match running {
            Some(phone) => phone,
            None => {
                let phone = Phone::open_unlocked(&self.dir, self.ports.clone(), key)?;
                (self.begin)(&phone);
                phone
            }
        };
        self.set(Standing::Open(phone));
        self.state()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Standing> {
        self.standing.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, standing: Standing) {
        *self
            .standing
            .write()
            .unwrap_or_else(PoisonError::into_inner) = standing;
    }
}
