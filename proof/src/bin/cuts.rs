//! One exchange, cut at every byte. A phone that worked a morning offline meets the news of a colleague; the line between
//! it and the centre breaks after n bytes in one direction, quietly or with a reset, and holds from then on. Whatever n
//! is, both sides must end as if the line had never broken: every table of both databases, row by row.
//!
//! The phone is the app's library and the server the server's, over real HTTP and real files; both begin each time with
//! copies of the same two folders. `cuts STEP` cuts at every STEP-th byte; 1 is every byte, both ways, quietly and with a
//! reset in turn. `cuts STEP FROM` goes on with the cut of that number, where a long run was ended.

use gridwalk::{HttpExchange, Phone};
use gridwalk_core::time::Timestamp;
use gridwalk_proof::{
    corner::{self, Through},
    cut::{Cut, End, Line, Way},
    process::Outcome,
    tables::{self, Apart, Tables},
    watch::Watch,
};
use gridwalk_server::{Config, clock::Clock, serve};
use serde::Serialize;
use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// The last line of standard output.
#[derive(Serialize)]
struct Figures {
    cuts: usize,
    differing: usize,
}

/// An exchange shorter than this proves less.
const LONG_ENOUGH: usize = 4096;
/// Differences that are printed.
const SHOWN: usize = 12;

/// On the phone: what says when it arrived, or by which way. What search looks in counts its writes.
const PHONE_APART: &[Apart] = &[Apart {
    table: "search_entry",
    column: Some("number"),
}];
/// On the server: tokens are random, and an answer that was lost costs another one.
const CENTRE_APART: &[Apart] = &[Apart {
    table: "token",
    column: None,
}];

fn main() -> Outcome<()> {
    let number = |n, usual| {
        std::env::args()
            .nth(n)
            .map_or(Ok(usual), |text| text.parse())
    };
    let (step, from): (usize, usize) = (number(1, 1)?, number(2, 0)?);
    let scratch = scratch()?;
    let begun = Instant::now();
    let street = Street::prepare(scratch.path())?;
    let runtime = runtime()?;
    let network = Arc::new(HttpExchange::default());
    let usual = runtime.block_on(street.exchange("usual", None, &network))?;
    let again = runtime.block_on(street.exchange("again", None, &network))?;
    let noise = usual.differences(&again);
    if !noise.is_empty() {
        return Err(format!("two whole exchanges differ:\n{}", noise.join("\n")).into());
    }
    if usual.differences(&street.before()?).len() < 50 {
        return Err("an exchange that did not happen would not be seen".into());
    }
    let (up, down) = usual.bodies;
    eprintln!(
        "one exchange: {up} bytes up, {down} down; with token, photo and headers {} and {}; begun after {:.1} s",
        usual.up,
        usual.down,
        begun.elapsed().as_secs_f64()
    );
    if up.min(down) < LONG_ENOUGH {
        return Err(format!("it is to have {LONG_ENOUGH} bytes each way").into());
    }
    drop(runtime);

    let all_places = places(&usual, step.max(1));
    let cuts = all_places.get(from..).unwrap_or_default();
    let differing = all(&street, cuts, &usual)?;
    eprintln!(
        "{} cuts of {} in {:.0} s",
        cuts.len(),
        all_places.len(),
        begun.elapsed().as_secs_f64()
    );
    let figures = Figures {
        cuts: cuts.len(),
        differing,
    };
    println!("{}", serde_json::to_string(&figures)?);
    if differing > 0 || cuts.is_empty() {
        return Err(format!("{differing} of {} cuts left a trace", cuts.len()).into());
    }
    Ok(())
}

/// In memory where there is such a folder: nothing here is about the disk.
fn scratch() -> Outcome<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(match memory.is_dir() {
        true => tempfile::tempdir_in(memory)?,
        false => tempfile::tempdir()?,
    })
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// Every `step`-th byte of each direction, quiet and with a reset in turn.
fn places(usual: &Ends, step: usize) -> Vec<Cut> {
    let kinds = [
        (Way::Up, End::Quiet),
        (Way::Down, End::Reset),
        (Way::Up, End::Reset),
        (Way::Down, End::Quiet),
    ];
    let mut cuts = Vec::new();
    for (n, (way, end)) in (0..).zip(kinds) {
        let length = match way {
            Way::Up => usual.up,
            Way::Down => usual.down,
        };
        let places = (n / 2 * step as u64..length).step_by(2 * step);
        cuts.extend(places.map(|after| Cut { way, after, end }));
    }
    cuts
}

