//! A care plan as people live with it: who agreed to what, what somebody took back, and what is due.

mod staircase;

use chrono::{Days, NaiveDate};
use gridwalk_core::{
    act::Role,
    care::{
        self, CareDue, CareDueWhy, CareEdit, CareLevel, CareType, CareView, CarerRole, ConsentHow,
        ConsentScope, ConsentStanding, ConsentView, EmergencyContact, NeedKind, NeedState,
        NewCarePlan, NewCarer, NewConsent, NewNeed, NewSupport, SupportKind, due, ending, view,
    },
    document::{Author, Document, Unordered},
    error::Code,
    ids::{CarePlanId, CarerId, ConsentId, NeedId, SupportId},
    registry::{Projection, project},
    sync::message::{AccessClass, DocumentKind},
    time::Timestamp,
};
use staircase::{at, code, dwelling, member, merged, registry, uuid, worker};

const EVERYTHING: [ConsentScope; 4] = [
    ConsentScope::Visits,
    ConsentScope::Help,
    ConsentScope::Contact,
    ConsentScope::Team,
];

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("a day")
}

fn begun() -> Document {
    let new = NewCarePlan {
        id: CarePlanId(uuid(15, 1)),
        household: dwelling().id,
        person: Some(member(1, "").id),
    };
    care::create(
        &new,
        &[CareType::LivingAlone],
        CareLevel::Third,
        &worker(1, at(8, 40)),
    )
    .expect("a plan")
    .document
}

fn consent(number: u32, scope: &[ConsentScope], expires: NaiveDate) -> CareEdit {
    CareEdit::GiveConsent(NewConsent {
        id: ConsentId(uuid(16, number)),
        scope: scope.to_vec(),
        how: ConsentHow::Spoken,
        given_at: at(8, 40),
        witness: "隔壁吕奶奶".into(),
        expires,
    })
}

fn need(number: u32) -> CareEdit {
    CareEdit::AddNeed(NewNeed {
        id: NeedId(uuid(17, number)),
        kind: NeedKind::Meals,
        detail: "想订中午的助餐".into(),
    })
}

fn support(number: u32, when: Timestamp) -> NewSupport {
    NewSupport {
        id: SupportId(uuid(18, number)),
        at: when,
        kind: SupportKind::Visit,
        seen: true,
        as_usual: true,
        needs_done: Vec::new(),
        note: None,
        emergency: false,
    }
}

fn level(level: CareLevel) -> CareEdit {
    CareEdit::SetLevel { level }
}

fn withdraw() -> CareEdit {
    CareEdit::WithdrawConsent { reason: None }
}

fn told(edit: &str) -> CareEdit {
    let reason = "来看看".into();
    match edit {
        "open" => CareEdit::Open { reason },
        "close" => CareEdit::Close { reason },
        _ => CareEdit::Reopen { reason },
    }
}

fn did(document: &Document, edit: &CareEdit, author: &Author) -> Document {
    care::apply(document.clone(), edit, author)
        .unwrap_or_else(|refusal| panic!("{refusal} at {edit:?}"))
        .document
}

fn refused(document: &Document, edit: &CareEdit, author: &Author) -> Option<Code> {
    code(care::apply(document.clone(), edit, author))
}

/// Agreed to everything until the end of the year.
fn agreed() -> Document {
    did(
        &begun(),
        &consent(1, &EVERYTHING, day(12, 31)),
        &worker(1, at(8, 45)),
    )
}

fn standing(view: &CareView) -> ConsentStanding {
    view.consent.standing(day(9, 14))
}

#[test]
fn a_care_plan_is_a_document_of_its_own_class() {
    let document = begun();
    assert_eq!(document.kind(), DocumentKind::CARE_PLAN);
    assert_eq!(document.kind().class(), AccessClass::CARE);
    let Projection::Care(read) = project(&document, &Unordered) else {
        panic!("no care plan")
    };
    assert_eq!(read.types, [CareType::LivingAlone]);
    assert_eq!(
        (read.level.level, read.level.differs()),
        (CareLevel::Third, false)
    );
    assert_eq!(read.consent, ConsentView::Pending);
    assert_eq!(read.unreadable, 0);
}

