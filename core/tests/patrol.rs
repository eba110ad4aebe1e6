//! A patrol round and a worker's day, as they are walked and read back.

mod staircase;

use gridwalk_core::{
    act::Role,
    document::{Document, Unordered},
    error::Code,
    ids::{
        CheckpointId, FindingId, GridId, Hash, HitId, IncidentId, PatrolId, PersonId, TaskId,
        WorkerDayId,
    },
    patrol::{
        self, FindingState, HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit,
        PatrolKind, Pause, SharedLine, view,
    },
    photo::Position,
    registry::{Projection, project},
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use staircase::*;

fn round() -> NewPatrol {
    NewPatrol {
        id: PatrolId(uuid(6, 1)),
        grid: GridId(uuid(7, 3)),
        kind: PatrolKind::Daily,
        plan: None,
        checkpoints: vec![CheckpointId(uuid(8, 1)), CheckpointId(uuid(8, 2))],
        started_at: at(10, 0),
    }
}

fn begun() -> Document {
    patrol::create(&round(), &worker(1, at(10, 0)))
        .expect("a round")
        .document
}

fn hit(number: u32, checkpoint: u32, minute: u32) -> NewHit {
    NewHit {
        id: HitId(uuid(10, number)),
        checkpoint: CheckpointId(uuid(8, checkpoint)),
        at: at(10, minute),
        method: HitMethod::Qr,
        reason: None,
        state: HitState::Ok,
        position: None,
        photo: None,
    }
}

fn finding() -> NewFinding {
    NewFinding {
        id: FindingId(uuid(11, 1)),
        category: "F01001".into(),
        state: FindingState::Reported,
        incident: Some(IncidentId(uuid(12, 1))),
        voice: None,
        note: Some("楼道堆物".into()),
        at: at(10, 9),
    }
}

fn finish(minute: u32) -> PatrolEdit {
    PatrolEdit::Finish {
        at: at(10, minute),
        distance_m: 1_240,
        line: Some(SharedLine {
            blob: Hash::of(b"line"),
            points: 40,
            expires_at: at(10, minute).plus_ms(30 * 86_400_000),
        }),
        note: Some("两处正常".into()),
    }
}

fn walk(document: &Document, number: u8, minute: u32, edit: &PatrolEdit) -> Document {
    patrol::apply(document.clone(), edit, &worker(number, at(10, minute)))
        .expect("on the round")
        .document
}

fn refused(document: &Document, number: u8, edit: &PatrolEdit) -> Option<Code> {
    code(patrol::apply(
        document.clone(),
        edit,
        &worker(number, at(11, 0)),
    ))
}

#[test]
fn a_round_reads_as_it_was_walked() {
    let mut document = begun();
    let edits = [
        (5, PatrolEdit::Hit(hit(1, 1, 5))),
        (9, PatrolEdit::Finding(finding())),
        (10, PatrolEdit::Pause { at: at(10, 10) }),
        (20, PatrolEdit::Resume { at: at(10, 20) }),
        (25, PatrolEdit::Hit(hit(2, 2, 25))),
        (30, PatrolEdit::Pause { at: at(10, 30) }),
        (40, finish(40)),
    ];
    for (minute, edit) in &edits {
        document = walk(&document, 1, *minute, edit);
    }
    let read = view(&document);
    assert_eq!(read.created, round());
    assert_eq!(read.leader, PersonId(uuid(1, 1)));
    assert_eq!(read.hits.len(), 2);
    assert_eq!(read.hits[0].hit, hit(1, 1, 5));
    assert_eq!(read.findings[0].finding, finding());
    let pause = |from, to| Pause {
        from: at(10, from),
        to: Some(at(10, to)),
    };
    assert_eq!(read.pauses, [pause(10, 20), pause(30, 40)]);
    assert_eq!(read.ended_at, Some(at(10, 40)));
    assert_eq!(
        (read.distance_m, read.note.as_deref()),
        (Some(1_240), Some("两处正常"))
    );
    assert_eq!(read.line.map(|line| line.points), Some(40));
    assert_eq!(read.unreadable, 0);
}

#[test]
fn two_people_at_one_point_are_both_kept_and_the_first_counts() {
    let begun = begun();
    let leader = walk(&begun, 1, 6, &PatrolEdit::Hit(hit(1, 1, 6)));
    let helper = walk(&begun, 2, 5, &PatrolEdit::Hit(hit(2, 1, 5)));
    let counted = |document: &Document| -> Vec<(HitId, bool)> {
        view(document)
            .hits
            .iter()
            .map(|hit| (hit.hit.id, hit.counts))
            .collect()
    };
    let expected = [(hit(2, 1, 5).id, true), (hit(1, 1, 6).id, false)];
    assert_eq!(counted(&merged(&leader, &helper)), expected);
    assert_eq!(counted(&merged(&helper, &leader)), expected);
}

#[test]
fn a_helpers_hit_made_before_hearing_of_the_end_is_kept() {
    let begun = begun();
    let ended = walk(&begun, 1, 30, &finish(30));
    let helper = walk(&begun, 2, 35, &PatrolEdit::Hit(hit(1, 1, 35)));
    let both = merged(&ended, &helper);
    assert_eq!(view(&both).hits.len(), 1);
    assert_eq!(view(&both).ended_at, Some(at(10, 30)));
    assert_eq!(
        refused(&both, 1, &PatrolEdit::Hit(hit(2, 2, 40))),
        Some(Code::PatrolEnded)
    );
    assert_eq!(refused(&both, 1, &finish(41)), Some(Code::PatrolEnded));
}

#[test]
fn a_pause_keeps_its_order_when_the_clock_is_set_back() {
    let paused = walk(&begun(), 1, 20, &PatrolEdit::Pause { at: at(10, 20) });
    let resumed = walk(&paused, 1, 10, &PatrolEdit::Resume { at: at(10, 10) });
    let pauses = view(&resumed).pauses;
    assert_eq!(pauses.len(), 1);
    assert_eq!(pauses[0].to, Some(at(10, 20)), "never before it began");
}

#[test]
fn a_finding_of_an_older_app_has_no_voice_and_one_without_a_voice_is_written_as_before() {
    let written = serde_json::to_value(finding()).unwrap();
    assert_eq!(written.get("voice"), None);
    let read: NewFinding = serde_json::from_value(written).unwrap();
    assert_eq!(read, finding());
}

fn words_to(finding: u32, note: &str) -> PatrolEdit {
    PatrolEdit::AmendFinding {
        finding: FindingId(uuid(11, finding)),
        note: note.into(),
    }
}

#[test]
fn words_are_added_to_a_finding_also_after_the_end_and_it_stays_as_it_was() {
    let found = walk(&begun(), 1, 9, &PatrolEdit::Finding(finding()));
    let before_the_end = walk(&found, 1, 12, &words_to(1, "又多了两箱"));
    let ended = walk(&before_the_end, 1, 40, &finish(40));
    let later = walk(&ended, 1, 50, &words_to(1, "傍晚已经清走"));
    let read = view(&later);
    assert_eq!(read.findings[0].finding, finding());
    let added: Vec<_> = read.findings[0]
        .amendments
        .iter()
        .map(|added| (added.note.as_str(), added.by, added.at))
        .collect();
    let lin = PersonId(uuid(1, 1));
    assert_eq!(
        added,
        [
            ("又多了两箱", lin, at(10, 12)),
            ("傍晚已经清走", lin, at(10, 50))
        ]
    );
    assert_eq!((read.unreadable, read.ended_at), (0, Some(at(10, 40))));
}

#[test]
fn whoever_wrote_a_finding_or_leads_the_patrol_adds_words_and_nobody_else() {
    let found = walk(&begun(), 2, 9, &PatrolEdit::Finding(finding()));
    let theirs = walk(&found, 2, 12, &words_to(1, "又多了两箱"));
    let leaders = walk(&found, 1, 13, &words_to(1, "一起看过"));
    let both = view(&merged(&theirs, &leaders));
    assert_eq!(both.findings[0].amendments.len(), 2);
    let mine = words_to(1, "路过");
    assert_eq!(refused(&found, 3, &mine), Some(Code::WrongRole));
    let blank = words_to(1, "  ");
    assert_eq!(refused(&found, 1, &blank), Some(Code::MissingWords));
    let of_none = words_to(7, "哪一处");
    assert_eq!(refused(&found, 1, &of_none), Some(Code::NotFound));
    let again = refused(&leaders, 1, &words_to(1, "一起看过"));
    assert_eq!(again, None, "said at another minute");
}

#[test]
fn the_rules_of_the_round_are_answered_with_codes() {
    let begun = begun();
    let mut manual = hit(1, 1, 5);
    manual.method = HitMethod::Manual;
    let mut unreachable = hit(1, 1, 5);
    unreachable.state = HitState::Unreachable;
    let mut nowhere = hit(1, 1, 5);
    nowhere.position = Some(Position {
        lon: f64::NAN,
        lat: 30.0,
        accuracy_m: 5.0,
        fixed_at: at(10, 5),
        mock: false,
    });
    let mut no_category = finding();
    no_category.category = " ".into();
    let forever = PatrolEdit::Finish {
        at: at(10, 30),
        distance_m: 1,
        line: Some(SharedLine {
            blob: Hash::of(b"line"),
            points: 2,
            expires_at: at(10, 30).plus_ms(60 * 86_400_000),
        }),
        note: None,
    };
    for (edit, expected) in [
        (PatrolEdit::Hit(manual), Code::MissingReason),
        (PatrolEdit::Hit(unreachable), Code::MissingReason),
        (PatrolEdit::Hit(nowhere), Code::ValueOutOfRange),
        (PatrolEdit::Finding(no_category), Code::MissingCategory),
        (PatrolEdit::Resume { at: at(10, 5) }, Code::WrongState),
        (forever, Code::ValueOutOfRange),
    ] {
        assert_eq!(refused(&begun, 1, &edit), Some(expected), "{edit:?}");
    }
    let once = walk(&begun, 1, 5, &PatrolEdit::Hit(hit(1, 1, 5)));
    assert_eq!(
        refused(&once, 1, &PatrolEdit::Hit(hit(1, 1, 5))),
        Some(Code::AlreadyRecorded)
    );
    let pause = PatrolEdit::Pause { at: at(10, 5) };
    assert_eq!(
        refused(&begun, 2, &pause),
        Some(Code::WrongRole),
        "the leader pauses"
    );
    let paused = walk(&begun, 1, 5, &pause);
    assert_eq!(refused(&paused, 1, &pause), Some(Code::WrongState));
    let mut desk = worker(1, at(10, 0));
    desk.act.role = Role::Dispatcher;
    assert_eq!(code(patrol::create(&round(), &desk)), Some(Code::WrongRole));
}

#[test]
fn a_day_has_one_writer_and_each_task_is_done_once() {
    let new = NewWorkerDay {
        id: WorkerDayId(uuid(13, 1)),
        worker: PersonId(uuid(1, 1)),
        date: at(8, 0).local_date(),
    };
    let day = worker_day::create(&new, &worker(1, at(8, 0)))
        .expect("a day")
        .document;
    let task = TaskId(uuid(14, 1));
    let seen = WorkerDayEdit::AcknowledgeTask { task, at: at(8, 1) };
    let done = WorkerDayEdit::CompleteTask {
        task,
        at: at(9, 0),
        note: None,
    };
    let day = worker_day::apply(day, &seen, &worker(1, at(8, 1)))
        .expect("seen")
        .document;
    let day = worker_day::apply(day, &done, &worker(1, at(9, 0)))
        .expect("done")
        .document;
    let read = worker_day::view(&day);
    assert_eq!(read.created, new);
    assert_eq!(
        (read.acknowledged, read.completed),
        (vec![task], vec![(task, at(9, 0))])
    );
    let again = worker_day::apply(day.clone(), &done, &worker(1, at(9, 1)));
    assert_eq!(code(again), Some(Code::AlreadyRecorded));
    let other = worker_day::apply(day.clone(), &done, &worker(2, at(9, 1)));
    assert_eq!(code(other), Some(Code::WrongRole));
    assert_eq!(
        code(worker_day::create(&new, &worker(2, at(8, 0)))),
        Some(Code::WrongRole)
    );
    assert!(matches!(
        project(&day, &Unordered),
        Projection::WorkerDay(_)
    ));
}

#[test]
fn the_registry_reads_each_kind_and_keeps_what_it_does_not_know() {
    assert!(matches!(
        project(&begun(), &Unordered),
        Projection::Patrol(_)
    ));
    let household = household().document;
    assert!(matches!(
        project(&household, &Unordered),
        Projection::Household(_)
    ));
    let newer = gridwalk_core::sync::message::DocumentKind(77);
    let changes = household.clone().changes();
    let bytes = changes.iter().map(|change| &change.bytes);
    let document = Document::from_changes(household.id(), newer, bytes).expect("bytes are bytes");
    assert_eq!(project(&document, &Unordered), Projection::Unknown);
}
