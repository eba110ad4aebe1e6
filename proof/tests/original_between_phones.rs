//! 原图 between real phones and a real centre: a colleague looks at what the camera of the first phone made, after saying what
//! for. Everybody who works on the case reads that, nobody keeps the picture, and a quarter of an hour later it is closed.

use gridwalk::{
    HttpExchange, Phone,
    ports::{Call, Exchange, NoReply, Ports, Replied},
    view::{IncidentDetail, IncidentStart, Receipt, ReportHow},
};
use gridwalk_core::{
    error::Code,
    ids::{Hash, IncidentId},
    incident::{IncidentAction, Severity, SourceChannel},
    jpeg,
    photo::PhotoStage,
    time::Timestamp,
};
use gridwalk_fixtures::{
    SEED, demo_day,
    history::history,
    photos::{PLACE, exif},
    street,
};
use gridwalk_proof::{corner, process::Outcome, watch::Watch};
use gridwalk_server::{Config, Running, clock::Clock, seed::fill, serve, state::AppState};
use image::{ImageFormat, Rgb, RgbImage};
use std::{
    collections::BTreeMap,
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);
const QUARTER: i64 = 15;

/// A network that is there or not.
#[derive(Default)]
struct Line {
    network: HttpExchange,
    away: AtomicBool,
}

impl Exchange for Line {
    fn call(&self, call: Call) -> Replied<'_> {
        if self.away.load(Ordering::SeqCst) {
            return Box::pin(async { Err(NoReply::Unreachable) });
        }
        self.network.call(call)
    }
}

/// A centre, and two phones of the same grid.
struct Place {
    folder: tempfile::TempDir,
    server: Running,
    clock: Clock,
    watch: Arc<Watch>,
    line: Arc<Line>,
    lin: Phone,
    lead: Phone,
}

impl Place {
    async fn new() -> Outcome<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let morning = corner::morning()?;
        let clock = Clock::standing_at(morning);
        let mut config = Config::new(folder.path().join("centre"));
        config.clock = clock.clone();
        {
            let state = AppState::open(config.clone())?;
            let mut street = street(SEED, demo_day());
            let mut past = history(&street);
            street.households.clear();
            past.visits.clear();
            past.patrols.clear();
            past.incidents.clear();
            tokio::task::block_in_place(|| fill(&state, &street, &past))?;
        }
        let server = serve(config).await?;
        let (watch, line) = (Arc::new(Watch::at(morning)), Arc::new(Line::default()));
        let dir = folder.path();
        let lin = Ports {
            clock: watch.clone(),
            ..Ports::of_this_machine(&dir.join("lin-xiao"))
        };
        let lin = corner::enrolled_with(lin, &server, &dir.join("lin-xiao"), "lin-xiao").await?;
        let lead = Ports {
            clock: watch.clone(),
            exchange: line.clone(),
            ..Ports::of_this_machine(&dir.join("ge-shuangjiang"))
        };
        let lead =
            corner::enrolled_with(lead, &server, &dir.join("ge-shuangjiang"), "ge-shuangjiang")
                .await?;
        Ok(Self {
            folder,
            server,
            clock,
            watch,
            line,
            lin,
            lead,
        })
    }

    /// How often the trail has each result for a look at this original.
    async fn trail(&self, original: Hash) -> Outcome<BTreeMap<String, i64>> {
        let object = format!("original {original}");
        let read = self.server.state().store.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "select result, count(*) from audit where action = 'open' and object = ?1 group by result",
            )?;
            let rows = statement.query_map([object], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        Ok(read.await?)
    }

    /// The lead reads the case with its photo, as soon as it is published.
    async fn hears(&self, case: IncidentId) -> Outcome<IncidentDetail> {
        hears(&self.lead, case, |detail| !detail.view.photos.is_empty()).await
    }
}

async fn hears(
    phone: &Phone,
    case: IncidentId,
    told: impl Fn(&IncidentDetail) -> bool,
) -> Outcome<IncidentDetail> {
    let published = async {
        loop {
            if let Some(detail) = phone.incident(case).ok().filter(&told) {
                return Outcome::Ok(detail);
            }
            phone.sync_once().await?;
        }
    };
    tokio::time::timeout(PUBLISHED, published).await?
}

/// As a camera leaves it: lying down, larger than what a photo keeps, with the place in it.
fn camera_file() -> Outcome<Vec<u8>> {
    let picture = RgbImage::from_fn(2000, 1500, |x, y| {
        let line = if (x + y) % 4 < 2 { 90 } else { 0 };
        Rgb([(x / 16) as u8 + line, (y / 12) as u8 + line, 40])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Jpeg)?;
    Ok(exif::insert(
        &file.into_inner(),
        &exif::segment(6, Some(PLACE)),
    ))
}

/// An urgent case with one photo, saved on this phone.
fn reports(phone: &Phone) -> Outcome<IncidentId> {
    let shot = phone.add_photo(&camera_file()?, PhotoStage::Before, phone.now(), None)?;
    let mut new = phone.begin_incident(IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    })?;
    new.category = "F01001".into();
    new.severity = Severity::new(1).map_err(|code| code.to_string())?;
    new.place.text = "3幢2单元三楼到四楼楼道".into();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    Ok(phone.report_incident(new, vec![shot], how)?.row.id)
}

fn look(original: Hash, reason: &str) -> IncidentAction {
    IncidentAction::OpenOriginal {
        original,
        reason: reason.into(),
    }
}

fn code<T: std::fmt::Debug>(answer: gridwalk::Answer<T>) -> Code {
    answer.expect_err("it is closed").code
}