#[test]
fn nothing_is_recorded_about_somebody_who_was_not_asked() {
    let (document, lin) = (begun(), worker(1, at(9, 0)));
    let about = [
        need(1),
        CareEdit::LogSupport(support(1, at(8, 59))),
        CareEdit::SetSafetyNote {
            note: "耳背".into(),
        },
        CareEdit::SetContact(EmergencyContact {
            name: "女儿".into(),
            phone: "14200000502".into(),
        }),
        CareEdit::JoinTeam(NewCarer {
            id: CarerId(uuid(19, 1)),
            name: "老赵".into(),
            role: CarerRole::Volunteer,
        }),
    ];
    for edit in &about {
        assert_eq!(refused(&document, edit, &lin), Some(Code::ConsentMissing));
    }
    for edit in &about {
        assert_eq!(refused(&agreed(), edit, &lin), None, "{edit:?}");
    }
}

#[test]
fn a_consent_covers_what_it_names_and_no_day_after_its_last() {
    let document = did(
        &begun(),
        &consent(1, &[ConsentScope::Visits], day(9, 14)),
        &worker(1, at(8, 45)),
    );
    let lin = worker(1, at(9, 0));
    assert_eq!(refused(&document, &need(1), &lin), Some(Code::ConsentScope));
    let tea = CareEdit::LogSupport(support(1, at(8, 59)));
    assert_eq!(refused(&document, &tea, &lin), None);
    let tomorrow = worker(1, at(9, 0).plus_ms(86_400_000));
    assert_eq!(
        refused(&document, &tea, &tomorrow),
        Some(Code::ConsentMissing)
    );
    assert_eq!(
        view(&document).consent.standing(day(9, 15)),
        ConsentStanding::Expired
    );
}

#[test]
fn a_consent_has_a_witness_a_scope_and_an_end() {
    let lin = worker(1, at(9, 0));
    let with = |change: fn(&mut NewConsent)| {
        let CareEdit::GiveConsent(mut new) = consent(1, &EVERYTHING, day(12, 31)) else {
            panic!()
        };
        change(&mut new);
        refused(&begun(), &CareEdit::GiveConsent(new), &lin)
    };
    assert_eq!(with(|_| ()), None);
    assert_eq!(
        with(|new| new.witness = " ".into()),
        Some(Code::MissingWitness)
    );
    assert_eq!(with(|new| new.scope.clear()), Some(Code::ValueOutOfRange));
    assert_eq!(
        with(|new| new.expires = day(9, 13)),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        with(|new| new.expires = new.expires + Days::new(800)),
        Some(Code::ValueOutOfRange),
        "nobody agrees for ever"
    );
    assert_eq!(
        with(|new| new.given_at = new.given_at.plus_ms(86_400_000)),
        Some(Code::ValueOutOfRange)
    );
}

#[test]
fn a_withdrawal_beats_everything_written_without_knowing_of_it() {
    let document = did(&agreed(), &need(1), &worker(1, at(9, 0)));
    let mut lunch = support(1, at(9, 25));
    lunch.kind = SupportKind::Meals;
    lunch.note = Some("第一顿送到了".into());
    lunch.needs_done = vec![NeedId(uuid(17, 1))];
    let helped = did(
        &document,
        &CareEdit::LogSupport(lunch),
        &worker(1, at(9, 30)),
    );
    // renewed without knowing, an hour after somebody took it back
    let helped = did(
        &helped,
        &consent(2, &EVERYTHING, day(12, 31)),
        &worker(1, at(10, 30)),
    );
    let taken_back = did(&document, &withdraw(), &worker(2, at(9, 45)));
    for both in [merged(&helped, &taken_back), merged(&taken_back, &helped)] {
        let read = view(&both);
        assert_eq!(standing(&read), ConsentStanding::Withdrawn);
        assert_eq!(read.support.len(), 1, "what was done is kept");
        assert!(read.support[0].overruled);
        assert_eq!(read.last_seen, None, "and counts for nothing");
        let json = serde_json::to_string(&read).expect("JSON");
        assert!(!json.contains("助餐") && !json.contains("送到"), "{json}");
        for edit in [
            need(2),
            told("open"),
            CareEdit::LogSupport(support(2, at(10, 0))),
        ] {
            let author = worker(1, at(10, 35));
            assert_eq!(refused(&both, &edit, &author), Some(Code::ConsentWithdrawn));
        }
    }
}

