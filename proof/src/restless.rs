//! A phone that never rests, in a process of its own that may be killed at any moment: it saves visits and hazards with
//! photos as fast as it can and delivers meanwhile. Whatever is acknowledged goes to standard output at once, a line
//! each, so that whoever holds the other end of the pipe knows it although this process is gone.

use crate::{
    corner,
    ear::{Ear, Kept},
    process::Outcome,
};
use gridwalk::{Phone, ports::Ports, view::SyncPhase};
use std::{
    collections::BTreeSet,
    fmt,
    io::BufRead,
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
    /// 已存本机: a record or photo, by its id or hash.
    Saved(String),
    /// 已到中心: a change.
    Change(String),
    /// 已到中心: a photo, thumbnail or line.
    Blob(String),
    /// It is on this phone, said when it starts.
    Has(String),
    /// All that it has is said; it begins to work.
    Ready,
    /// It was asked to finish, and everything has its receipt.
    Settled,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saved(id) => write!(f, "saved {id}"),
            Self::Change(hash) => write!(f, "change {hash}"),
            Self::Blob(hash) => write!(f, "blob {hash}"),
            Self::Has(id) => write!(f, "has {id}"),
            Self::Ready => f.write_str("ready"),
            Self::Settled => f.write_str("settled"),
        }
    }
}

impl FromStr for Word {
    type Err = String;
    fn from_str(line: &str) -> Result<Self, String> {
        let (word, name) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match (word, name.to_owned()) {
            ("saved", id) => Self::Saved(id),
            ("change", hash) => Self::Change(hash),
            ("blob", hash) => Self::Blob(hash),
            ("has", id) => Self::Has(id),
            ("ready", _) => Self::Ready,
            ("settled", _) => Self::Settled,
            _ => return Err(format!("the phone said `{line}`")),
        })
    }
}

/// Says too early what it should say afterwards. With it the proof must find losses, or it proves nothing.
pub const TOO_EARLY: &str = "GRIDWALK_PROOF_SAYS_TOO_EARLY";

fn say(word: &Word) {
    // Written by the end of the line.
    println!("{word}");
}

/// Works until a line on standard input says that it is enough, or whoever wrote those lines is gone.
pub fn live(data: &Path) -> Outcome<()> {
    let early = std::env::var_os(TOO_EARLY).is_some();
    let ear = Ear::new(
        |kept| {
            say(&match kept {
                Kept::Change(hash) => Word::Change(hash.to_string()),
                Kept::Blob(hash) => Word::Blob(hash.to_string()),
            });
        },
        early,
    );
    let ports = Ports {
        exchange: Arc::new(ear),
        ..Ports::of_this_machine(data)
    };
    let phone = Phone::open(data, ports)?;
    for id in recorded(&phone)? {
        say(&Word::Has(id));
    }
    say(&Word::Ready);

    let enough = Arc::new(AtomicBool::new(false));
    let told = enough.clone();
    std::thread::spawn(move || {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(1..) => told.store(true, Ordering::Release),
            _ => std::process::exit(0),
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let delivering = phone.clone();
    runtime.spawn(async move { delivering.keep_in_sync().await });
    let doors = corner::doors(&phone)?;
    let mut round = std::process::id() as usize;
    while !enough.load(Ordering::Acquire) {
        round += 1;
        let before = |ids: &[String]| {
            if early {
                ids.iter().cloned().map(Word::Saved).for_each(|w| say(&w));
            }
        };
        let saved = match round % 8 {
            0 => corner::hazard(&phone, round as u8, before)?,
            _ => {
                let door = doors[round % doors.len()];
                corner::visit(&phone, door, "没有变化，门口电动车已经推走。", before)?
            }
        };
        saved.into_iter().map(Word::Saved).for_each(|w| say(&w));
        if round.is_multiple_of(4) {
            phone.sync_now()?; // as a person would, so that a back-off does not outlast this process
        }
    }
    runtime.block_on(settle(&phone))?;
    say(&Word::Settled);
    Ok(())
}

fn recorded(phone: &Phone) -> Outcome<BTreeSet<String>> {
    let held = phone.holdings()?.recorded;
    let records = held.visits.into_iter().chain(held.incident_events);
    Ok(records.chain(held.photos).collect())
}

async fn settle(phone: &Phone) -> Outcome<()> {
    let mut moved = phone.delivery();
    for _ in 0..200 {
        let state = phone.sync_once().await?;
        let waiting = state.waiting_records + state.waiting_photos + state.waiting_voices;
        if state.stuck > 0 {
            return Err(format!("refused although nothing was wrong with it: {state:?}").into());
        }
        if state.phase == SyncPhase::Idle && waiting == 0 {
            return Ok(());
        }
        // A busy centre says when to come back.
        let _ = tokio::time::timeout(Duration::from_millis(500), moved.changed()).await;
    }
    Err("the phone does not get through".into())
}
