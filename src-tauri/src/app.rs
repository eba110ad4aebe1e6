//! The whole phone without a window: one data directory, one database, one lock, the ports, and the task that delivers.

use crate::{
    closing::Life,
    database::{self, Database, fact},
    documents,
    enrolment::{self, Enrolment},
    error::{Answer, Failure},
    lock::is_sealed,
    pack,
    photo::{
        album,
        lane::{self, Lane},
        looked::Looked,
    },
    ports::{DatabaseKey, Ports, Unlocked},
    projection, recorder, search,
    sync::{self, Driver, Link, Token, forget_everything},
    track,
    unsent::Packing,
    view::{SyncPhase, SyncState},
};
use gridwalk_core::{
    error::Code,
    ids::PatrolId,
    sync::event::{Event, Failure as Trouble},
    time::Timestamp,
};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// Without anything to say the phone still asks for news this often.
const NEWS: Duration = Duration::from_secs(120);
/// The same while the battery runs down.
const NEWS_SAVING: Duration = Duration::from_secs(600);

/// The whole phone; cheap to clone. Every act that returns `Ok` is on the disk.
#[derive(Clone)]
pub struct Phone(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    ports: Ports,
    database: Database,
    /// Held as long as the phone is open.
    _lock: File,
    enrolment: RwLock<Option<Arc<Enrolment>>>,
    clock_ahead_ms: AtomicI64,
    phase: Mutex<(SyncPhase, Option<Code>)>,
    photo_phase: Mutex<(SyncPhase, Option<Code>)>,
    /// Told whenever delivery moved, for the chip.
    delivery: watch::Sender<()>,
    wake: Notify,
    /// Somebody looks at the app.
    in_front: watch::Sender<bool>,
    /// Every byte costs money.
    metered: AtomicBool,
    /// The next wake-up was asked for by a person: it does not wait for a back-off.
    asked: AtomicBool,
    driver: tokio::sync::Mutex<Driver>,
    lane: tokio::sync::Mutex<Lane>,
    looked: Looked,
    wake_photos: Notify,
    pack_lane: tokio::sync::Mutex<pack::Lane>,
    wake_packs: Notify,
    search: Mutex<search::Index>,
    wake_track: Notify,
    /// Of which patrol the service's file was read, and how far.
    track_read: Mutex<Option<(PatrolId, u64)>>,
    /// The file of what is unsent, while it is taken away.
    packing: Mutex<Option<Packing>>,
    /// Fetched by whoever needs one first, used by records and photos until it ends.
    token: Mutex<Option<String>>,
    /// Last: it goes when everything above has gone.
    life: Life,
}

impl Phone {
    /// Opens the phone whose data live in `dir`, making them on first start.
    ///
    /// `ALREADY_OPEN` when another process has them, `NEWER_DATA` when a newer app wrote them, `LOCKED` when a PIN sealed
    /// their key, `STORAGE_BROKEN` when they do not open with this machine's key. None of these changes anything.
    pub fn open(dir: impl AsRef<Path>, ports: Ports) -> Answer<Self> {
        if is_sealed(dir.as_ref()) {
            return Err(Failure::new(Code::Locked, "a PIN is asked for"));
        }
        Self::open_with(dir.as_ref(), ports, None)
    }

    /// The same with the key that a PIN opened.
    pub(crate) fn open_unlocked(dir: &Path, ports: Ports, key: DatabaseKey) -> Answer<Self> {
        Self::open_with(dir, ports, Some(key))
    }