#[test]
fn a_consent_given_after_a_withdrawal_counts_again() {
    let document = did(&agreed(), &withdraw(), &worker(2, at(9, 45)));
    assert_eq!(
        refused(&document, &withdraw(), &worker(2, at(9, 50))),
        Some(Code::AlreadySo)
    );
    let again = did(
        &document,
        &consent(2, &[ConsentScope::Visits], day(10, 31)),
        &worker(2, at(10, 0)),
    );
    let read = view(&again);
    assert_eq!(standing(&read), ConsentStanding::Given);
    // and a withdrawal that somebody else brings late, of the first consent, still wins
    let late = did(&agreed(), &withdraw(), &worker(3, at(9, 0)));
    assert_eq!(
        standing(&view(&merged(&again, &late))),
        ConsentStanding::Withdrawn
    );
}

#[test]
fn of_two_consents_written_at_once_the_narrower_counts() {
    let one = did(
        &begun(),
        &consent(1, &[ConsentScope::Visits, ConsentScope::Help], day(12, 31)),
        &worker(1, at(9, 0)),
    );
    let other = did(
        &begun(),
        &consent(2, &[ConsentScope::Visits, ConsentScope::Team], day(10, 31)),
        &worker(2, at(9, 5)),
    );
    let ConsentView::Given { scope, expires, .. } = view(&merged(&one, &other)).consent else {
        panic!("nobody agreed")
    };
    assert_eq!((scope, expires), (vec![ConsentScope::Visits], day(10, 31)));
    let renewed = did(
        &merged(&one, &other),
        &consent(3, &EVERYTHING, day(12, 1)),
        &worker(1, at(10, 0)),
    );
    let ConsentView::Given { scope, expires, .. } = view(&renewed).consent else {
        panic!("nobody agreed")
    };
    assert_eq!(
        (scope.len(), expires),
        (4, day(12, 1)),
        "a renewal replaces both"
    );
}

#[test]
fn the_more_urgent_of_two_levels_counts_until_somebody_decides() {
    let document = agreed();
    let raised = did(&document, &level(CareLevel::First), &worker(1, at(9, 0)));
    let other = did(&document, &level(CareLevel::Second), &worker(2, at(11, 0)));
    let both = merged(&raised, &other);
    let read = view(&both).level;
    assert_eq!((read.level, read.differs()), (CareLevel::First, true));
    let values: Vec<_> = read.values.iter().map(|value| value.level).collect();
    assert_eq!(values, [CareLevel::First, CareLevel::Second]);
    // agreeing with what counts is a decision too
    let settled = did(&both, &level(CareLevel::First), &worker(2, at(12, 0)));
    assert!(!view(&settled).level.differs());
    let lowered = did(&both, &level(CareLevel::Second), &worker(2, at(12, 0)));
    assert_eq!(
        (view(&lowered).level.level, view(&lowered).level.differs()),
        (CareLevel::Second, false)
    );
    assert_eq!(
        refused(&lowered, &level(CareLevel::Second), &worker(1, at(12, 5))),
        Some(Code::AlreadySo)
    );
}

#[test]
fn two_people_who_set_the_same_level_at_once_do_not_differ() {
    let document = agreed();
    let one = did(&document, &level(CareLevel::First), &worker(1, at(9, 0)));
    let other = did(&document, &level(CareLevel::First), &worker(2, at(9, 5)));
    assert!(!view(&merged(&one, &other)).level.differs());
}

#[test]
fn a_plan_that_somebody_found_more_urgent_meanwhile_does_not_close() {
    let document = agreed();
    let closed = did(&document, &told("close"), &worker(2, at(9, 0)));
    assert!(view(&closed).closed.is_some());
    let raised = did(&document, &level(CareLevel::First), &worker(1, at(9, 30)));
    let both = merged(&closed, &raised);
    assert_eq!(view(&both).closed, None);
    let settled = did(&both, &level(CareLevel::Second), &worker(2, at(10, 0)));
    assert_eq!(
        view(&settled).closed,
        None,
        "also once the level is lowered"
    );
    // a plan that was urgent already when it was closed stays closed
    let urgent = did(&document, &level(CareLevel::First), &worker(1, at(8, 50)));
    let closed = did(&urgent, &told("close"), &worker(2, at(9, 0)));
    let lowered = did(&urgent, &level(CareLevel::Second), &worker(1, at(9, 30)));
    assert!(view(&merged(&closed, &lowered)).closed.is_some());
}

