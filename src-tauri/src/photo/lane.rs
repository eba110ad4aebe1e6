//! The photos' own lane: resumable uploads (tus 1.0), most urgent first, then smallest. A bad photo is put aside with its
//! reason and the next one goes; one with which only the centre has trouble goes last from then on. A bad network is tried again after a while that grows, or as soon as an exchange got
//! through; a busy centre is left alone until it may be asked again. On a line that costs money only what is urgent or
//! small goes. Originals go behind everything, however urgent their case, and a large one waits for a line that costs nothing.

use super::voice;
use crate::{
    Phone,
    enrolment::Enrolment,
    error::Answer,
    ports::Reply,
    sync::{Link, code, trouble},
    view::SyncPhase,
};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use gridwalk_core::{error::Code, ids::Hash, sync::event::Failure as Trouble, time::Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// One PATCH carries at most this much, so that a cut costs little and progress shows.
const PIECE: usize = 128 * 1024;
/// Wrong offsets and lost uploads that one photo may meet before the lane rests.
const PATIENCE: u32 = 4;
/// So many photos in a row with which the centre has trouble are no trouble of theirs.
const MOST_IN_A_ROW: u32 = 3;
/// How long a busy centre is left alone that does not say how long.
const REST_MS: i64 = 30_000;
/// No wait that a centre asks for is believed beyond this.
const LONGEST_REST_MS: i64 = 60 * 60_000;
/// After the first setback, about.
const SHORTEST_SETBACK_MS: i64 = 2_000;
/// After many.
const LONGEST_SETBACK_MS: i64 = 5 * 60_000;
/// Larger ones wait for a line that costs nothing, unless they are urgent.
const FREE_LINE_BYTES: i64 = 1_000_000;
/// Urgent: 特急 and 紧急 go over any line.
const ANY_LINE_SEVERITY: i64 = 2;

/// A photo that waits.
struct Waiting {
    hash: Hash,
    upload: Option<String>,
    /// Bytes that the centre has confirmed.
    sent: u32,
}

/// The lane of one phone: what it knows from one run to the next.
#[derive(Default)]
pub(crate) struct Lane {
    /// The centre asked not to be called before.
    rest_until: Option<Timestamp>,
    /// The network failed; it is tried again then, or sooner when somebody hears that it is back.
    again_at: Option<Timestamp>,
    /// How often in a row nothing moved.
    setbacks: u32,
    /// What could not be read, or got an answer that says neither yes nor no. It is tried again behind all others.
    behind: BTreeSet<Hash>,
}

impl Lane {
    /// When to go on by itself, if it was held up.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.rest_until.or(self.again_at)
    }

    /// Sends the photos that wait, until none is left or the centre cannot be reached. Records are not held up: what is
    /// recorded meanwhile has an exchange of its own.
    pub async fn deliver(&mut self, phone: &Phone) {
        let Some(who) = phone.enrolment() else {
            return;
        };
        if self.rest_until.is_some_and(|until| resting(until, phone)) {
            return; // a busy centre is not called more often because somebody saves or pushes
        }
        self.rest_until = None;
        self.again_at = None;
        let mut moved = false;
        match send_all(phone, &who, &mut moved, &mut self.behind).await {
            Ok(()) => {
                self.setbacks = 0;
                phone.set_photo_phase(SyncPhase::Idle, None);
            }
            Err(trouble) => {
                let now = phone.clock();
                if let Trouble::Busy { retry_after_ms } = trouble {
                    let asked = retry_after_ms.unwrap_or(REST_MS).clamp(0, LONGEST_REST_MS);
                    self.rest_until = Some(now.plus_ms(asked));
                } else {
                    self.setbacks = if moved { 1 } else { self.setbacks + 1 };
                    let dice = phone.ports().dice.roll().map_or(0, u16::from_le_bytes);
                    self.again_at = Some(now.plus_ms(setback_ms(self.setbacks, dice)));
                }
                phone.set_photo_phase(SyncPhase::Offline, Some(code(trouble)));
            }
        }
    }
}

/// How long to wait after so many setbacks in a row: doubled each time, and at random between half of that and all of it,
/// so that the phones of a street which lost its network do not come back together.
fn setback_ms(setbacks: u32, dice: u16) -> i64 {
    let doubled = SHORTEST_SETBACK_MS << setbacks.saturating_sub(1).min(16);
    let most = doubled.min(LONGEST_SETBACK_MS);
    most / 2 + most / 2 * i64::from(dice) / i64::from(u16::MAX)
}