    fn open_with(dir: &Path, ports: Ports, key: Option<DatabaseKey>) -> Answer<Self> {
        let dir = dir.to_owned();
        private_folder(&dir)?;
        let lock = lock(&dir)?;
        let store = ports.keystore.clone();
        let key = key.map_or_else(|| store.key(&*ports.dice), Ok)?;
        let database = Database::open(&dir.join(database::FILE), &key)?;
        // from here on the key is asked of nobody else: its file may be sealed away while the app runs
        let keystore = Arc::new(Unlocked { key, store });
        let ports = Ports { keystore, ..ports };
        let missing = database.write(documents::check_outbox)?;
        database.write(sync::reconsider)?;
        if missing > 0 {
            tracing::error!(missing, "changes without a receipt were not in the outbox");
        }
        database.write(search::make)?;
        while projection::refresh(&database)? {}
        database.write(|db| {
            track::forget_old(db, ports.clock.now())?;
            album::forsake(db, ports.clock.now())
        })?;
        match album::sweep(&dir, &database) {
            Ok(0) => {}
            Ok(swept) => tracing::warn!(swept, "photo files without a row were removed"),
            // rubbish is no reason to keep a worker from her records
            Err(failure) => tracing::error!(%failure, "photo files could not be swept"),
        }
        recorder::sweep(&dir, &database)?;
        let enrolment = enrolment::read(&database)?.map(Arc::new);
        let dice = u64::from_le_bytes(ports.dice.roll()?);
        let phone = Self(Arc::new(Inner {
            dir,
            ports,
            database,
            _lock: lock,
            enrolment: RwLock::new(enrolment),
            clock_ahead_ms: AtomicI64::new(0),
            phase: Mutex::new((SyncPhase::Idle, None)),
            photo_phase: Mutex::new((SyncPhase::Idle, None)),
            delivery: watch::Sender::new(()),
            wake: Notify::new(),
            in_front: watch::Sender::new(true),
            metered: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            driver: tokio::sync::Mutex::new(Driver::new(dice)),
            lane: tokio::sync::Mutex::default(),
            looked: Looked::default(),
            wake_photos: Notify::new(),
            pack_lane: tokio::sync::Mutex::default(),
            wake_packs: Notify::new(),
            search: Mutex::default(),
            wake_track: Notify::new(),
            track_read: Mutex::default(),
            packing: Mutex::default(),
            token: Mutex::new(None),
            life: Life::begins(),
        }));
        phone.measure_clock()?;
        Ok(phone)
    }

    /// Delivers as long as it is polled and not put away: at once, after every save, when a person asks, and every two
    /// minutes.
    pub async fn keep_in_sync(&self) {
        let deliver = async {
            tokio::join!(
                self.keep_records_in_sync(),
                self.keep_packs_coming(),
                self.keep_photos_in_sync(),
                self.keep_track(),
                sync::listen(self)
            )
        };
        tokio::select! {
            biased;
            () = self.closed() => {}
            _ = deliver => {}
        }
    }

    pub(crate) fn life(&self) -> &Life {
        &self.0.life
    }

    /// Whether somebody looks at the app. Behind another one it keeps no line open.
    pub fn in_front(&self, seen: bool) {
        self.0.in_front.send_replace(seen);
    }

    /// What the window's system says of the line: whether it is paid by the byte. Photos that waited for a free one go now.
    pub fn on_metered_line(&self, metered: bool) {
        if self.0.metered.swap(metered, Ordering::AcqRel) && !metered {
            self.wake_photos();
        }
        self.tell_delivery();
    }

    pub(crate) fn line_is_metered(&self) -> bool {
        self.0.metered.load(Ordering::Acquire)
    }

    /// Follows that; told too when somebody enrols.
    pub(crate) fn seen(&self) -> watch::Receiver<bool> {
        self.0.in_front.subscribe()
    }

    async fn keep_records_in_sync(&self) {
        let mut event = Event::Start;
        loop {
            let wait = {
                let mut driver = self.0.driver.lock().await;
                driver.tell(self, event).await;
                driver.wake_at().map(|at| at.since(self.clock()))
            };
            let news = if self.saves_power() {
                NEWS_SAVING
            } else {
                NEWS
            };
            let rest = wait.map_or(news, |ms| {
                Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(news)
            });
            event = tokio::select! {
                () = self.0.wake.notified() => self.asked(),
                () = tokio::time::sleep(rest) => {
                    if wait.is_some() { Event::TimerDue } else { Event::Poked }
                }
            };
        }
    }

