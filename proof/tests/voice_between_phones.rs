//! A voice note from one phone to the next through a real centre: what somebody said in a stairwell is heard by a colleague, byte
//! for byte, and by the desk.

use gridwalk::{
    Phone,
    ports::Ports,
    view::{FindingInput, IncidentStart, Receipt, ReportHow},
};
use gridwalk_core::{
    household::NewVisit,
    ids::Hash,
    incident::{IncidentAction, SourceChannel},
    patrol::{FindingState, PatrolKind},
    voice::{VoiceMedia, VoiceNote},
};
use gridwalk_fixtures::{
    SEED,
    history::history,
    street,
    voice::{Recorded, mp4, webm},
};
use gridwalk_proof::{corner, process::Outcome};
use gridwalk_server::{Config, Running, seed::fill, serve, state::AppState, store::blob};
use std::time::Duration;

const GRID: &str = "梧桐-03";
/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);

async fn media(server: &Running, hash: Hash) -> Outcome<Option<String>> {
    let store = &server.state().store;
    Ok(store
        .read(move |connection| blob::media(connection, &hash))
        .await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_worker_said_is_heard_by_another_and_lies_at_the_centre_as_what_it_is()
-> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path().join("centre"));
    let house = {
        let state = AppState::open(config.clone())?;
        let mut street = street(SEED, state.now().local_date());
        let mut past = history(&street);
        let door = street
            .door(GRID, "3幢", "2单元", "502")
            .ok_or("no such door")?;
        let (building, house) = (door.building, door.id);
        street
            .households
            .retain(|door| door.building == building && door.unit == "2单元");
        past.visits.clear();
        past.patrols.clear();
        past.incidents.clear();
        tokio::task::block_in_place(|| fill(&state, &street, &past))?;
        house.into()
    };
    let server = serve(config).await?;
    let lin = corner::enrolled(&server, folder.path(), "lin-xiao").await?;
    let how = |seed| Recorded {
        ms: 9_000,
        telltale: true,
        seed,
    };
    let said = |phone: &Phone, file: Vec<u8>| phone.add_voice(&file, server.state().now());

    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = lin.begin_incident(start)?;
    let grid = new.grid;
    new.category = "F01001".into();
    new.place.text = "3幢2单元三楼楼道".into();
    let report = said(&lin, webm(how(1)))?;
    let submit = ReportHow::Submit {
        without_photo_because: None,
    };
    let case = lin.report_incident_with(new, Vec::new(), vec![report.clone()], submit)?;
    let case = case.row.id;
    let later = said(&lin, mp4(how(2)))?;
    assert_eq!(
        (report.media, later.media),
        (VoiceMedia::Webm, VoiceMedia::Mp4)
    );
    let voice = later.clone();
    lin.act_on_incident(case, IncidentAction::AddVoice { voice })?;
    let at_the_door = said(&lin, webm(how(3)))?;
    let visit = NewVisit {
        voice: Some(at_the_door.clone()),
        care_emergency: true, // whatever the hour of this test
        ..lin.begin_visit(house, None)?
    };
    lin.save_visit(house, visit)?;
    let on_the_round = said(&lin, webm(how(4)))?;
    let patrol = lin.patrol_start_free(grid, PatrolKind::Daily)?.id;
    let found = FindingInput {
        category: "F01001".into(),
        state: FindingState::Observed,
        incident: None,
        note: None,
        voice: Some(on_the_round.clone()),
    };
    lin.patrol_finding(patrol, found)?;

    // the process ends before anything left it
    drop(lin);
    let dir = folder.path().join("lin-xiao");
    let lin = Phone::open(&dir, Ports::of_this_machine(&dir))?;
    let receipt = |note: &VoiceNote| -> Outcome<Receipt> {
        let of_case = lin.incident(case)?.voice_receipts;
        let of_door = lin.household(house)?.voice_receipts;
        let of_patrol = lin.patrol(patrol)?.voice_receipts;
        let mut all = of_case.into_iter().chain(of_door).chain(of_patrol);
        let found = all.find(|(hash, _)| *hash == note.hash.to_string());
        Ok(found.ok_or("no receipt")?.1)
    };
    let notes = [&report, &later, &at_the_door, &on_the_round];
    for note in notes {
        assert_eq!(receipt(note)?, Receipt::Local);
        assert_eq!(media(&server, note.hash).await?, None);
    }
    lin.sync_once().await?;
    for note in notes {
        assert_eq!(receipt(note)?, Receipt::Centre);
        let there = media(&server, note.hash).await?;
        assert_eq!(there.as_deref(), Some(note.media.media_type()));
    }

    let colleague = corner::enrolled(&server, folder.path(), "ge-shuangjiang").await?;
    // acknowledged is durable; published is a moment later
    let published = async {
        loop {
            let heard = colleague
                .incident(case)
                .ok()
                .map(|detail| detail.view.voices);
            let visits = colleague.household(house)?.view.visits;
            let spoken = visits.iter().find_map(|visit| visit.visit.voice.clone());
            let found = colleague.patrol(patrol).ok();
            let found = found.and_then(|walk| walk.view.findings.first()?.finding.voice.clone());
            let heard = heard.filter(|heard| heard.len() == 2);
            if let (Some(heard), Some(spoken), Some(found)) = (heard, spoken, found) {
                return Outcome::Ok((heard, spoken, found));
            }
            colleague.sync_once().await?;
        }
    };
    let (heard, spoken, found) = tokio::time::timeout(PUBLISHED, published).await??;
    assert_eq!(heard, [report.clone(), later.clone()]);
    assert_eq!(spoken, at_the_door);
    assert_eq!(found, on_the_round);
    for note in notes {
        let (here, there) = (
            lin.voice_bytes(note.hash).await?,
            colleague.voice_bytes(note.hash).await?,
        );
        assert_eq!(Hash::of(&there), note.hash);
        assert_eq!(here, there);
    }
    Ok(())
}
