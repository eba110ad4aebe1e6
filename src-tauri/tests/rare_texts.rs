//! What people really type, and what a phone's clock can be: rare names, emoji, right to left, the longest note, twenty
//! years too early and too late. It is kept and shown as it was typed, or refused with a code that has a sentence.

mod centre;

use centre::{NINE, World, door};
use gridwalk::{
    Phone,
    view::{FoundKind, IncidentStart, Receipt, ReportHow, SyncPhase},
};
use gridwalk_core::{
    document::Document,
    error::Code,
    household::{self, FieldChange},
    ids::{IncidentId, VisitId},
    incident::{IncidentAction, Severity, SourceChannel},
    sync::message::DocumentKind,
};

/// One of every plane that names are written in, and what else a keyboard offers.
const RARE: &[&str] = &[
    "㐂喜",                 // extension A
    "𠮷野家",               // B
    "𪜀𫝀𫠠𬺰",             // C, D, E, F
    "𰻝面馆",               // G
    "𱍐𲎯",                 // H
    "👩‍👩‍👧 在家 🏳️‍🌈",           // joined emoji
    "مرحبا، الطابق الثالث", // right to left
    "\u{202e}左右颠倒",     // an override that nobody closed
    "e\u{301}te\u{301}",    // letters with their marks apart
    "换\n行\t和 空格 ",
];
const LONGEST_NOTE: usize = 1_000;
const TWENTY_YEARS_MS: i64 = 20 * 365 * 86_400_000;

fn visits(phone: &Phone, note: &str) -> Result<VisitId, Code> {
    let mut visit = phone.begin_visit(door(1), None).map_err(|f| f.code)?;
    visit.note = Some(note.into());
    let id = visit.id;
    let saved = phone.save_visit(door(1), visit);
    saved.map(|_| id).map_err(|failure| failure.code)
}

fn note_of(phone: &Phone, visit: VisitId) -> Option<String> {
    let detail = phone.household(door(1)).unwrap();
    let visits = detail.view.visits;
    visits
        .into_iter()
        .find(|seen| seen.visit.id == visit)?
        .visit
        .note
}

fn reports(phone: &Phone, words: &str) -> IncidentId {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(3).unwrap();
    new.description = words.into();
    new.place.text = words.into();
    let how = ReportHow::Submit {
        without_photo_because: Some(words.into()),
    };
    phone.report_incident(new, Vec::new(), how).unwrap().row.id
}

#[tokio::test]
async fn rare_characters_stay_what_was_typed_through_a_restart_a_search_and_the_centre() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mut written = Vec::new();
    for text in RARE {
        let visit = visits(&phone, text).unwrap();
        let incident = reports(&phone, text);
        let comment = IncidentAction::Comment {
            text: (*text).into(),
        };
        phone.act_on_incident(incident, comment).unwrap();
        phone
            .change_field(door(2), FieldChange::ContactName((*text).into()))
            .unwrap();
        let shown = phone.household(door(2)).unwrap().view;
        assert!(serde_json::to_string(&shown).unwrap().contains(&json(text)));
        phone.draft_put("rare".into(), (*text).into()).unwrap();
        assert_eq!(
            phone.draft_get("rare".into()).unwrap().as_deref(),
            Some(*text)
        );
        written.push((*text, visit, incident));
    }
    drop(phone);

    let phone = world.open();
    for (text, visit, incident) in &written {
        assert_eq!(note_of(&phone, *visit).as_deref(), Some(*text));
        let detail = phone.incident(*incident).unwrap();
        assert_eq!(detail.view.created.description, *text);
        assert_eq!(detail.row.place, *text);
    }
    for one in ["㐂", "𠮷", "𰻝", "𱍐"] {
        let found = phone.search(one.into()).unwrap();
        assert!(
            found
                .groups
                .iter()
                .any(|group| group.kind == FoundKind::Note),
            "{one} finds no note"
        );
    }

    assert_eq!(phone.sync_once().await.unwrap().stuck, 0);
    let there = Document::from_changes(
        door(1).into(),
        DocumentKind::HOUSEHOLD,
        world.centre.changes(door(1).into()),
    )
    .unwrap();
    assert_eq!(
        household::view(&there),
        phone.household(door(1)).unwrap().view
    );
}

/// As it stands inside a JSON text.
fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted.trim_matches('"').to_owned()
}

#[tokio::test]
async fn a_note_of_a_thousand_characters_is_kept_and_one_more_is_refused_with_the_draft_still_there()
 {
    let world = World::new();
    let phone = world.enrolled().await;
    // the widest that a character gets
    let longest = "𰻝".repeat(LONGEST_NOTE);
    let visit = visits(&phone, &longest).unwrap();
    assert_eq!(note_of(&phone, visit), Some(longest.clone()));

    let more = format!("{longest}了");
    phone.draft_put("visit".into(), more.clone()).unwrap();
    assert_eq!(visits(&phone, &more), Err(Code::TextTooLong));
    assert_eq!(phone.draft_get("visit".into()).unwrap(), Some(more));
}

#[tokio::test]
async fn a_clock_twenty_years_off_loses_nothing_and_the_centre_sets_it_right() {
    for skew in [-TWENTY_YEARS_MS, TWENTY_YEARS_MS] {
        let world = World::new();
        let phone = world.enrolled().await;
        // the battery was out: the phone wakes up in another decade, without a network
        world.centre.weather(centre::Weather::Offline);
        *world.watch.0.lock().unwrap() = NINE.plus_ms(skew);
        let visit = visits(&phone, "软管换好了").unwrap();
        let incident = reports(&phone, "楼道堆物");
        drop(phone);

        let phone = world.open();
        assert_eq!(note_of(&phone, visit).as_deref(), Some("软管换好了"));
        phone.today().unwrap();
        phone.incident(incident).unwrap();

        world.centre.weather(centre::Weather::Fine);
        let state = phone.sync_once().await.unwrap();
        assert_eq!(
            (state.phase, state.waiting_records, state.stuck),
            (SyncPhase::Idle, 0, 0),
            "{skew}"
        );
        let detail = phone.household(door(1)).unwrap();
        assert_eq!(detail.visit_receipts[&visit.to_string()], Receipt::Centre);
        let off = phone.now().since(NINE).abs();
        assert!(off < 60_000, "the phone counts {off} ms beside the centre");
    }
}