/// A rest that is further away than any that was asked for means that somebody set the clock back.
fn resting(until: Timestamp, phone: &Phone) -> bool {
    (1..=LONGEST_REST_MS).contains(&until.since(phone.clock()))
}

async fn send_all(
    phone: &Phone,
    who: &Enrolment,
    moved: &mut bool,
    behind: &mut BTreeSet<Hash>,
) -> Result<(), Trouble> {
    let link = phone.link(who);
    // a token may end at any time, also while a large photo is under way; one that ends without anything having moved
    // since it was fetched is no token
    let mut renewed_at = None;
    let (mut tried, mut left, mut in_a_row) = (BTreeSet::new(), None, 0);
    loop {
        let (later, not_again) = (behind.clone(), tried.clone());
        let next = phone.off_the_loop(move |phone| next(phone, &later, &not_again));
        let Some(photo) = next.await.map_err(stuck)? else {
            break;
        };
        phone.set_photo_phase(SyncPhase::Syncing, None);
        let here = (photo.hash, photo.sent);
        let token = phone.token(who).await?;
        match send(phone, &link, &token, photo, moved).await {
            Ok(()) => {
                *moved = true;
                in_a_row = 0;
                behind.remove(&here.0);
                settle(phone, here.0, "stored", None).await?;
            }
            Err(Trouble::TokenExpired) if renewed_at != Some(here) => {
                renewed_at = Some(here);
                phone.forget_token(&token);
            }
            Err(Trouble::TokenExpired) => return Err(Trouble::Server),
            Err(Trouble::Refused(code)) if of_the_photo(code) => {
                behind.remove(&here.0);
                settle(phone, here.0, "refused", Some(code)).await?
            }
            Err(trouble) if may_be_of_one(trouble) => {
                behind.insert(here.0);
                tried.insert(here.0);
                left.get_or_insert(trouble);
                in_a_row += 1;
                if in_a_row == MOST_IN_A_ROW {
                    break;
                }
            }
            Err(trouble) => return Err(trouble),
        }
    }
    left.map_or(Ok(()), Err)
}

/// Whether another photo may fare better.
fn may_be_of_one(trouble: Trouble) -> bool {
    match trouble {
        Trouble::Server | Trouble::TooBig => true,
        Trouble::Refused(code) => code != Code::DeviceRevoked,
        _ => false,
    }
}

/// Whether a refusal is about these very bytes; anything else is about the phone or the day and may pass.
fn of_the_photo(code: Code) -> bool {
    matches!(
        code,
        Code::PhotoTruncated
            | Code::PhotoUnsupported
            | Code::PhotoTooBig
            | Code::VoiceTruncated
            | Code::VoiceUnsupported
            | Code::VoiceTooLong
            | Code::BlobHashMismatch
    )
}