#[test]
fn help_given_without_knowing_of_the_end_asks_whether_to_begin_again() {
    let document = agreed();
    let closed = did(&document, &told("close"), &worker(2, at(9, 0)));
    assert_eq!(
        refused(
            &closed,
            &CareEdit::LogSupport(support(1, at(9, 10))),
            &worker(2, at(9, 15))
        ),
        Some(Code::CareClosed)
    );
    let helped = did(
        &document,
        &CareEdit::LogSupport(support(1, at(9, 10))),
        &worker(1, at(9, 15)),
    );
    let both = merged(&closed, &helped);
    let read = view(&both);
    assert!(read.reopen_asked && read.closed.is_some());
    assert!(!read.support[0].overruled, "it counts");
    let again = did(&both, &told("reopen"), &worker(1, at(10, 0)));
    assert_eq!(
        (view(&again).closed, view(&again).reopen_asked),
        (None, false)
    );
    assert_eq!(
        refused(&again, &told("reopen"), &worker(1, at(10, 5))),
        Some(Code::AlreadySo)
    );
}

#[test]
fn of_two_states_of_a_need_the_less_done_counts_until_somebody_looks() {
    let document = did(&agreed(), &need(1), &worker(1, at(9, 0)));
    let id = NeedId(uuid(17, 1));
    let mark = |state| CareEdit::MarkNeed { need: id, state };
    let done = did(&document, &mark(NeedState::Done), &worker(1, at(9, 10)));
    let doing = did(&document, &mark(NeedState::Doing), &worker(2, at(9, 20)));
    let both = merged(&done, &doing);
    let read = &view(&both).needs[0];
    assert_eq!((read.state, read.differs), (NeedState::Doing, true));
    let settled = did(&both, &mark(NeedState::Doing), &worker(1, at(9, 30)));
    assert!(!view(&settled).needs[0].differs);
}

#[test]
fn a_type_that_two_people_add_and_remove_at_once_stays() {
    let document = did(
        &agreed(),
        &CareEdit::AddType {
            care_type: CareType::LowIncome,
        },
        &worker(1, at(9, 0)),
    );
    let remove = CareEdit::RemoveType {
        care_type: CareType::LowIncome,
    };
    let removed = did(&document, &remove, &worker(1, at(9, 10)));
    assert_eq!(view(&removed).types, [CareType::LivingAlone]);
    let again = did(
        &removed,
        &CareEdit::AddType {
            care_type: CareType::LowIncome,
        },
        &worker(1, at(9, 20)),
    );
    let other = did(&document, &remove, &worker(2, at(9, 15)));
    assert_eq!(view(&merged(&again, &other)).types.len(), 2);
    let last = CareEdit::RemoveType {
        care_type: CareType::LivingAlone,
    };
    assert_eq!(
        refused(&removed, &last, &worker(1, at(9, 30))),
        Some(Code::ValueOutOfRange)
    );
}

#[test]
fn whoever_reads_the_words_leaves_a_reason() {
    let document = agreed();
    let nothing = CareEdit::Open { reason: " ".into() };
    assert_eq!(
        refused(&document, &nothing, &worker(1, at(9, 0))),
        Some(Code::MissingReason)
    );
    let read = did(&document, &told("open"), &worker(1, at(9, 0)));
    let read = did(&read, &told("open"), &worker(2, at(9, 5)));
    let opens = view(&read).opens;
    let who: Vec<_> = opens.iter().map(|open| open.by.0).collect();
    assert_eq!(who, [uuid(1, 2), uuid(1, 1)], "newest first");
    assert_eq!(opens[0].reason, "来看看");
}

#[test]
fn only_those_who_read_the_class_write_in_it() {
    for role in [
        Role::Helper,
        Role::Guide,
        Role::Dispatcher,
        Role::Handler,
        Role::Steward,
        Role::Auditor,
    ] {
        let mut author = worker(1, at(9, 0));
        author.act.role = role;
        assert_eq!(
            refused(&agreed(), &told("open"), &author),
            Some(Code::WrongRole),
            "{role:?}"
        );
    }
    let new = NewCarePlan {
        id: CarePlanId(uuid(15, 2)),
        household: dwelling().id,
        person: None,
    };
    let by_the_registry = care::create(&new, &[CareType::Disabled], CareLevel::First, &registry());
    assert!(by_the_registry.is_ok());
}

