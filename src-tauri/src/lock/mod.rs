//! The app's lock: six digits that the phone checks by itself, with no network.
//!
//! The database's key is sealed under the PIN, slowly (Argon2id), together with a secret of this machine, so that guessing
//! happens on this phone only, and ten wrong guesses end it. A second seal opens with what the centre keeps: a worker who
//! forgets the PIN hands in a one-time code, as at enrolment, and goes on where the work was left, unsent work included.
//!
//! ```text
//! PIN ─Argon2id─┐                        made by the phone ─▶ the centre keeps it
//!               ├─▶ key ─seals─▶ the database's key ◀─seals─ key ◀─┤
//! machine ──────┘                                        machine ──┘
//! ```
//!
//! Nothing is sealed away before the way back exists: until the centre has said that it keeps its part, the key also stays
//! where it was (`FileKeystore`), and the PIN guards the screens only. [`LockState::sealed`] says which of both it is.
//!
//! A wait is counted by how long the machine has been running, which nobody can set, and not by its clock. What cannot be had:
//! where the machine does not tell that (Android tells no app without code of its own), a wait goes on only while the app runs,
//! and an app or a machine that is started again begins one again: it is longer than promised then, never shorter.
//!
//! The two minutes after which the app locks by itself are counted by the same, or by the clock if that says more: a clock that is
//! put back wins nobody time, and where the machine does not count its sleep, the clock does.
//!
//! Not defended: a phone that is unlocked; somebody who may write this app's files puts an older `lock.json` back.

mod gate;
mod record;
mod seal;
mod sharing;

pub use gate::Gate;
use record::has_pin;
pub(crate) use record::{Record, is_sealed};
pub(crate) use seal::Kdf;

use crate::{
    Phone,
    database::{fact, set_fact},
    error::{Answer, Failure},
    ports::{Clock, DatabaseKey, Dice, Keystore, Ports},
    sync::Link,
    view::{LockState, Settings},
};
use gridwalk_core::{error::Code, sync::event::Failure as Trouble, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The fact that says what the centre keeps for this phone.
const RECOVERY: &str = "recovery";
/// So many wrong PINs, and only the centre opens the phone.
const MOST_WRONG: u32 = 10;
/// Mistyping twice costs nothing but a smile.
const FREE: u32 = 2;

/// Whoever looks at the lock's files and then writes them does so alone: a key must not be taken away while another puts it
/// back.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What opens the phone when its PIN was forgotten.
#[derive(Serialize, Deserialize)]
struct Recovery {
    secret: String,
    /// The centre said that it keeps it.
    left: bool,
}

/// How long nobody may try again after so many wrong PINs: 1, 2, 4, 8, then 15 minutes.
fn back_off_ms(wrong: u32) -> i64 {
    match wrong.saturating_sub(FREE) {
        0 => 0,
        n => (60_000 << (n - 1).min(4)).min(15 * 60_000),
    }
}

/// Six digits, and none that everybody tries first.
fn check(pin: &str) -> Answer<()> {
    let digits: Vec<u8> = pin.bytes().collect();
    if digits.len() != 6 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Failure::new(Code::PinWeak, "a PIN has six digits"));
    }
    let steps: Vec<i16> = digits
        .windows(2)
        .map(|pair| i16::from(pair[1]) - i16::from(pair[0]))
        .collect();
    if [-1, 0, 1]
        .iter()
        .any(|step| steps.iter().all(|s| s == step))
    {
        return Err(Failure::new(Code::PinWeak, "a PIN that everybody tries"));
    }
    Ok(())
}

/// What the lock screen shows; readable while everything else is not.
pub(crate) fn state(dir: &Path, clock: &dyn Clock, locked: bool) -> Answer<LockState> {
    let _turn = turn();
    let Some(mut record) = Record::read(dir)? else {
        return Ok(LockState::default());
    };
    let running_ms = clock.running_ms();
    let wait_ms = record.wait_ms(running_ms);
    record.write_if_changed(dir)?;
    Ok(LockState {
        set: true,
        locked,
        wait_ms: wait_ms as f64,
        running_ms: running_ms as f64,
        spent: record.by_pin.is_none(),
        tries_left: (record.by_pin.is_some() && is_sealed(dir))
            .then(|| MOST_WRONG.saturating_sub(record.wrong).max(1)),
        sealed: is_sealed(dir),
        look: Some(record.look.clone()),
    })
}

/// Counts a try, then makes it: a process that is killed in between has used it up.
pub(crate) fn open_by_pin(
    dir: &Path,
    keystore: &dyn Keystore,
    dice: &dyn Dice,
    clock: &dyn Clock,
    pin: &str,
) -> Answer<DatabaseKey> {
    let _turn = turn();
    prove(dir, keystore, dice, clock, pin)
}