/// Who looked, when and what for, as this phone reads the case.
fn looks(detail: &IncidentDetail) -> Vec<(String, Timestamp)> {
    let events = detail.view.events.iter();
    let looks = events.filter_map(|seen| match &seen.event.action {
        IncidentAction::OpenOriginal { reason, .. } => {
            Some((reason.clone(), seen.event.act.recorded_at))
        }
        _ => None,
    });
    looks.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_looks_at_an_original_with_a_reason_that_everybody_reads_and_keeps_nothing()
-> Outcome<()> {
    let place = Place::new().await?;
    let (lin, lead) = (&place.lin, &place.lead);
    let mut settings = lin.settings()?;
    settings.photos_on_wifi_only = true;
    lin.save_settings(settings)?;
    lin.on_metered_line(true);
    let case = reports(lin)?;
    // the case and its photo go over any line, the original waits for one that costs nothing
    assert_eq!(lin.sync_once().await?.waiting_photos, 1);
    let photo = place.hears(case).await?.view.photos[0].clone();
    let original = photo.original.ok_or("an urgent case has one")?.hash;
    assert_eq!(Hash::of(&lead.photo_bytes(photo.hash).await?), photo.hash);

    // without a reason it is closed, also by the centre, whoever asks
    assert_eq!(
        code(lead.original_bytes(case, original).await),
        Code::Forbidden
    );
    assert_eq!(place.trail(original).await?, BTreeMap::new(), "not asked");
    assert_eq!(code(lead.photo_bytes(original).await), Code::Forbidden);
    assert_eq!(
        place.trail(original).await?,
        BTreeMap::from([("FORBIDDEN".into(), 1)])
    );
    let silent = lead.act_on_incident(case, look(original, " "));
    assert_eq!(code(silent), Code::MissingReason);

    // with one it is open, and has not arrived yet
    let opened = lead.act_on_incident(case, look(original, "去现场前核对门牌"))?;
    assert!(opened.open_originals.contains_key(&original.to_string()));
    assert_eq!(
        code(lead.original_bytes(case, original).await),
        Code::NotFound
    );
    lin.on_metered_line(false);
    assert_eq!(lin.sync_once().await?.waiting_photos, 0);
    let seen = lead.original_bytes(case, original).await?;
    assert_eq!(Hash::of(&seen), original);
    let said = jpeg::inspect(&seen)?;
    assert_eq!(
        (said.width, said.height, said.metadata),
        (2000, 1500, false)
    );
    assert_eq!(
        place.trail(original).await?,
        BTreeMap::from([
            ("FORBIDDEN".into(), 1),
            ("NOT_FOUND".into(), 1),
            ("done".into(), 1)
        ])
    );
    // the door that asks no reason stays shut, although the centre would send it now
    assert_eq!(code(lead.photo_bytes(original).await), Code::Forbidden);
    // looked at and not kept; the phone that took it has its two
    let files = |of: &str| match std::fs::read_dir(place.folder.path().join(of).join("photos")) {
        Ok(files) => files.count(),
        Err(_) => 0,
    };
    assert_eq!((files("ge-shuangjiang"), files("lin-xiao")), (0, 2));

    // whoever took it reads who looked, and is not let in by that
    let told = hears(lin, case, |detail| looks(detail).len() == 1).await?;
    assert_eq!(
        looks(&told),
        [("去现场前核对门牌".into(), corner::morning()?)]
    );
    assert!(told.open_originals.is_empty());
    assert_eq!(
        code(lin.original_bytes(case, original).await),
        Code::Forbidden
    );

    // a quarter of an hour later the centre has closed it, whatever a phone's clock shows
    place.clock.advance_ms(QUARTER * 60_000);
    assert_eq!(
        code(lead.original_bytes(case, original).await),
        Code::Forbidden
    );
    assert_eq!(place.trail(original).await?["FORBIDDEN"], 2);
    // and so has the phone
    place.watch.minutes_pass(QUARTER);
    assert_eq!(
        code(lead.original_bytes(case, original).await),
        Code::Forbidden
    );
    assert!(lead.incident(case)?.open_originals.is_empty());
    assert_eq!(place.trail(original).await?["FORBIDDEN"], 2, "not asked");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_without_a_network_is_told_so_and_the_centre_hears_of_the_look_before_it_sends()
-> Outcome<()> {
    let place = Place::new().await?;
    let (lin, lead) = (&place.lin, &place.lead);
    let case = reports(lin)?;
    assert_eq!(lin.sync_once().await?.waiting_photos, 0);
    let photo = place.hears(case).await?.view.photos[0].clone();
    let original = photo.original.ok_or("an urgent case has one")?.hash;

    place.line.away.store(true, Ordering::SeqCst);
    lead.act_on_incident(case, look(original, "电话里核对"))?;
    let unreachable = lead.original_bytes(case, original).await;
    assert_eq!(code(unreachable), Code::ServerUnreachable);
    let waits = |detail: &IncidentDetail| {
        let mut receipts = detail.event_receipts.values();
        receipts.any(|receipt| *receipt == Receipt::Local)
    };
    assert!(waits(&lead.incident(case)?), "it is written down here");
    assert_eq!(place.trail(original).await?, BTreeMap::new());

    place.line.away.store(false, Ordering::SeqCst);
    // nobody synchronised: the look itself takes its reason along
    let seen = lead.original_bytes(case, original).await?;
    assert_eq!(Hash::of(&seen), original);
    assert!(!waits(&lead.incident(case)?));
    assert_eq!(
        place.trail(original).await?,
        BTreeMap::from([("done".into(), 1)])
    );
    hears(lin, case, |detail| looks(detail).len() == 1).await?;
    Ok(())
}
