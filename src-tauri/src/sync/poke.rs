//! The line on which the centre says that something is new, and nothing else. While the app is in front of somebody, the
//! phone keeps it open and asks for news whenever it says so; a line that does not hold costs a wait, never a message and
//! never a login: without it the phone asks every two minutes as ever.

use super::link::trouble;
use crate::{Phone, enrolment::Enrolment};
use gridwalk_core::{error::Code, sync::event::Failure as Trouble};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How the centre says it.
const POKE: &[u8] = b"event: poke";
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// Until it is asked again whether the battery still runs down.
const SAVING_WAIT: Duration = Duration::from_secs(60);
/// A poke that reaches many phones must not bring them all at one moment.
const SPREAD_MS: u64 = 700;

/// Keeps the line as long as it is polled.
pub(crate) async fn listen(phone: &Phone) {
    let mut seen = phone.seen();
    let mut wait = FIRST_WAIT;
    while seen.wait_for(|seen| *seen).await.is_ok() {
        let Some(who) = phone.enrolment() else {
            let _ = seen.changed().await; // told when somebody enrols
            continue;
        };
        if phone.saves_power() {
            // an open line costs the radio's sleep; news is asked for now and then instead
            tokio::select! {
                () = tokio::time::sleep(SAVING_WAIT) => {}
                _ = seen.changed() => {}
            }
            continue;
        }
        let mut behind = seen.clone();
        let held = tokio::select! {
            held = hold(phone, &who) => held,
            _ = behind.wait_for(|seen| !*seen) => continue,
        };
        wait = match held {
            // it held: the centre ends each after a while
            Ok(()) => FIRST_WAIT,
            // only a person can change this, and the session says so
            Err(Trouble::Refused(Code::DeviceRevoked)) => LONGEST_WAIT,
            Err(_) => (wait * 2).min(LONGEST_WAIT),
        };
        let spread = Duration::from_millis(roll(phone, wait.as_millis() as u64 / 2));
        tokio::select! {
            () = tokio::time::sleep(wait / 2 + spread) => {}
            _ = seen.changed() => wait = FIRST_WAIT,
        }
    }
}

/// One line, until it ends. `Ok` when it was open at all.
async fn hold(phone: &Phone, who: &Enrolment) -> Result<(), Trouble> {
    let token = phone.token(who).await?;
    let headers = BTreeMap::from([
        ("authorization", format!("Bearer {token}")),
        ("accept", "text/event-stream".to_owned()),
    ]);
    let opened = AtomicBool::new(false);
    let heard = |piece: &[u8]| {
        // whatever happened before the line was open is asked for once it is
        let first = !opened.swap(true, Ordering::AcqRel);
        if first || piece.windows(POKE.len()).any(|part| part == POKE) {
            let (phone, spread) = (phone.clone(), roll(phone, SPREAD_MS));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(spread)).await;
                phone.wake(false);
            });
        }
    };
    let reply = phone.link(who).listen("/poke", headers, &heard).await;
    if opened.load(Ordering::Acquire) {
        return Ok(());
    }
    let trouble = match reply {
        Ok(reply) => trouble(&reply),
        Err(trouble) => trouble,
    };
    if trouble == Trouble::TokenExpired {
        phone.forget_token(&token);
    }
    Err(trouble)
}

fn roll(phone: &Phone, most: u64) -> u64 {
    let dice = phone.ports().dice.roll().map(u64::from_le_bytes);
    dice.unwrap_or(0) % (most + 1)
}
