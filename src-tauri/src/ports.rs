//! What the phone needs from the machine it runs on. A test brings its own clock, key, dice, fixes and network.

use crate::{
    error::{Answer, Failure},
    exchange::HttpExchange,
    keystore::FileKeystore,
};
use gridwalk_core::{ids::Hash, photo::Position, power::Battery, time::Timestamp};
use std::{
    collections::BTreeMap,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use uuid::Uuid;

/// The ports of one phone.
#[derive(Clone)]
pub struct Ports {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Keeps the key of the database.
    pub keystore: Arc<dyn Keystore>,
    /// Makes unpredictable bytes.
    pub dice: Arc<dyn Dice>,
    /// Knows where the phone is.
    pub positions: Arc<dyn Positions>,
    /// Knows how full the phone is.
    pub batteries: Arc<dyn Batteries>,
    /// Reaches the centre.
    pub exchange: Arc<dyn Exchange>,
}

impl Ports {
    /// The ports of this machine, for a phone whose data live in `dir`.
    pub fn of_this_machine(dir: &Path) -> Self {
        Self {
            clock: Arc::new(SystemClock::from_environment()),
            keystore: Arc::new(FileKeystore::in_data_dir(dir)),
            dice: Arc::new(SystemDice),
            positions: positions(),
            batteries: batteries(),
            exchange: Arc::new(HttpExchange::default()),
        }
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// What the phone's clock shows, right or wrong.
    fn now(&self) -> Timestamp;

    /// For how many milliseconds the machine has been running, sleep counted, or this process where the machine does not
    /// say. It begins again at 0, and nobody can set it.
    fn running_ms(&self) -> i64 {
        running_ms()
    }
}

fn running_ms() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    uptime_ms().unwrap_or_else(|| i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX))
}

/// As Linux tells it to whoever may ask; Android tells its own programs only.
fn uptime_ms() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some((seconds * 1000.0) as i64)
}

/// The machine's clock, so many milliseconds ahead.
pub struct SystemClock {
    ahead_ms: i64,
}

impl SystemClock {
    /// As `GRIDWALK_CLOCK` sets it when the process starts (RFC 3339), from where it goes on: a demo street has its own
    /// day, and doors are knocked at by daylight. Without that variable, or with one that is no time, the right time.
    pub fn from_environment() -> Self {
        let start = std::env::var("GRIDWALK_CLOCK")
            .ok()
            .and_then(|text| text.parse::<Timestamp>().ok());
        Self {
            ahead_ms: start.map_or(0, |start| start.since(machine())),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        machine().plus_ms(self.ahead_ms)
    }
}

fn machine() -> Timestamp {
    let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()),
        Err(before) => i64::try_from(before.duration().as_millis()).map(|ms| -ms),
    };
    Timestamp(ms.unwrap_or_default())
}

/// Keeps 32 bytes where other apps cannot read them: the operating system's key store, or a file that only its owner
/// can read.
pub trait Keystore: Send + Sync {
    /// The key, made on first use. The same on every call until the app's data are erased.
    fn key(&self, dice: &dyn Dice) -> Answer<DatabaseKey>;
    /// A secret of this machine's own, made on first use, without which no PIN opens anything.
    fn machine(&self, dice: &dyn Dice) -> Answer<[u8; 32]>;
    /// Keeps this key from now on.
    fn keep_key(&self, key: &DatabaseKey) -> Answer<()>;
    /// Keeps it no longer: it is sealed elsewhere.
    fn forget_key(&self) -> Answer<()>;
}

/// A key that somebody unlocked, in front of the store that does not keep it any more.
pub(crate) struct Unlocked {
    pub key: DatabaseKey,
    pub store: Arc<dyn Keystore>,
}

