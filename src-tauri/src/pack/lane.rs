//! Fetches what is missing of the packs that were offered: the index, which makes the phone usable, with one run of frames
//! behind it on the line, then a few runs at once, so that no round trip is waited for. The next is asked for before the
//! last is stored. What is cut off is asked for again, from the first frame that is not here.

use super::{
    shelf::{self, Held, Run, Stored},
    unpack,
};
use crate::{Phone, enrolment::Enrolment, error::Answer, sync::trouble};
use gridwalk_core::{
    error::Code,
    ids::Hash,
    sync::{event::Failure as Trouble, pack::Content},
    time::Timestamp,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::JoinSet;

/// One request asks for about so much: two seconds at one megabit. A cut costs at most one frame.
const RUN: u64 = 256 * 1024;
/// Requests under way at once, so that no round trip is waited for. They share the line and end together, so two would
/// leave it empty for a round trip each time.
const AT_ONCE: usize = 3;
/// The same while an index is among them.
const BESIDE_INDEX: usize = 2;
/// The first rest after a failure; doubles with each further one.
const FIRST_REST_MS: i64 = 2_000;
/// No rest is longer.
const LONGEST_REST_MS: i64 = 10 * 60_000;

/// The lane of one phone: what it knows from one run to the next.
#[derive(Default)]
pub(crate) struct Lane {
    rest_until: Option<Timestamp>,
    failures: u32,
    /// The pack that was last found missing.
    gone: Option<Hash>,
}

impl Lane {
    /// When to go on by itself after a failure.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.rest_until
    }

    /// Fetches until nothing is left or the line is gone. True when the session has something to ask for: the feed behind
    /// a pack that is complete, or that of a pack that was no good. What came waits to be unpacked.
    pub async fn fetch(&mut self, phone: &Phone) -> bool {
        let Some(who) = phone.enrolment() else {
            return false;
        };
        let before = refused(phone).await;
        let outcome = self.fetch_all(phone, &who).await;
        let mut news = outcome == Ok(true);
        self.rest_until = None;
        match outcome {
            Ok(_) => self.failures = 0,
            Err(trouble) => {
                let own = (FIRST_REST_MS << self.failures.min(12)).min(LONGEST_REST_MS);
                let asked = match trouble {
                    Trouble::Busy { retry_after_ms } => retry_after_ms.unwrap_or(0),
                    _ => 0,
                };
                self.failures += 1;
                let rest = own.max(asked.min(6 * LONGEST_REST_MS));
                self.rest_until = Some(phone.clock().plus_ms(rest));
                tracing::info!(?trouble, rest, "a pack has to wait");
            }
        }
        news |= refused(phone).await > before;
        news
    }
}

/// Takes out what is here, a few documents at a time. True when a pack turned out to be no good, and the session has its
/// feed to ask for.
pub(crate) async fn take_out(phone: &Phone) -> bool {
    let before = refused(phone).await;
    if let Err(failure) = unpack_all(phone).await {
        tracing::error!(%failure, "a pack cannot be unpacked");
    }
    refused(phone).await > before
}

async fn refused(phone: &Phone) -> u32 {
    let count = phone.off_the_loop(|phone| {
        phone.database().read(|db| {
            Ok(db.query_row(
                "select count(*) from pack where standing = 'refused'",
                [],
                |row| row.get(0),
            )?)
        })
    });
    count.await.unwrap_or(0)
}

async fn unpack_all(phone: &Phone) -> Answer<()> {
    let unpacked = phone.off_the_loop(|phone| {
        while unpack::some(phone.database())? {}
        while crate::projection::refresh(phone.database())? {}
        Ok(())
    });
    unpacked.await?;
    phone.tell_delivery();
    Ok(())
}

impl Lane {
    /// True when a pack came to its end, good or bad.
    async fn fetch_all(&mut self, phone: &Phone, who: &Arc<Enrolment>) -> Result<bool, Trouble> {
        let mut ended = false;
        loop {
            let plan = phone
                .off_the_loop(|phone| {
                    phone.database().read(|db| {
                        let Some(held) = shelf::held(db, "coming")?.into_iter().next() else {
                            return Ok(None);
                        };
                        let runs = shelf::missing(db, &held, RUN)?;
                        Ok(Some((held, runs)))
                    })
                })
                .await
                .map_err(stuck)?;
            let Some((held, runs)) = plan else {
                return Ok(ended);
            };
            let held = Arc::new(held);
            let outcome = match runs.is_empty() {
                true => Stored::Gone, // nothing to fetch and nothing to read: no pack
                false => fetch_one(phone, who, &held, runs).await?,
            };
            if outcome == Stored::Gone {
                let again = self.gone.replace(held.name) == Some(held.name);
                phone
                    .off_the_loop(move |phone| {
                        phone.database().write(|db| shelf::gone(db, &held, again))
                    })
                    .await
                    .map_err(stuck)?;
            }
            ended |= outcome != Stored::Part;
        }
    }
}

