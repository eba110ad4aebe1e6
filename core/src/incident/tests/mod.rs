//! The workflow as facts. People of the demo street: 林晓 reports, the desk dispatches, 城管办 handles, 何平 checks.

mod again;
mod ahead;
mod courses;
mod disputes;
mod errands;
mod originals;
mod ownerless;
mod rounds;
mod voices;

use super::fold::{Beginning, Carried, fold};
use super::*;
use crate::{
    act::{Act, Role},
    ids::{DeviceId, Hash, PersonId},
    photo::Photo,
    time::Timestamp,
};
use uuid::Uuid;

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}
const LIN: u128 = 1;
const DESK: u128 = 2;
const HANDLER: u128 = 3;
const CHECKER: u128 = 4;
const LEAD: u128 = 5;

fn department() -> DepartmentId {
    DepartmentId(Uuid::from_u128(77))
}

fn act(by: u128, role: Role, minute: i64) -> Act {
    Act {
        by: person(by),
        role,
        device: DeviceId(Uuid::from_u128(by)),
        recorded_at: Timestamp(minute * 60_000),
        observed_at: None,
    }
}

fn photo(stage: crate::photo::PhotoStage, n: u8) -> Photo {
    Photo {
        hash: Hash([n; 32]),
        thumbnail: Hash([n; 32]),
        stage,
        taken_at: Timestamp(0),
        width: 1600,
        height: 1200,
        bytes: 1,
        position: None,
        original: None,
    }
}

/// What a fold is made of: how it began, the events, who knew of what.
type Parts = (Beginning, Vec<Carried>, Vec<(Hash, Vec<Hash>)>);

/// A story told event by event; each event's change depends on the ones named.
struct Story {
    severity: u8,
    category: &'static str,
    photos: Vec<Photo>,
    carried: Vec<Carried>,
    history: Vec<(Hash, Vec<Hash>)>,
}

impl Story {
    fn of_severity(severity: u8) -> Self {
        let first = Hash([0; 32]);
        Self {
            severity,
            category: "F01001",
            photos: vec![photo(crate::photo::PhotoStage::Before, 1)],
            carried: Vec::new(),
            history: vec![(first, vec![])],
        }
    }
    fn new() -> Self {
        Self::of_severity(3)
    }
    fn with_photo(mut self, stage: crate::photo::PhotoStage) -> Self {
        self.photos.push(photo(stage, 2));
        self
    }
    /// An event that knows everything before it.
    fn then(mut self, by: u128, role: Role, action: IncidentAction) -> Self {
        let heads = vec![self.history[self.history.len() - 1].0];
        self.push(by, role, action, heads);
        self
    }
    /// An event that knows only the first `known` events.
    fn offline_since(mut self, known: usize, by: u128, role: Role, action: IncidentAction) -> Self {
        let heads = vec![self.history[known].0];
        self.push(by, role, action, heads);
        self
    }
    fn push(&mut self, by: u128, role: Role, action: IncidentAction, deps: Vec<Hash>) {
        let n = self.carried.len() as u64 + 1;
        let change = Hash([n as u8; 32]);
        let department = (role == Role::Handler).then(department);
        let event = IncidentEvent {
            id: EventId(Uuid::from_u128(n.into())),
            act: act(by, role, n as i64),
            department,
            action,
        };
        self.carried.push(Carried {
            event,
            change,
            position: Some(n),
        });
        self.history.push((change, deps));
    }
    fn tell(self) -> IncidentView {
        let (beginning, carried, history) = self.parts();
        fold(beginning, carried, &history)
    }
    fn parts(self) -> Parts {
        let created = NewIncident {
            id: IncidentId(Uuid::from_u128(9)),
            grid: GridId(Uuid::from_u128(8)),
            local_no: "梧桐-03-0914-001".into(),
            source: SourceChannel::Patrol,
            category: self.category.into(),
            severity: Severity::new(self.severity).unwrap(),
            place: IncidentPlace {
                text: "3幢2单元三楼".into(),
                household: None,
                position: None,
            },
            description: "楼道堆物".into(),
            finding: None,
        };
        let beginning = Beginning {
            created,
            reported: act(LIN, Role::Worker, 0),
            photos: self.photos,
        };
        (beginning, self.carried, self.history)
    }
    fn submitted() -> Self {
        Self::new().then(
            LIN,
            Role::Worker,
            IncidentAction::Submit {
                without_photo_because: None,
            },
        )
    }
    fn dispatched() -> Self {
        Self::submitted()
            .then(DESK, Role::Dispatcher, IncidentAction::Accept)
            .then(DESK, Role::Dispatcher, IncidentAction::File)
            .then(
                DESK,
                Role::Dispatcher,
                IncidentAction::Dispatch {
                    owner: department(),
                    co_departments: vec![],
                },
            )
    }
    fn checking() -> Self {
        Self::dispatched()
            .then(
                HANDLER,
                Role::Handler,
                IncidentAction::Feedback {
                    measure: "已清走".into(),
                    document: Some("工单 12".into()),
                },
            )
            .then(
                DESK,
                Role::Dispatcher,
                IncidentAction::SendCheck {
                    checker: person(CHECKER),
                },
            )
    }
}