impl Keystore for Unlocked {
    fn key(&self, _: &dyn Dice) -> Answer<DatabaseKey> {
        Ok(self.key.clone())
    }
    fn machine(&self, dice: &dyn Dice) -> Answer<[u8; 32]> {
        self.store.machine(dice)
    }
    fn keep_key(&self, key: &DatabaseKey) -> Answer<()> {
        self.store.keep_key(key)
    }
    fn forget_key(&self) -> Answer<()> {
        self.store.forget_key()
    }
}

/// The raw key of the database.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseKey(pub [u8; 32]);

impl DatabaseKey {
    /// As SQLCipher is told: the key and its salt, which is made from the key.
    ///
    /// A file that chooses its own salt keeps it in its first sixteen bytes, and every checkpoint of page one writes those
    /// again. A power cut may leave rubbish there; the page itself would come back from the log, but nobody could read the
    /// log without the salt. `make crash` lost two phones of two hundred to that.
    pub fn salted(&self) -> String {
        let salt = Hash::of(&[b"gridwalk database salt ".as_slice(), &self.0].concat());
        format!("x'{}{}'", hex::encode(self.0), hex::encode(&salt.0[..16]))
    }

    /// The key alone: the salt is the file's own.
    pub fn raw(&self) -> String {
        format!("x'{}'", hex::encode(self.0))
    }
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(…)")
    }
}

/// Makes unpredictable bytes.
pub trait Dice: Send + Sync {
    /// Fills `bytes`, or says that the machine has none.
    fn fill(&self, bytes: &mut [u8]) -> Answer<()>;
}

impl dyn Dice + '_ {
    /// As many as the caller's array holds.
    pub fn roll<const N: usize>(&self) -> Answer<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
    /// A UUIDv7 of that time.
    pub fn id(&self, now: Timestamp) -> Answer<Uuid> {
        let ms = u64::try_from(now.0).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(ms, &self.roll()?).into_uuid())
    }
}

/// The machine's randomness.
pub struct SystemDice;
impl Dice for SystemDice {
    fn fill(&self, bytes: &mut [u8]) -> Answer<()> {
        getrandom::fill(bytes).map_err(|error| Failure::internal(format!("no randomness: {error}")))
    }
}

/// Knows where the phone is.
pub trait Positions: Send + Sync {
    /// The last fix, WGS-84; none when there is none. Callers judge how old it may be.
    fn last_fix(&self) -> Option<Position>;

    /// What the window's system says of it. A machine that knows better does not listen.
    fn told(&self, _said: Option<Position>) {}
}

/// A desktop has no satellites: where `GRIDWALK_POSITION` names a file, fixes are read there. Else the window's system is asked.
fn positions() -> Arc<dyn Positions> {
    match std::env::var_os("GRIDWALK_POSITION") {
        Some(file) => Arc::new(SimulatedPositions { file: file.into() }),
        None => Arc::new(ToldPositions::default()),
    }
}

/// What the window said last; what cannot be a fix is none.
#[derive(Default)]
pub struct ToldPositions(Mutex<Option<Position>>);

impl Positions for ToldPositions {
    fn last_fix(&self) -> Option<Position> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn told(&self, said: Option<Position>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = said.filter(plausible);
    }
}

/// Fixes in a JSON file that a test or a demonstration writes. `(0, 0)` as some desktops report it is never a fix.
pub struct SimulatedPositions {
    /// Where they are written.
    pub file: PathBuf,
}

impl Positions for SimulatedPositions {
    fn last_fix(&self) -> Option<Position> {
        let text = std::fs::read_to_string(&self.file).ok()?;
        let fix: Position = serde_json::from_str(&text).ok()?;
        plausible(&fix).then_some(fix)
    }
}

/// Whether numbers can be a place on Earth that somebody measured.
pub fn plausible(fix: &Position) -> bool {
    fix.lon.is_finite()
        && fix.lat.is_finite()
        && fix.lon.abs() <= 180.0
        && fix.lat.abs() <= 90.0
        && (fix.lon, fix.lat) != (0.0, 0.0)
        && fix.accuracy_m.is_finite()
        && fix.accuracy_m >= 0.0
}