    /// Packs have a lane of their own, so that what is recorded meanwhile leaves at once.
    async fn keep_packs_coming(&self) {
        loop {
            let wait = self.0.pack_lane.lock().await.wake_at();
            let rest = wait.map(|at| u64::try_from(at.since(self.clock())).unwrap_or(0));
            tokio::select! {
                () = self.0.wake_packs.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(rest.unwrap_or(0))), if rest.is_some() => {}
            }
            if self.fetch_packs().await {
                self.wake(false); // the feed goes on behind it, and is read while the pack is unpacked
            }
            if pack::take_out(self).await {
                self.wake(false);
            }
        }
    }

    /// Fetches what was offered; true when the session has something to ask for afterwards.
    async fn fetch_packs(&self) -> bool {
        self.0.pack_lane.lock().await.fetch(self).await
    }

    async fn keep_photos_in_sync(&self) {
        loop {
            let wait = self.0.lane.lock().await.wake_at();
            let rest = wait.map(|at| {
                let ms = u64::try_from(at.since(self.clock())).unwrap_or(0);
                Duration::from_millis(ms).min(NEWS) // somebody may have set the clock back meanwhile
            });
            tokio::select! {
                () = self.0.wake_photos.notified() => {}
                () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => {}
            }
            self.deliver_photos().await;
        }
    }

    async fn deliver_photos(&self) {
        self.leave_recovery().await;
        self.0.lane.lock().await.deliver(self).await;
        if self.is_revoked() {
            forget_everything(self).await;
        }
    }

    /// The centre said so when this phone last asked. It may still deliver.
    fn is_revoked(&self) -> bool {
        self.phase() == (SyncPhase::Refused, Some(Code::DeviceRevoked))
    }

    /// One delivery from now until the session rests and no photo waits; for a phone without a window.
    pub async fn sync_once(&self) -> Answer<SyncState> {
        let mut rests = self.exchange().await;
        while rests {
            let news = self.fetch_packs().await;
            let spoiled;
            if news {
                // the feed behind a pack does not wait for its documents to be taken out
                (rests, spoiled) = tokio::join!(self.exchange(), pack::take_out(self));
            } else {
                spoiled = pack::take_out(self).await;
            }
            if spoiled {
                rests = self.exchange().await;
            } else if !news {
                break;
            }
        }
        if rests || self.is_revoked() {
            self.deliver_photos().await;
        }
        self.sync_state()
    }

    /// One conversation of the session from now until it rests; whether it does.
    pub(crate) async fn exchange(&self) -> bool {
        let mut driver = self.0.driver.lock().await;
        driver.tell(self, Event::Start).await;
        driver.is_idle()
    }

    /// Asks for an exchange now, whatever the back-off says.
    pub fn sync_now(&self) -> Answer<SyncState> {
        self.database().write(lane::look_again)?;
        self.wake(true);
        self.wake_photos();
        self.sync_state()
    }

    /// Changes whenever delivery moved; ask [`Phone::sync_state`] then.
    pub fn delivery(&self) -> watch::Receiver<()> {
        self.0.delivery.subscribe()
    }

    pub(crate) fn search_index(&self) -> MutexGuard<'_, search::Index> {
        // what a panic left half read is read again: its version is not set
        self.0.search.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// What the phone's clock shows, corrected by its measured offset to the centre's.
    pub fn now(&self) -> Timestamp {
        self.clock()
            .plus_ms(-self.0.clock_ahead_ms.load(Ordering::Relaxed))
    }

    /// What the phone's clock shows.
    pub(crate) fn clock(&self) -> Timestamp {
        self.0.ports.clock.now()
    }

    pub(crate) fn clock_ahead_ms(&self) -> i64 {
        self.0.clock_ahead_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn new_id(&self) -> Answer<Uuid> {
        self.0.ports.dice.id(self.now())
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.0.ports
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// Photos of colleagues that were looked at a moment ago.
    pub(crate) fn looked(&self) -> &Looked {
        &self.0.looked
    }

    pub(crate) fn enrolment(&self) -> Option<Arc<Enrolment>> {
        self.0
            .enrolment
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Who this phone is, for acts that need somebody.
    pub(crate) fn who(&self) -> Answer<Arc<Enrolment>> {
        self.enrolment()
            .ok_or_else(|| Failure::new(Code::NotEnrolled, "this phone belongs to nobody yet"))
    }

    pub(crate) fn read_enrolment(&self) -> Answer<()> {
        let enrolment = enrolment::read(self.database())?.map(Arc::new);
        *self
            .0
            .enrolment
            .write()
            .unwrap_or_else(PoisonError::into_inner) = enrolment;
        self.0.in_front.send_modify(|_| ());
        Ok(())
    }

    pub(crate) fn link(&self, who: &Enrolment) -> Link {
        Link {
            exchange: self.0.ports.exchange.clone(),
            server: who.server.clone(),
            extra_root: who.extra_root.clone(),
        }
    }

    /// Wakes the delivery; `asked` when a person wants it now.
    pub(crate) fn wake(&self, asked: bool) {
        self.0.asked.fetch_or(asked, Ordering::AcqRel);
        self.0.wake.notify_one();
        self.tell_delivery();
    }

    fn asked(&self) -> Event {
        if self.0.asked.swap(false, Ordering::AcqRel) {
            Event::Start
        } else {
            Event::Poked
        }
    }

    pub(crate) fn measure_clock(&self) -> Answer<()> {
        let ahead = self.database().read(|db| fact(db, "clock_ahead_ms"))?;
        self.0
            .clock_ahead_ms
            .store(ahead.unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    /// What the records do; once they are through, what the photos do.
    pub(crate) fn phase(&self) -> (SyncPhase, Option<Code>) {
        let records = *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if records.0 != SyncPhase::Idle {
            return records;
        }
        let photos = self.0.photo_phase.lock();
        *photos.unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_photo_phase(&self, phase: SyncPhase, code: Option<Code>) {
        let photos = self.0.photo_phase.lock();
        *photos.unwrap_or_else(PoisonError::into_inner) = (phase, code);
        self.tell_delivery();
    }

    pub(crate) fn wake_packs(&self) {
        self.0.wake_packs.notify_one();
    }

    pub(crate) fn wake_photos(&self) {
        self.0.wake_photos.notify_one();
    }

    /// A patrol began, goes on, or ended.
    pub(crate) fn wake_track(&self) {
        self.0.wake_track.notify_one();
    }

    /// Comes back when one did.
    pub(crate) async fn patrol_moved(&self) {
        self.0.wake_track.notified().await;
    }

    /// Of which patrol the service's file was read, and how far.
    pub(crate) fn track_read(&self) -> MutexGuard<'_, Option<(PatrolId, u64)>> {
        // what a panic left half told is read again from there
        let read = self.0.track_read.lock();
        read.unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of what is unsent, while it is taken away.
    pub(crate) fn packing(&self) -> MutexGuard<'_, Option<Packing>> {
        // what a panic left half written is begun again by whoever wants it
        let packing = self.0.packing.lock();
        packing.unwrap_or_else(PoisonError::into_inner)
    }

    /// The token in use, or a new one.
    pub(crate) async fn token(&self, who: &Enrolment) -> Result<String, Trouble> {
        let held = self.held_token().clone();
        if let Some(token) = held {
            return Ok(token);
        }
        let broken = |_| Trouble::Server;
        let known = self
            .off_the_loop(|phone| {
                let database = phone.database();
                database.read(|db| database::fact::<String>(db, enrolment::CERTIFICATE))
            })
            .await
            .map_err(broken)?;
        let Token { token, certificate } = self.link(who).token(who, known.as_deref()).await?;
        if let Some(certificate) = certificate.filter(|told| known.as_ref() != Some(told)) {
            self.off_the_loop(move |phone| {
                let database = phone.database();
                database.write(|db| database::set_fact(db, enrolment::CERTIFICATE, &certificate))
            })
            .await
            .map_err(broken)?;
        }
        *self.held_token() = Some(token.clone());
        Ok(token)
    }

    /// This one has ended. If somebody fetched another meanwhile, that stays.
    pub(crate) fn forget_token(&self, ended: &str) {
        let mut held = self.held_token();
        if held.as_deref() == Some(ended) {
            *held = None;
        }
    }

    fn held_token(&self) -> MutexGuard<'_, Option<String>> {
        self.0.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_phase(&self, phase: SyncPhase, code: Option<Code>) {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner) = (phase, code);
        self.tell_delivery();
    }

    pub(crate) fn tell_delivery(&self) {
        self.0.delivery.send_replace(());
    }

    /// Runs what waits for the disk where it does not hold up the network.
    pub(crate) async fn off_the_loop<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let phone = self.clone();
        tokio::task::spawn_blocking(move || work(&phone))
            .await
            .map_err(Failure::internal)?
    }
}

/// One process at a time; the operating system lets go of the lock when that ends, however it ends. Whoever opens the app
/// again at once finds the one before still going: that is waited for, two seconds at most.
fn lock(dir: &Path) -> Answer<File> {
    let mut pauses = 0..40;
    lock_between(dir, || {
        let goes_on = pauses.next().is_some();
        if goes_on {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        goes_on
    })
}

/// Tries again after each `pause` until there is no further one.
fn lock_between(dir: &Path, mut pause: impl FnMut() -> bool) -> Answer<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("gridwalk.lock"))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if pause() => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    Code::AlreadyOpen,
                    "another process has these data open",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

fn private_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_that_is_opened_again_at_once_waits_for_the_one_before() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut before = Some(lock(dir.path()).expect("the lock"));
        let mut pauses = 0;
        let after = lock_between(dir.path(), || {
            pauses += 1;
            if pauses == 3 {
                before = None;
            }
            pauses < 9
        });
        assert!(after.is_ok());
        assert_eq!(pauses, 3);
        let refused = lock_between(dir.path(), || false).unwrap_err();
        assert_eq!(refused.code, Code::AlreadyOpen);
    }
}