fn cancel() -> IncidentAction {
    IncidentAction::Cancel {
        reason: "住户自己清走了".into(),
    }
}

fn fates(view: &IncidentView) -> Vec<Option<Code>> {
    view.events
        .iter()
        .map(|e| match e.applied {
            Applied::Yes { .. } => None,
            Applied::No { because } => Some(because),
        })
        .collect()
}

#[test]
fn a_hazard_goes_from_report_to_closed_through_every_hand() {
    let view = Story::checking()
        .then(
            CHECKER,
            Role::Checker,
            IncidentAction::AddPhoto {
                photo: photo(crate::photo::PhotoStage::Check, 3),
            },
        )
        .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
        .tell();
    assert_eq!(view.state, IncidentState::Closed);
    assert_eq!(fates(&view), vec![None; 8]);
    assert_eq!(view.dispatched_at, Some(Timestamp(4 * 60_000)));
    assert_eq!(view.ended_at, Some(Timestamp(8 * 60_000)));
    assert_eq!(view.photos.len(), 2);
}

#[test]
fn accept_wins_and_cancel_becomes_a_note_when_both_happen_offline() {
    let accept_first = Story::submitted()
        .then(DESK, Role::Dispatcher, IncidentAction::Accept)
        .offline_since(1, LIN, Role::Worker, cancel());
    let cancel_first = Story::submitted()
        .then(LIN, Role::Worker, cancel())
        .offline_since(1, DESK, Role::Dispatcher, IncidentAction::Accept);
    for view in [accept_first.tell(), cancel_first.tell()] {
        assert_eq!(view.state, IncidentState::Accepted);
        let cancelled = view
            .events
            .iter()
            .find(|e| e.event.action == cancel())
            .unwrap();
        assert_eq!(
            cancelled.applied,
            Applied::No {
                because: Code::CancelAfterAccept
            }
        );
    }
}

#[test]
fn cancel_ends_it_when_the_desk_had_not_accepted() {
    let view = Story::submitted().then(LIN, Role::Worker, cancel()).tell();
    assert_eq!(view.state, IncidentState::Cancelled);
}

#[test]
fn a_later_accept_does_not_apply_when_it_knew_of_the_cancel() {
    let view = Story::submitted()
        .then(LIN, Role::Worker, cancel())
        .then(DESK, Role::Dispatcher, IncidentAction::Accept)
        .tell();
    assert_eq!(view.state, IncidentState::Cancelled);
    assert_eq!(fates(&view)[2], Some(Code::WrongState));
}