fn prove(
    dir: &Path,
    keystore: &dyn Keystore,
    dice: &dyn Dice,
    clock: &dyn Clock,
    pin: &str,
) -> Answer<DatabaseKey> {
    let mut record =
        Record::read(dir)?.ok_or_else(|| Failure::new(Code::NotFound, "this phone has no PIN"))?;
    let Some(sealed) = record.by_pin.clone() else {
        return Err(Failure::new(Code::PinSpent, "ten wrong PINs"));
    };
    if record.wait_ms(clock.running_ms()) > 0 {
        record.write_if_changed(dir)?;
        return Err(Failure::new(Code::PinWait, "too soon after a wrong PIN"));
    }
    let before = record.wrong;
    record.wrong += 1;
    record.last_wrong_at = clock.now();
    record.last_wrong_run = Some(clock.running_ms());
    record.write(dir)?;
    let kek = seal::from_pin(pin, &record.salt, record.kdf, &keystore.machine(dice)?)?;
    match seal::open(&kek, &sealed) {
        Some(key) => {
            record.wrong = 0;
            record.write(dir)?;
            Ok(DatabaseKey(key))
        }
        None => {
            // the way back leads over the centre; while there is none yet, the PIN must not be the only way
            if before + 1 >= MOST_WRONG && is_sealed(dir) {
                record.by_pin = None;
                record.write(dir)?;
                return Err(Failure::new(Code::PinSpent, "ten wrong PINs"));
            }
            Err(Failure::new(Code::PinWrong, "not this one"))
        }
    }
}

/// Hands in a one-time code; answers the database's key. The lock is gone afterwards, and a new PIN can be chosen.
pub(crate) async fn open_by_centre(dir: &Path, ports: &Ports, code: &str) -> Answer<DatabaseKey> {
    let record =
        Record::read(dir)?.ok_or_else(|| Failure::new(Code::NotFound, "this phone has no PIN"))?;
    let link = Link {
        exchange: ports.exchange.clone(),
        server: record.server.clone(),
        extra_root: match &record.extra_root {
            None => None,
            Some(der) => Some(Arc::from(hex::decode(der).map_err(Failure::internal)?)),
        },
    };
    let secret = link.recover(record.device, code).await?;
    let secret = secret.map(|hex| seal::secret(&hex)).transpose()?;
    let _turn = turn();
    let key = match (is_sealed(dir), secret) {
        (false, _) => ports.keystore.key(&*ports.dice)?,
        (true, Some(secret)) => {
            let machine = ports.keystore.machine(&*ports.dice)?;
            let kek = seal::from_centre(&secret, &machine)?;
            let key = seal::open(&kek, &record.by_centre).map(DatabaseKey);
            key.ok_or_else(|| Failure::new(Code::StorageBroken, "the centre keeps another part"))?
        }
        (true, None) => {
            return Err(Failure::new(
                Code::StorageBroken,
                "the centre keeps nothing for this phone",
            ));
        }
    };
    ports.keystore.keep_key(&key)?;
    Record::remove(dir)?;
    Ok(key)
}

impl Phone {
    /// Whether there is a PIN, and how it stands. This phone is open, so nothing is locked here.
    pub fn lock_state(&self) -> Answer<LockState> {
        state(self.dir(), &*self.ports().clock, false)
    }

    /// A first PIN, or another one: then `old` is asked for, with the same back-off as at the door.
    pub fn set_pin(&self, old: Option<String>, pin: String) -> Answer<LockState> {
        check(&pin)?;
        let who = self.who()?;
        let turn = turn();
        self.prove(old.as_deref())?;
        let ports = self.ports();
        let key = ports.keystore.key(&*ports.dice)?;
        let machine = ports.keystore.machine(&*ports.dice)?;
        let kept: Option<Recovery> = self.database().read(|db| fact(db, RECOVERY))?;
        let recovery = match kept {
            Some(kept) if Record::read(self.dir())?.is_some() => kept,
            _ => Recovery {
                secret: hex::encode(ports.dice.roll::<32>()?),
                left: false,
            },
        };
        let kdf = seal::Kdf::measured()?;
        let salt = ports.dice.roll::<16>()?;
        let record = Record {
            version: record::VERSION,
            kdf,
            salt: hex::encode(salt),
            by_pin: Some(seal::seal(
                &seal::from_pin(&pin, &hex::encode(salt), kdf, &machine)?,
                &key.0,
                &*ports.dice,
            )?),
            by_centre: seal::seal(
                &seal::from_centre(&seal::secret(&recovery.secret)?, &machine)?,
                &key.0,
                &*ports.dice,
            )?,
            device: who.identity.device,
            server: who.server.clone(),
            extra_root: who.extra_root.as_ref().map(hex::encode),
            look: self.settings()?,
            wrong: 0,
            last_wrong_at: Timestamp(0),
            last_wrong_run: None,
        };
        self.database()
            .write(|db| set_fact(db, RECOVERY, &recovery))?;
        record.write(self.dir())?;
        drop(turn);
        self.wake(false);
        self.wake_photos();
        self.lock_state()
    }