#[test]
fn saving_the_same_support_twice_is_one_record() {
    let edit = CareEdit::LogSupport(support(1, at(9, 0)));
    let saved = did(&agreed(), &edit, &worker(1, at(9, 5)));
    let mut other = support(1, at(9, 1));
    other.as_usual = false;
    assert_eq!(
        refused(&saved, &CareEdit::LogSupport(other), &worker(1, at(9, 6))),
        Some(Code::AlreadyRecorded)
    );
    assert_eq!(view(&saved).support.len(), 1);
}

#[test]
fn nobody_is_looked_in_on_at_night_unless_it_is_an_emergency() {
    let night = worker(1, at(22, 5));
    let mut knock = support(1, at(22, 0));
    assert_eq!(
        refused(&agreed(), &CareEdit::LogSupport(knock.clone()), &night),
        Some(Code::QuietHours)
    );
    knock.emergency = true;
    assert_eq!(
        refused(&agreed(), &CareEdit::LogSupport(knock), &night),
        None
    );
    let mut call = support(1, at(22, 0));
    call.kind = SupportKind::Phone;
    assert_eq!(
        refused(&agreed(), &CareEdit::LogSupport(call), &night),
        None
    );
}

#[test]
fn no_citizen_number_stands_anywhere() {
    let words = "999901194903150013";
    for edit in [
        CareEdit::SetSafetyNote { note: words.into() },
        CareEdit::Open {
            reason: words.into(),
        },
        CareEdit::WithdrawConsent {
            reason: Some(words.into()),
        },
        CareEdit::LogSupport(NewSupport {
            note: Some(words.into()),
            ..support(1, at(9, 0))
        }),
    ] {
        assert_eq!(
            refused(&agreed(), &edit, &worker(1, at(9, 5))),
            Some(Code::TextLooksLikeId)
        );
    }
}

#[test]
fn what_is_due_follows_from_the_level_and_from_when_somebody_was_last_seen() {
    let due_on = |document: &Document, visited, today| due(&view(document), visited, today);
    let some = |why, day| Some(CareDue { why, day });
    let plan = agreed();
    assert_eq!(
        due_on(&begun(), None, day(9, 14)),
        some(CareDueWhy::AskConsent, day(9, 21))
    );
    assert_eq!(
        due_on(&plan, None, day(9, 14)),
        some(CareDueWhy::Visit, day(10, 14)),
        "somebody who lives alone is seen once a month whatever the level"
    );
    let urgent = did(&plan, &level(CareLevel::First), &worker(1, at(9, 0)));
    assert_eq!(
        due_on(&urgent, None, day(9, 14)),
        some(CareDueWhy::Visit, day(9, 21))
    );
    assert_eq!(
        due_on(&urgent, Some(day(9, 20)), day(9, 20)),
        some(CareDueWhy::Visit, day(9, 27)),
        "a care visit to the household counts"
    );
    let mut missed = support(1, at(9, 5));
    missed.seen = false;
    let missed = did(
        &urgent,
        &CareEdit::LogSupport(missed),
        &worker(1, at(9, 10)),
    );
    assert_eq!(view(&missed).last_seen, None, "nobody was seen");
    assert_eq!(
        due_on(
            &plan,
            None,
            NaiveDate::from_ymd_opt(2027, 1, 2).expect("a day")
        ),
        some(CareDueWhy::RenewConsent, day(12, 31))
    );
    // its last day is 31 December
    assert_eq!(ending(&view(&plan), day(12, 16)), None);
    assert_eq!(ending(&view(&plan), day(12, 17)), Some(day(12, 31)));
    assert_eq!(ending(&view(&plan), day(12, 31)), Some(day(12, 31)));
    let new_year = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day");
    assert_eq!(ending(&view(&plan), new_year), None, "it is over");
    assert_eq!(
        due_on(&plan, Some(day(12, 10)), day(12, 17)),
        some(CareDueWhy::RenewConsent, day(12, 31)),
        "at the next visit it would be too late"
    );
    assert_eq!(
        due_on(&plan, Some(day(11, 20)), day(12, 17)),
        some(CareDueWhy::Visit, day(12, 20)),
        "the next visit is soon enough"
    );
    let gone = did(&plan, &withdraw(), &worker(1, at(9, 0)));
    assert_eq!(due_on(&gone, None, day(12, 1)), None);
    assert_eq!(ending(&view(&gone), day(12, 17)), None);
    let closed = did(&plan, &told("close"), &worker(1, at(9, 0)));
    assert_eq!(due_on(&closed, None, day(12, 1)), None);
}