async fn send(
    phone: &Phone,
    link: &Link,
    token: &str,
    photo: Waiting,
    moved: &mut bool,
) -> Result<(), Trouble> {
    let hash = photo.hash;
    let bytes = phone
        .off_the_loop(move |phone| phone.own_photo_bytes(hash))
        .await
        .map_err(|failure| {
            tracing::error!(%failure, %hash, "a photo on this phone cannot be read");
            // what is damaged stays so; what a disk or a key does not give now it may give later
            Trouble::Refused(match failure.code {
                Code::PhotoTruncated => Code::PhotoTruncated,
                _ => Code::StorageBroken,
            })
        })?
        .ok_or(Trouble::Refused(Code::PhotoTruncated))?;
    let lane = Tus { link, token, hash };
    let length = bytes.len();
    let mut upload = photo.upload;
    let mut denied = None;
    for _ in 0..PATIENCE {
        denied = None;
        let begun = match upload.take() {
            Some(place) => match lane.stands(&place).await {
                Ok(Stands::At(offset)) => Begun::Upload(place, offset),
                Ok(Stands::Arrived) => Begun::Arrived,
                // The centre has swept it, or never kept it: begin again.
                Err(Trouble::Refused(Code::NotFound)) => lane.create(length).await?,
                Err(trouble) => return Err(trouble),
            },
            None => lane.create(length).await?,
        };
        let Begun::Upload(place, mut offset) = begun else {
            return Ok(());
        };
        loop {
            note(phone, hash, &place, offset.min(length)).await?;
            // Nothing is left to send, and the centre has not said that it has the photo: an empty piece lets it look.
            let rest = bytes.get(offset..).unwrap_or_default();
            let piece = &rest[..rest.len().min(PIECE)];
            match lane.append(&place, offset, piece).await {
                Ok(Stands::Arrived) => return Ok(()),
                Ok(Stands::At(next)) if next == offset + piece.len() && next < length => {
                    *moved = true;
                    offset = next;
                }
                // It counts all bytes and does not name the photo: ask for it by its name.
                Ok(Stands::At(_)) => break,
                // somebody else's piece, or an upload that was swept: ask where it goes on
                Err(Trouble::Refused(Code::BlobOffsetMismatch | Code::NotFound)) => {
                    upload = Some(place);
                    break;
                }
                // These bytes have the hash, so what the centre kept of an earlier piece has suffered: from the start.
                Err(trouble @ Trouble::Refused(Code::BlobHashMismatch)) => {
                    denied = Some(trouble);
                    break;
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }
    Err(denied.unwrap_or(Trouble::Server))
}

/// Where an upload stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// So many bytes need not be sent again. However many: no promise that the photo is kept.
    At(usize),
    /// The centre names the photo. It does so only when its hash is checked, and file and row are durable.
    Arrived,
}

/// What beginning an upload leads to.
enum Begun {
    Upload(String, usize),
    Arrived,
}

/// The three verbs of tus that a phone needs, for one photo.
struct Tus<'a> {
    link: &'a Link,
    token: &'a str,
    hash: Hash,
}

impl Tus<'_> {
    async fn create(&self, length: usize) -> Result<Begun, Trouble> {
        let name = BASE64.encode(self.hash.to_string());
        let headers = [
            ("upload-length", length.to_string()),
            ("upload-metadata", format!("hash {name}")),
        ];
        let reply = good(self.call("POST", "/blobs", headers, Vec::new()).await?)?;
        let Stands::At(offset) = self.told(&reply)? else {
            return Ok(Begun::Arrived);
        };
        let place = reply
            .header("location")
            .filter(|place| place.starts_with('/'))
            .ok_or(Trouble::Server)?;
        Ok(Begun::Upload(place.to_owned(), offset))
    }

    async fn stands(&self, place: &str) -> Result<Stands, Trouble> {
        self.told(&good(self.call("HEAD", place, [], Vec::new()).await?)?)
    }

    async fn append(&self, place: &str, offset: usize, piece: &[u8]) -> Result<Stands, Trouble> {
        let headers = [
            ("upload-offset", offset.to_string()),
            ("content-type", "application/offset+octet-stream".to_owned()),
        ];
        let call = self.call("PATCH", place, headers, piece.to_vec());
        self.told(&good(call.await?)?)
    }

    /// What a good answer says of this photo.
    fn told(&self, reply: &Reply) -> Result<Stands, Trouble> {
        let offset = offset_of(reply)?;
        let named = reply.header("location") == Some(&format!("/blobs/{}", self.hash));
        Ok(if named {
            Stands::Arrived
        } else {
            Stands::At(offset)
        })
    }

    async fn call<const N: usize>(
        &self,
        method: &'static str,
        path: &str,
        headers: [(&'static str, String); N],
        body: Vec<u8>,
    ) -> Result<Reply, Trouble> {
        let mut all = BTreeMap::from([
            ("authorization", format!("Bearer {}", self.token)),
            ("tus-resumable", "1.0.0".to_owned()),
        ]);
        all.extend(headers);
        self.link.call(method, path, all, body).await
    }
}

/// A reply that says yes; everything else by its name.
pub(super) fn good(reply: Reply) -> Result<Reply, Trouble> {
    match reply.status {
        200..300 => Ok(reply),
        404 => Err(Trouble::Refused(Code::NotFound)),
        // HEAD has no body to say a code in
        401 if reply.body.is_empty() => Err(Trouble::TokenExpired),
        413 => Err(Trouble::Refused(Code::PhotoTooBig)),
        _ => Err(trouble(&reply)),
    }
}

fn offset_of(reply: &Reply) -> Result<usize, Trouble> {
    reply
        .header("upload-offset")
        .and_then(|offset| offset.trim().parse().ok())
        .ok_or(Trouble::NotOurServer)
}

/// The most urgent that may go over this line, and of those the smallest; originals in the same order after them. What stands
/// `behind` comes after all of it, and what was `tried` not at all.
fn next(phone: &Phone, behind: &BTreeSet<Hash>, tried: &BTreeSet<Hash>) -> Answer<Option<Waiting>> {
    let largest = largest(phone)?;
    let enough = i64::try_from(behind.len() + 1).unwrap_or(i64::MAX);
    phone.database().read(|db| {
        let waiting: Vec<Waiting> = db
            .prepare_cached(
                "select hash, upload, sent from
                   (select hash, upload, sent, coalesce(severity, 9) + iif(turn is null, 0, 20) as urgency, bytes from photo
                    where standing = 'waiting' and (bytes <= ?1 or (severity <= ?2 and turn is null))
                    union all select hash, null, 0, 10, 0 from asked_again)
                 order by urgency, bytes, hash limit ?3",
            )?
            .query_map((largest, ANY_LINE_SEVERITY, enough), |row| {
                Ok(Waiting {
                    hash: Hash(row.get(0)?),
                    upload: row.get(1)?,
                    sent: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let (later, first): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .filter(|photo| !tried.contains(&photo.hash))
            .partition(|photo| behind.contains(&photo.hash));
        Ok(first.into_iter().chain(later).next())
    })
}

/// What is not urgent goes over this line up to so many bytes.
fn largest(phone: &Phone) -> Answer<i64> {
    Ok(match (phone.line_is_metered(), phone.settings()?) {
        (false, _) => i64::MAX,
        (true, settings) if settings.photos_on_wifi_only => 0,
        (true, _) => FREE_LINE_BYTES,
    })
}

/// How many photos and voice notes wait for nothing but a line that costs nothing.
pub(crate) fn held_for_wifi(phone: &Phone) -> Answer<(u32, u32)> {
    let largest = largest(phone)?;
    phone.database().read(|db| {
        Ok(db
            .prepare_cached(
                "select count(*) filter (where stage <> ?3), count(*) filter (where stage = ?3) from photo
                 where standing = 'waiting' and bytes > ?1 and (coalesce(severity, 9) > ?2 or turn is not null)",
            )?
            .query_row((largest, ANY_LINE_SEVERITY, voice::STAGE), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?)
    })
}

/// A person asks: what was refused because its bytes looked damaged is looked at once more. A disk that could not be read then
/// may be read now, and what a centre found wrong it may have spoilt itself.
pub(crate) fn look_again(db: &rusqlite::Connection) -> Answer<()> {
    db.prepare_cached(
        "update photo set standing = 'waiting', code = null where standing = 'refused' and code in (?1, ?2)",
    )?
    .execute([
        Code::PhotoTruncated.as_str(),
        Code::BlobHashMismatch.as_str(),
    ])?;
    Ok(())
}

async fn note(phone: &Phone, hash: Hash, place: &str, offset: usize) -> Result<(), Trouble> {
    let place = place.to_owned();
    write(phone, move |db| {
        db.prepare_cached("update photo set upload = ?2, sent = ?3 where hash = ?1")?
            .execute((hash.0, place, i64::try_from(offset).unwrap_or(i64::MAX)))?;
        Ok(())
    })
    .await
}

async fn settle(
    phone: &Phone,
    hash: Hash,
    standing: &'static str,
    code: Option<Code>,
) -> Result<(), Trouble> {
    let now = phone.now();
    write(phone, move |db| {
        db.prepare_cached(
            "update photo set standing = ?2, code = ?3, upload = null, sent = iif(?2 = 'stored', bytes, sent),
               arrived_at = iif(?2 = 'stored', ?4, null) where hash = ?1",
        )?
        .execute((hash.0, standing, code.map(Code::as_str), now.0))?;
        db.prepare_cached("delete from asked_again where hash = ?1")?
            .execute([hash.0])?;
        Ok(())
    })
    .await
}

async fn write(
    phone: &Phone,
    act: impl FnOnce(&rusqlite::Connection) -> Answer<()> + Send + 'static,
) -> Result<(), Trouble> {
    phone
        .off_the_loop(move |phone| phone.database().write(act))
        .await
        .map_err(stuck)?;
    phone.tell_delivery();
    Ok(())
}

/// The phone itself cannot go on; the photo stays where it is.
fn stuck(failure: crate::Failure) -> Trouble {
    tracing::error!(%failure, "the photo lane cannot read or write");
    Trouble::Refused(failure.code)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_SETBACK_MS, setback_ms};

    #[test]
    fn setbacks_wait_longer_each_time_and_never_longer_than_five_minutes() {
        assert_eq!((setback_ms(1, 0), setback_ms(1, u16::MAX)), (1_000, 2_000));
        assert_eq!((setback_ms(2, 0), setback_ms(2, u16::MAX)), (2_000, 4_000));
        for setbacks in [9, 17, 40, u32::MAX] {
            assert_eq!(setback_ms(setbacks, u16::MAX), LONGEST_SETBACK_MS);
            assert_eq!(setback_ms(setbacks, 0), LONGEST_SETBACK_MS / 2);
        }
    }
}