    /// No PIN any more; the key goes back to where it was before the record goes.
    pub fn remove_pin(&self, pin: String) -> Answer<LockState> {
        let turn = turn();
        self.prove(Some(&pin))?;
        let ports = self.ports();
        ports
            .keystore
            .keep_key(&ports.keystore.key(&*ports.dice)?)?;
        Record::remove(self.dir())?;
        drop(turn);
        self.lock_state()
    }

    /// The lock screen wears what the app wears.
    pub(crate) fn dress_lock(&self, look: &Settings) -> Answer<()> {
        let _turn = turn();
        let Some(mut record) = Record::read(self.dir())? else {
            return Ok(());
        };
        record.look = look.clone();
        record.write(self.dir())
    }

    fn prove(&self, pin: Option<&str>) -> Answer<()> {
        if Record::read(self.dir())?.is_none() {
            return Ok(());
        }
        let pin = pin.ok_or_else(|| Failure::new(Code::PinWrong, "the old PIN is missing"))?;
        let ports = self.ports();
        prove(
            self.dir(),
            &*ports.keystore,
            &*ports.dice,
            &*ports.clock,
            pin,
        )
        .map(drop)
    }

    /// Leaves at the centre what opens this phone when its PIN is forgotten. Only once that is said to be kept, the key is
    /// taken from where everybody with this phone's files could find it.
    pub(crate) async fn leave_recovery(&self) {
        if let Err(failure) = self.try_to_leave_recovery().await {
            // an older centre, or none at all: the PIN guards the screens meanwhile, and nothing can be lost
            tracing::info!(%failure, "the centre keeps nothing for this phone's lock yet");
        }
    }

    async fn try_to_leave_recovery(&self) -> Answer<()> {
        let Some(who) = self.enrolment() else {
            return Ok(());
        };
        let asked = self.off_the_loop(|phone| {
            let kept: Option<Recovery> = phone.database().read(|db| fact(db, RECOVERY))?;
            Ok(kept.filter(|_| Record::read(phone.dir()).is_ok_and(|record| record.is_some())))
        });
        let Some(recovery) = asked.await? else {
            return Ok(());
        };
        if recovery.left && is_sealed(self.dir()) {
            return Ok(());
        }
        if !recovery.left {
            let token = self.token(&who).await?;
            let link = self.link(&who);
            let left = link.leave_recovery(&token, &recovery.secret).await;
            left.inspect_err(|trouble| {
                if *trouble == Trouble::TokenExpired {
                    self.forget_token(&token);
                }
            })?;
        }
        self.off_the_loop(move |phone| phone.seal_away(recovery))
            .await
    }

    /// The centre keeps this part. If it is still the one that opens this lock, the key is sealed away.
    fn seal_away(&self, left: Recovery) -> Answer<()> {
        let _turn = turn();
        let kept: Option<Recovery> = self.database().read(|db| fact(db, RECOVERY))?;
        let Some(record) = Record::read(self.dir())? else {
            return Ok(());
        };
        if kept.is_none_or(|kept| kept.secret != left.secret) {
            return Ok(()); // another PIN was set meanwhile; its part leaves next
        }
        let left = Recovery { left: true, ..left };
        self.database().write(|db| set_fact(db, RECOVERY, &left))?;
        if is_sealed(self.dir()) {
            return Ok(());
        }
        let ports = self.ports();
        let key = ports.keystore.key(&*ports.dice)?;
        let machine = ports.keystore.machine(&*ports.dice)?;
        let kek = seal::from_centre(&seal::secret(&left.secret)?, &machine)?;
        if seal::open(&kek, &record.by_centre) != Some(key.0) {
            return Err(Failure::internal("the way back does not lead here"));
        }
        ports.keystore.forget_key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_a_quarter_of_an_hour() {
        let minutes: Vec<i64> = (0..12).map(|wrong| back_off_ms(wrong) / 60_000).collect();
        assert_eq!(minutes, [0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15, 15]);
    }
}