/// As many at once as there are processors; how many left a trace.
fn all(street: &Street, cuts: &[Cut], usual: &Ends) -> Outcome<usize> {
    let (next, differing) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed: Mutex<Option<String>> = Mutex::default();
    let begun = Instant::now();
    let worker = |name: String| -> Outcome<()> {
        let runtime = runtime()?;
        let network = Arc::new(HttpExchange::default());
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(cut) = cuts.get(n) else {
                return Ok(());
            };
            let trace = match runtime.block_on(street.exchange(&name, Some(*cut), &network)) {
                Ok(ends) => usual.differences(&ends),
                Err(error) => vec![error.to_string()],
            };
            if !trace.is_empty() {
                let before = differing.fetch_add(1, Ordering::Relaxed);
                if before < SHOWN {
                    let shown = trace.iter().take(SHOWN).cloned().collect::<Vec<_>>();
                    eprintln!("{cut:?} left a trace:\n{}", shown.join("\n"));
                }
            }
            if n % 1000 == 999 {
                eprintln!("{} cuts, {:.0} s", n + 1, begun.elapsed().as_secs_f64());
            }
        }
    };
    std::thread::scope(|scope| {
        let (failed, worker) = (&failed, &worker);
        let hands = std::thread::available_parallelism().map_or(1, usize::from) * 2;
        for hand in 0..hands {
            scope.spawn(move || {
                if let Err(error) = worker(format!("hand-{hand}")) {
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    *failed = Some(error.to_string());
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error.into()),
        None => Ok(differing.into_inner()),
    }
}

/// What both sides hold in the end.
struct Ends {
    phone: Tables,
    centre: Tables,
    /// Bytes of HTTP of the first delivery.
    up: u64,
    down: u64,
    /// Bodies of its exchange.
    bodies: (usize, usize),
}

impl Ends {
    fn differences(&self, other: &Self) -> Vec<String> {
        let name = |side: &'static str| move |line: String| format!("{side} {line}");
        let phone = self.phone.differences(&other.phone).into_iter();
        let centre = self.centre.differences(&other.centre).into_iter();
        phone
            .map(name("phone "))
            .chain(centre.map(name("centre")))
            .collect()
    }
}

/// Two folders as they are before the exchange.
struct Street {
    folder: PathBuf,
    at: Timestamp,
}

impl Street {
    /// A corner of the demo street; a colleague's morning is at the centre, the worker's is on her phone.
    fn prepare(folder: &Path) -> Outcome<Self> {
        let street = Self {
            folder: folder.to_owned(),
            at: corner::morning()?,
        };
        let who = corner::seed_centre(street.config("before"))?;
        runtime()?.block_on(street.morning(&who))?;
        let before = folder.join("before");
        corner::closed(&before.join("centre/registry.db"))?;
        corner::closed(&before.join("phone/gridwalk.db"))?;
        Ok(street)
    }

    fn config(&self, name: &str) -> Config {
        let mut config = Config::new(self.folder.join(name).join("centre"));
        config.clock = Clock::standing_at(self.at);
        config
    }

    async fn morning(&self, who: &corner::Corner) -> Outcome<()> {
        let server = serve(self.config("before"))
            .await
            .map_err(|e| e.to_string())?;
        let network = Arc::new(HttpExchange::default());
        let clock = Arc::new(Watch::at(self.at));
        let enrolled = async |name: &str, login: &str| -> Outcome<Phone> {
            let through = Through::new(network.clone(), &server.url());
            let data = self.folder.join("before").join(name);
            let phone = corner::phone(&data, clock.clone(), through)?;
            let code = corner::code(server.state(), login).await?;
            phone.enrol(server.url(), code).await?;
            corner::settled(&phone, &clock).await?;
            Ok(phone)
        };
        let worker = enrolled("phone", &who.worker).await?;
        let colleague = enrolled("colleague", &who.lead).await?;
        work(
            &colleague,
            4..26,
            "问过了，天然气表在厨房左边，周三下午有人在家，可以去换管。",
        )?;
        corner::settled(&colleague, &clock).await?;
        work(
            &worker,
            0..10,
            "楼道堆物已经劝走，老人说女儿周末回来，灭火器到期要换。",
        )?;
        drop((worker, colleague));
        server.stop().await.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// What both hold before the exchange.
    fn before(&self) -> Outcome<Ends> {
        self.ends("before")
    }

    /// From copies of both folders: the line breaks once, or never; then the phone delivers until nothing waits.
    async fn exchange(
        &self,
        name: &str,
        cut: Option<Cut>,
        network: &Arc<HttpExchange>,
    ) -> Outcome<Ends> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        for side in ["centre", "phone"] {
            corner::copy(&self.folder.join("before").join(side), &folder.join(side))?;
        }
        let server = serve(self.config(name)).await.map_err(|e| e.to_string())?;
        let line = Line::to(server.address(), cut).await?;
        let through = Through::new(network.clone(), &line.address);
        let clock = Arc::new(Watch::at(self.at));
        let phone = corner::phone(&folder.join("phone"), clock.clone(), through.clone())?;
        phone.sync_once().await?;
        let (up, down) = line.passed();
        let bodies = through.exchanged();
        corner::settled(&phone, &clock).await?;
        // a centre that was busy answers less at first: the line breaks when so much has passed, whenever that is
        if line.is_whole() {
            return Err("the line was to break and did not".into());
        }
        // a busy centre was waited for on the phone's clock alone, and how far that is ahead is something the phone knows
        clock.set(self.at);
        // what was published behind the last answer
        phone.sync_once().await?;
        drop(phone);
        drop(line);
        server.stop().await.map_err(|error| error.to_string())?;
        Ok(Ends {
            up,
            down,
            bodies,
            ..self.ends(name)?
        })
    }

    fn ends(&self, name: &str) -> Outcome<Ends> {
        let folder = self.folder.join(name);
        let key = std::fs::read(folder.join("phone/keys/database.key"))?;
        let key = key.try_into().map_err(|_| "a key of another length")?;
        Ok(Ends {
            phone: tables::read(&folder.join("phone/gridwalk.db"), Some(key), PHONE_APART)?,
            centre: tables::read(&folder.join("centre/registry.db"), None, CENTRE_APART)?,
            up: 0,
            down: 0,
            bodies: (0, 0),
        })
    }
}

/// A hazard and visits at these doors. The hazard's very small photo has its lane cut at every byte as well, and its
/// thumbnail travels in the exchange.
fn work(phone: &Phone, doors: Range<usize>, note: &str) -> Outcome<()> {
    corner::hazard(phone, note.len() as u8, |_| ())?;
    let all = corner::doors(phone)?;
    for door in all.get(doors).ok_or("too few doors")? {
        corner::visit(phone, *door, &format!("{note} {door}"), |_| ())?;
    }
    Ok(())
}