/// Knows how full the phone is.
pub trait Batteries: Send + Sync {
    /// As it is at this moment; none where nobody knows.
    fn battery(&self) -> Option<Battery>;

    /// What the window's system says of it. A machine that knows better does not listen.
    fn told(&self, _said: Option<Battery>) {}
}

/// A desktop has no battery that a test could empty: it is read from the JSON file named by `GRIDWALK_BATTERY`. Without that
/// variable the window's system is asked.
fn batteries() -> Arc<dyn Batteries> {
    match std::env::var_os("GRIDWALK_BATTERY") {
        Some(file) => Arc::new(SimulatedBattery { file: file.into() }),
        None => Arc::new(ToldBattery::default()),
    }
}

/// A battery in a file that a test or a demonstration writes: `{"level":34,"charging":false}`.
pub struct SimulatedBattery {
    /// Where it is written.
    pub file: PathBuf,
}

impl Batteries for SimulatedBattery {
    fn battery(&self) -> Option<Battery> {
        let text = std::fs::read_to_string(&self.file).ok()?;
        serde_json::from_str::<Battery>(&text).ok()?.plausible()
    }
}

/// What the window said last. Where its web view has no battery, nobody ever knows.
#[derive(Default)]
pub struct ToldBattery(Mutex<Option<Battery>>);

impl Batteries for ToldBattery {
    fn battery(&self) -> Option<Battery> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn told(&self, said: Option<Battery>) {
        let said = said.and_then(Battery::plausible);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }
}

/// One HTTP request.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// `POST` …
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Lower-case names.
    pub headers: BTreeMap<&'static str, String>,
    /// May be empty.
    pub body: Vec<u8>,
    /// A certificate in DER that is trusted besides the public roots, from the enrolment link.
    pub extra_root: Option<Arc<[u8]>>,
}

/// One HTTP answer, whoever gave it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    /// May be cut off only by our own limit, which is an error.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Why no reply came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoReply {
    /// No route, no name, refused, cut, or too late.
    Unreachable,
    /// Somebody answered with a certificate that is not the centre's.
    WrongCertificate,
    /// The answer is larger than any of ours.
    TooBig,
}

/// What a call leads to.
pub type Replied<'a> = Pin<Box<dyn Future<Output = Result<Reply, NoReply>> + Send + 'a>>;

/// Reaches the centre, one call at a time. Follows no redirects and retries nothing: the session decides.
pub trait Exchange: Send + Sync {
    /// Sends it and waits for the answer, at most two minutes.
    fn call(&self, call: Call) -> Replied<'_>;

    /// Sends it and hands every piece of a good answer's body to `heard`, at once and for as long as pieces come. Comes
    /// back when they end; only the answer that is not a good one has a body then.
    fn listen<'a>(&'a self, _call: Call, _heard: &'a (dyn Fn(&[u8]) + Send + Sync)) -> Replied<'a> {
        Box::pin(async { Err(NoReply::Unreachable) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_believed_when_it_names_a_place_on_earth() {
        let told = ToldPositions::default();
        let fix = |lon: f64, lat: f64, accuracy_m: f64| Position {
            lon,
            lat,
            accuracy_m,
            fixed_at: Timestamp(0),
            mock: false,
        };
        assert_eq!(told.last_fix(), None);
        told.told(Some(fix(114.305, 30.59, 8.0)));
        assert_eq!(told.last_fix().map(|fix| fix.accuracy_m), Some(8.0));
        for nowhere in [
            fix(0.0, 0.0, 8.0),
            fix(181.0, 30.0, 8.0),
            fix(114.0, f64::NAN, 8.0),
            fix(114.0, 30.0, -1.0),
        ] {
            told.told(Some(nowhere));
            assert_eq!(told.last_fix(), None);
        }
        told.told(Some(fix(114.305, 30.59, 8.0)));
        told.told(None);
        assert_eq!(told.last_fix(), None, "the worker said no");
    }
}