/// What became of it.
async fn fetch_one(
    phone: &Phone,
    who: &Arc<Enrolment>,
    held: &Arc<Held>,
    runs: Vec<Run>,
) -> Result<Stored, Trouble> {
    let is_index = |run: &Run| held.manifest.files[run.file].content == Content::INDEX;
    let (index, documents): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(is_index);
    let mut indexes = index.len();
    let mut runs = index.into_iter().chain(documents);
    let mut under_way = JoinSet::new();
    let ask = |under_way: &mut JoinSet<_>, run: Run| {
        let (phone, who, held) = (phone.clone(), who.clone(), held.clone());
        under_way.spawn(async move { fetch_run(&phone, &who, &held, run).await });
    };
    let mut trouble = None;
    loop {
        let at_once = if indexes > 0 { BESIDE_INDEX } else { AT_ONCE };
        while trouble.is_none()
            && under_way.len() < at_once
            && let Some(run) = runs.next()
        {
            ask(&mut under_way, run);
        }
        // After a failure nothing more is asked for, and what is under way is stored still.
        let Some(done) = under_way.join_next().await else {
            phone.tell_delivery();
            return trouble.map_or(Ok(Stored::Part), Err);
        };
        let (run, body) = match done.map_err(|_| Trouble::Server)? {
            Ok(Some(fetched)) => fetched,
            Ok(None) => return Ok(Stored::Gone),
            Err(failure) => {
                trouble.get_or_insert(failure);
                continue;
            }
        };
        let index = is_index(&run);
        indexes -= usize::from(index);
        let storing = tokio::spawn(store_run(phone.clone(), held.clone(), run, body));
        if trouble.is_none()
            && !index
            && let Some(run) = runs.next()
        {
            ask(&mut under_way, run);
        }
        match storing.await.map_err(|_| Trouble::Server)? {
            Ok(Stored::Part) => {}
            Ok(end) => return Ok(end),
            Err(failure) => {
                trouble.get_or_insert(failure);
            }
        }
        if index {
            phone.tell_delivery();
        }
    }
}

/// The bytes of a run; none when the server does not have the file any more.
async fn fetch_run(
    phone: &Phone,
    who: &Enrolment,
    held: &Held,
    run: Run,
) -> Result<Option<(Run, Vec<u8>)>, Trouble> {
    let file = &held.manifest.files[run.file];
    let (from, to) = (file.offset(run.frames.start), file.offset(run.frames.end));
    let link = phone.link(who);
    let path = format!("/packs/{}", file.hash);
    let mut renewed = false;
    loop {
        let token = phone.token(who).await?;
        let headers = BTreeMap::from([
            ("authorization", format!("Bearer {token}")),
            ("range", format!("bytes={from}-{}", to - 1)),
        ]);
        let reply = link.call("GET", &path, headers, Vec::new()).await?;
        match reply.status {
            206 => return Ok(Some((run, reply.body))),
            404 => return Ok(None),
            _ => match trouble(&reply) {
                Trouble::TokenExpired if !renewed => {
                    renewed = true;
                    phone.forget_token(&token);
                }
                Trouble::TokenExpired => return Err(Trouble::Server),
                // a server that sends something else than it was asked for
                Trouble::NotOurServer if reply.status == 200 => return Err(Trouble::Server),
                trouble => return Err(trouble),
            },
        }
    }
}

/// Stores what came of a run, frame by frame.
async fn store_run(
    phone: Phone,
    held: Arc<Held>,
    run: Run,
    body: Vec<u8>,
) -> Result<Stored, Trouble> {
    let (file, name) = (&held.manifest.files[run.file], held.name);
    let lengths: Vec<usize> = file.frames[run.frames.clone()]
        .iter()
        .map(|frame| frame.packed as usize)
        .collect();
    let stored = phone.off_the_loop(move |phone| {
        let mut stored = Stored::Part;
        let mut rest = &body[..];
        for (number, length) in run.frames.zip(lengths) {
            let Some((frame, behind)) = rest.split_at_checked(length) else {
                return Ok(None); // cut: what came before is here
            };
            rest = behind;
            // one frame, one transaction: whatever happens next, it is here
            stored = phone
                .database()
                .write(|db| shelf::store(db, &name, run.file, number, frame))?;
            if stored != Stored::Part {
                break;
            }
        }
        Ok(Some(stored))
    });
    let stored = stored.await.map_err(stuck)?;
    stored.ok_or(Trouble::Unreachable)
}

/// The phone itself cannot go on.
fn stuck(failure: crate::Failure) -> Trouble {
    tracing::error!(%failure, "the pack lane cannot read or write");
    Trouble::Refused(match failure.code {
        Code::Internal => Code::ServerError,
        code => code,
    })
}