#[test]
fn a_failed_check_stands_when_another_phone_passed_it_at_the_same_time() {
    let known = Story::checking().then(
        CHECKER,
        Role::Checker,
        IncidentAction::AddPhoto {
            photo: photo(crate::photo::PhotoStage::Check, 3),
        },
    );
    let view = known
        .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
        .offline_since(
            7,
            CHECKER,
            Role::Checker,
            IncidentAction::CheckFail {
                reason: "还剩一辆".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Dispatched);
    assert_eq!(view.rework_count, 1);
    assert_eq!(fates(&view)[7], Some(Code::Overruled));
}

#[test]
fn on_site_handling_needs_both_photos_and_no_urgency() {
    let handle = || IncidentAction::SelfHandle {
        measure: "当场劝走".into(),
    };
    let without = Story::new().then(LIN, Role::Worker, handle()).tell();
    assert_eq!(fates(&without), vec![Some(Code::MissingAfterPhoto)]);
    let urgent = Story::of_severity(2)
        .with_photo(crate::photo::PhotoStage::After)
        .then(LIN, Role::Worker, handle())
        .tell();
    assert_eq!(fates(&urgent), vec![Some(Code::SeverityTooHigh)]);
    let done = Story::new()
        .with_photo(crate::photo::PhotoStage::After)
        .then(LIN, Role::Worker, handle())
        .then(LEAD, Role::Lead, IncidentAction::ConfirmSelf)
        .tell();
    assert_eq!(done.state, IncidentState::Closed);
}

#[test]
fn a_rejected_on_site_closure_returns_to_the_queue() {
    let view = Story::new()
        .with_photo(crate::photo::PhotoStage::After)
        .then(
            LIN,
            Role::Worker,
            IncidentAction::SelfHandle {
                measure: "劝走".into(),
            },
        )
        .then(
            LEAD,
            Role::Lead,
            IncidentAction::RejectSelf {
                reason: "照片看不清".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Reported);
}

#[test]
fn verifying_needs_a_fresh_photo() {
    let asked = || {
        Story::submitted().then(
            DESK,
            Role::Dispatcher,
            IncidentAction::AskVerify {
                question: "还在吗".into(),
            },
        )
    };
    let result = || IncidentAction::VerifyResult {
        genuine: true,
        note: "还在".into(),
    };
    assert_eq!(
        fates(&asked().then(LIN, Role::Worker, result()).tell())[2],
        Some(Code::MissingPhoto)
    );
    let view = asked()
        .then(
            LIN,
            Role::Worker,
            IncidentAction::AddPhoto {
                photo: photo(crate::photo::PhotoStage::Check, 3),
            },
        )
        .then(LIN, Role::Worker, result())
        .tell();
    assert_eq!(view.state, IncidentState::Reported);
}

#[test]
fn who_handled_does_not_check() {
    let view = Story::dispatched()
        .then(
            HANDLER,
            Role::Handler,
            IncidentAction::Feedback {
                measure: "好了".into(),
                document: Some("单".into()),
            },
        )
        .then(
            DESK,
            Role::Dispatcher,
            IncidentAction::SendCheck {
                checker: person(HANDLER),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Feedback);
    assert_eq!(fates(&view)[5], Some(Code::SameChecker));
}

#[test]
fn only_the_named_checker_decides() {
    let view = Story::checking()
        .then(
            LIN,
            Role::Worker,
            IncidentAction::CheckFail {
                reason: "没清".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Checking);
    assert_eq!(fates(&view)[6], Some(Code::WrongRole));
}

#[test]
fn a_department_that_was_not_asked_cannot_give_feedback() {
    let mut story = Story::dispatched().then(
        HANDLER,
        Role::Handler,
        IncidentAction::Feedback {
            measure: "好了".into(),
            document: Some("单".into()),
        },
    );
    story.carried[4].event.department = Some(DepartmentId(Uuid::from_u128(78)));
    let view = story.tell();
    assert_eq!(fates(&view)[4], Some(Code::OutOfScope));
}

#[test]
fn feedback_after_rework_needs_new_proof() {
    let view = Story::checking()
        .then(
            CHECKER,
            Role::Checker,
            IncidentAction::CheckFail {
                reason: "还剩一辆".into(),
            },
        )
        .then(
            HANDLER,
            Role::Handler,
            IncidentAction::Feedback {
                measure: "清了".into(),
                document: None,
            },
        )
        .tell();
    assert_eq!(fates(&view)[7], Some(Code::MissingAfterPhoto));
}

#[test]
fn severity_rises_for_anyone_and_falls_only_at_the_desk_with_a_reason() {
    let set = |level, reason: Option<&str>| IncidentAction::SetSeverity {
        severity: Severity::new(level).unwrap(),
        reason: reason.map(Into::into),
    };
    let view = Story::submitted()
        .then(LIN, Role::Worker, set(1, None))
        .then(LIN, Role::Worker, set(4, Some("弄错了")))
        .then(DESK, Role::Dispatcher, set(4, None))
        .tell();
    assert_eq!(view.severity.level(), 1);
    assert_eq!(
        fates(&view),
        vec![None, None, Some(Code::WrongRole), Some(Code::MissingReason)]
    );
    let lowered = Story::submitted()
        .then(DESK, Role::Dispatcher, set(4, Some("核过，不急")))
        .tell();
    assert_eq!(lowered.severity.level(), 4);
}

#[test]
fn a_comment_after_the_end_is_kept_and_changes_nothing() {
    let view = Story::submitted()
        .then(LIN, Role::Worker, cancel())
        .then(
            DESK,
            Role::Dispatcher,
            IncidentAction::Comment {
                text: "知道了".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Cancelled);
    assert_eq!(fates(&view), vec![None; 3]);
}

#[test]
fn the_order_is_the_feeds_and_not_the_arrivals() {
    let told = |swap: bool| {
        let mut story = Story::submitted()
            .then(DESK, Role::Dispatcher, IncidentAction::Accept)
            .offline_since(
                1,
                LIN,
                Role::Worker,
                IncidentAction::Comment {
                    text: "在楼道口".into(),
                },
            );
        if swap {
            story.carried.swap(1, 2);
        }
        story.tell()
    };
    assert_eq!(told(false), told(true));
}

#[test]
fn own_unsent_events_come_last() {
    let mut story = Story::submitted()
        .offline_since(1, LIN, Role::Worker, cancel())
        .offline_since(1, DESK, Role::Dispatcher, IncidentAction::Accept);
    story.carried[1].position = None;
    let view = story.tell();
    assert_eq!(view.events[2].event.action, cancel());
}

mod in_its_document {
    use super::*;
    use crate::{
        document::{Author, Document, FeedOrder, Unordered},
        photo::PhotoStage,
        sync::message::DocumentKind,
    };
    use std::collections::HashMap;

    fn author(actor: u8, by: u128, role: Role, minute: i64) -> Author {
        Author {
            actor: [actor; 16],
            act: act(by, role, minute),
        }
    }

    fn new_incident() -> NewIncident {
        NewIncident {
            id: IncidentId(Uuid::from_u128(9)),
            grid: GridId(Uuid::from_u128(8)),
            local_no: "梧桐-03-0914-001".into(),
            source: SourceChannel::Patrol,
            category: "F01001".into(),
            severity: Severity::new(3).unwrap(),
            place: IncidentPlace {
                text: "3幢2单元三楼".into(),
                household: None,
                position: None,
            },
            description: "楼道堆了两辆旧童车".into(),
            finding: None,
        }
    }

    fn event(n: u128, by: u128, role: Role, action: IncidentAction) -> IncidentEvent {
        IncidentEvent {
            id: EventId(Uuid::from_u128(n)),
            act: act(by, role, n as i64),
            department: None,
            action,
        }
    }

    fn submit() -> IncidentEvent {
        event(
            1,
            LIN,
            Role::Worker,
            IncidentAction::Submit {
                without_photo_because: None,
            },
        )
    }

    fn reported() -> Document {
        let lin = author(1, LIN, Role::Worker, 0);
        let draft = create(&new_incident(), &[photo(PhotoStage::Before, 1)], &lin)
            .unwrap()
            .document;
        record(
            draft,
            &submit(),
            &author(1, LIN, Role::Worker, 1),
            &Unordered,
        )
        .unwrap()
        .document
    }

    #[test]
    fn what_was_reported_reads_back_whole() {
        let view = view(&reported(), &Unordered).unwrap();
        assert_eq!(view.created, new_incident());
        assert_eq!(view.state, IncidentState::Reported);
        assert_eq!(view.photos, vec![photo(PhotoStage::Before, 1)]);
        assert_eq!(view.unreadable, 0);
    }

    #[test]
    fn an_event_that_cannot_apply_here_and_now_is_refused_before_it_is_written() {
        let again = IncidentEvent {
            id: EventId(Uuid::from_u128(2)),
            ..submit()
        };
        let refusal = record(
            reported(),
            &again,
            &author(1, LIN, Role::Worker, 2),
            &Unordered,
        )
        .unwrap_err();
        assert_eq!(refusal.code, Code::WrongState);
    }

    #[test]
    fn the_same_event_twice_is_one_event() {
        let comment = event(
            2,
            LIN,
            Role::Worker,
            IncidentAction::Comment {
                text: "在楼道口".into(),
            },
        );
        let lin = author(1, LIN, Role::Worker, 2);
        let once = record(reported(), &comment, &lin, &Unordered)
            .unwrap()
            .document;
        assert_eq!(
            record(once, &comment, &lin, &Unordered).unwrap_err().code,
            Code::AlreadyRecorded
        );
    }

    #[test]
    fn a_blank_place_or_a_missing_category_is_refused() {
        let lin = author(1, LIN, Role::Worker, 0);
        let mut nowhere = new_incident();
        nowhere.place.text = "  ".into();
        assert_eq!(
            create(&nowhere, &[], &lin).unwrap_err().code,
            Code::MissingPlace
        );
        let nothing = NewIncident {
            category: String::new(),
            ..new_incident()
        };
        assert_eq!(
            create(&nothing, &[], &lin).unwrap_err().code,
            Code::MissingCategory
        );
    }

    #[test]
    fn both_sides_fold_alike_whatever_order_the_changes_came_in() {
        let base = reported();
        let copy = |document: &mut Document| {
            let changes: Vec<_> = document.changes().into_iter().map(|c| c.bytes).collect();
            Document::from_changes(document.id(), DocumentKind::INCIDENT, changes).unwrap()
        };
        let mut phone = base;
        let mut desk = copy(&mut phone);
        let cancelled = event(2, LIN, Role::Worker, cancel());
        let on_phone = record(
            phone,
            &cancelled,
            &author(1, LIN, Role::Worker, 2),
            &Unordered,
        )
        .unwrap();
        phone = on_phone.document;
        let accepted = event(3, DESK, Role::Dispatcher, IncidentAction::Accept);
        let at_desk = record(
            desk,
            &accepted,
            &author(2, DESK, Role::Dispatcher, 3),
            &Unordered,
        )
        .unwrap();
        desk = at_desk.document;

        let mut feed: HashMap<Hash, u64> = HashMap::new();
        for (n, change) in desk.changes().into_iter().enumerate() {
            feed.insert(change.hash, n as u64 + 1);
        }
        feed.insert(on_phone.change.hash, 4);
        phone.merge_changes([&at_desk.change.bytes]).unwrap();
        desk.merge_changes([&on_phone.change.bytes]).unwrap();
        assert!(feed.position(&at_desk.change.hash) < feed.position(&on_phone.change.hash));
        let (here, there) = (view(&phone, &feed).unwrap(), view(&desk, &feed).unwrap());
        assert_eq!(here, there);
        assert_eq!(here.state, IncidentState::Accepted);
    }
}
