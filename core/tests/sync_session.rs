//! The phone's session, event by event. No network, no clock: what it wants done is data.

use gridwalk_core::{
    error::Code,
    sync::{
        effect::{Effect, Report},
        event::{Applied, Event, Exchange, Failure, Outbox},
        limits,
        message::*,
        session::Session,
    },
    time::Timestamp,
};

const NOON: Timestamp = Timestamp(1_789_358_400_000);

/// A session with its own memory of what it last wanted.
struct Phone {
    session: Session,
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Phone {
    fn new() -> Self {
        Self {
            session: Session::new(42),
            now: NOON,
            effects: Vec::new(),
        }
    }
    fn hears(&mut self, event: Event) -> &mut Self {
        let (session, effects) = self.session.clone().handle(event, self.now);
        (self.session, self.effects) = (session, effects);
        self
    }
    fn sent(&self) -> Option<Exchange> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Send(exchange, _) => Some(*exchange),
            _ => None,
        })
    }
    fn collects(&self) -> Option<usize> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Collect { limit } => Some(*limit),
            _ => None,
        })
    }
    fn waits(&self) -> Option<(i64, Code)> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Report(Report::Waiting { until, code }) => Some((until.since(self.now), *code)),
            _ => None,
        })
    }
    fn says(&self, report: Report) -> bool {
        self.effects.contains(&Effect::Report(report))
    }
    /// Start, collect, send: an exchange is under way.
    fn talking(&mut self, outbox: Outbox) -> Exchange {
        self.hears(Event::Start)
            .hears(Event::OutboxReady(Box::new(outbox)));
        self.sent().expect("it sends")
    }
    fn fails(&mut self, failure: Failure) -> &mut Self {
        let exchange = self.talking(Outbox::default());
        self.hears(Event::Failed(exchange, failure))
    }
    fn done(&mut self, exchange: Exchange, applied: Applied) -> &mut Self {
        self.hears(Event::Answered(exchange, Box::new(answer())))
            .hears(Event::Applied(applied))
    }
    /// Past the longest wait there is.
    fn later(&mut self) {
        self.now = self.now.plus_ms(3 * 3_600_000);
    }
}

fn answer() -> Response {
    Response {
        protocol: PROTOCOL,
        epoch: Epoch {
            counter: 1,
            nonce: 1,
        },
        server_time: NOON,
        results: Vec::new(),
        partitions: Vec::new(),
        reference: ReferenceNews::default(),
        blobs: Vec::new(),
        envelope: None,
        gone: Vec::new(),
        dictionaries: None,
        packs: None,
        repair: None,
        watermarks: None,
        wanted: None,
    }
}

fn upload() -> Upload {
    Upload {
        envelope: Vec::new().into(),
        signature: Vec::new().into(),
        documents: Vec::new(),
        blobs: Vec::new(),
        certificates: None,
    }
}

#[test]
fn one_exchange_goes_from_rest_to_rest() {
    let mut phone = Phone::new();
    phone.hears(Event::Poked);
    assert_eq!(phone.collects(), Some(limits::FIRST_PAGE));
    assert!(phone.says(Report::Syncing));
    let outbox = Outbox {
        reference: 7,
        own_bytes: true,
        ..Outbox::default()
    };
    phone.hears(Event::OutboxReady(Box::new(outbox)));
    let Effect::Send(exchange, request) = phone.effects[0].clone() else {
        panic!("it sends")
    };
    assert_eq!(
        (request.protocol, request.reference, request.own_bytes),
        (PROTOCOL, 7, true)
    );
    phone.hears(Event::Answered(exchange, Box::new(answer())));
    assert_eq!(phone.effects, [Effect::Apply(Box::new(answer()))]);
    phone.hears(Event::Applied(Applied::default()));
    assert_eq!(phone.effects, [Effect::Report(Report::Idle)]);
    assert!(phone.session.is_idle());
}

#[test]
fn pages_follow_until_the_outbox_is_empty_and_the_server_has_no_more() {
    let mut phone = Phone::new();
    let first = phone.talking(Outbox {
        upload: Some(upload()),
        more: true,
        ..Outbox::default()
    });
    phone.done(first, Applied::default());
    assert_eq!(
        phone.collects(),
        Some(limits::NEXT_PAGE),
        "the pages after the first are larger"
    );
    phone.hears(Event::OutboxReady(Box::default()));
    let second = phone.sent().expect("a second page");
    phone.done(
        second,
        Applied {
            more: true,
            ..Applied::default()
        },
    );
    assert_eq!(phone.collects(), Some(limits::NEXT_PAGE));
    phone.hears(Event::OutboxReady(Box::default()));
    let third = phone.sent().expect("a third page");
    assert!(first < second && second < third);
    phone.done(third, Applied::default());
    assert!(phone.session.is_idle());
    assert_eq!(
        phone.hears(Event::Poked).collects(),
        Some(limits::FIRST_PAGE),
        "the next run begins small"
    );
}

#[test]
fn a_poke_during_an_exchange_is_not_forgotten() {
    for poke in [Event::Poked, Event::Start, Event::NetworkBack] {
        let mut phone = Phone::new();
        let exchange = phone.talking(Outbox::default());
        assert!(phone.hears(poke).effects.is_empty());
        assert!(
            phone
                .done(exchange, Applied::default())
                .collects()
                .is_some()
        );
        phone.hears(Event::OutboxReady(Box::default()));
        let exchange = phone.sent().expect("once more");
        phone.done(exchange, Applied::default());
        assert!(phone.session.is_idle(), "and only once");
    }
}

#[test]
fn an_answer_to_another_exchange_changes_nothing() {
    let mut phone = Phone::new();
    let exchange = phone.talking(Outbox::default());
    let before = phone.session.clone();
    for late in [Exchange(0), Exchange(exchange.0 + 1)] {
        phone.hears(Event::Answered(late, Box::new(answer())));
        phone.hears(Event::Failed(late, Failure::Unreachable));
        assert!(phone.effects.is_empty() && phone.session == before);
    }
}

#[test]
fn a_network_that_is_missing_makes_waits_that_double_up_to_ten_minutes_and_end_with_success() {
    let mut phone = Phone::new();
    let mut longest = 0;
    for failures in 0..12 {
        phone.fails(Failure::Unreachable);
        let (wait, code) = phone.waits().expect("it waits");
        assert_eq!(code, Code::ServerUnreachable);
        let full = (2_000 << failures).min(600_000);
        assert!(
            (full / 2..=full).contains(&wait),
            "{wait} after {failures} failures"
        );
        longest = longest.max(wait);
        phone.later();
    }
    assert!(longest > 300_000);
    let exchange = phone.talking(Outbox::default());
    phone.done(exchange, Applied::default());
    let (wait, _) = phone.fails(Failure::Unreachable).waits().expect("it waits");
    assert!(wait <= 2_000, "a success wipes the slate");
}

#[test]
fn two_phones_that_fall_together_do_not_rise_together() {
    let waits: std::collections::BTreeSet<i64> = (0..100)
        .map(|dice| {
            let mut phone = Phone {
                session: Session::new(dice),
                ..Phone::new()
            };
            phone
                .fails(Failure::Busy {
                    retry_after_ms: Some(60_000),
                })
                .waits()
                .expect("it waits")
                .0
        })
        .collect();
    assert!(waits.len() > 90, "{waits:?}");
    assert!(
        waits.iter().all(|wait| (60_000..=90_000).contains(wait)),
        "never earlier than asked"
    );
}

#[test]
fn a_poke_waits_for_the_back_off_and_a_person_does_not() {
    let mut phone = Phone::new();
    assert!(
        phone
            .fails(Failure::Unreachable)
            .hears(Event::Poked)
            .effects
            .is_empty()
    );
    assert!(phone.hears(Event::Start).collects().is_some());
    let mut phone = Phone::new();
    assert!(
        phone
            .fails(Failure::Unreachable)
            .hears(Event::NetworkBack)
            .collects()
            .is_some()
    );
}

#[test]
fn what_the_server_asked_to_wait_is_waited_even_when_a_person_pushes() {
    let mut phone = Phone::new();
    let (wait, code) = phone
        .fails(Failure::Busy {
            retry_after_ms: Some(30_000),
        })
        .waits()
        .expect("it waits");
    assert_eq!(code, Code::ServerBusy);
    assert!(phone.hears(Event::Start).effects.is_empty());
    phone.now = phone.now.plus_ms(wait);
    assert!(phone.hears(Event::Start).collects().is_some());
    let mut phone = Phone::new();
    let (wait, _) = phone
        .fails(Failure::Busy {
            retry_after_ms: Some(i64::MAX),
        })
        .waits()
        .expect("it waits");
    assert!(wait <= 2 * 3_600_000, "nobody is believed for ever: {wait}");
}

#[test]
fn a_timer_that_comes_early_is_set_again_and_one_that_comes_twice_does_nothing() {
    let mut phone = Phone::new();
    let (wait, _) = phone.fails(Failure::Server).waits().expect("it waits");
    let until = phone.now.plus_ms(wait);
    assert_eq!(
        phone.hears(Event::TimerDue).effects,
        [Effect::WakeAt(until)]
    );
    phone.now = until;
    assert!(phone.hears(Event::TimerDue).collects().is_some());
    assert!(phone.hears(Event::TimerDue).effects.is_empty());
}

#[test]
fn a_clock_that_was_set_back_does_not_make_a_wait_of_years() {
    let mut phone = Phone::new();
    phone.fails(Failure::Busy {
        retry_after_ms: Some(30_000),
    });
    phone.now = NOON.plus_ms(-20 * 365 * 86_400_000);
    assert!(phone.hears(Event::Poked).collects().is_some());
}

#[test]
fn a_clock_that_was_set_back_makes_no_wait_longer_than_it_was() {
    for (retry_after_ms, back) in [(None, 3_600_000), (Some(30_000), 3_886_434), (None, 60_000)] {
        let mut phone = Phone::new();
        phone.fails(match retry_after_ms {
            None => Failure::Unreachable,
            retry_after_ms => Failure::Busy { retry_after_ms },
        });
        phone.now = NOON.plus_ms(-back);
        assert!(phone.hears(Event::TimerDue).collects().is_some(), "{back}");
    }

    let mut phone = Phone::new();
    phone.talking(Outbox::default());
    phone.now = NOON.plus_ms(-3_600_000);
    assert!(
        phone.hears(Event::TimerDue).waits().is_some(),
        "a driver that went silent is given up, whatever the clock says"
    );
}

#[test]
fn an_expired_token_is_renewed_once_and_the_exchange_begins_again() {
    let mut phone = Phone::new();
    phone.fails(Failure::TokenExpired);
    assert_eq!(phone.effects[0], Effect::RefreshToken);
    assert!(phone.hears(Event::TokenReady).collects().is_some());
    phone.hears(Event::OutboxReady(Box::default()));
    let exchange = phone.sent().expect("again");
    let (_, code) = phone
        .hears(Event::Failed(exchange, Failure::TokenExpired))
        .waits()
        .expect("it waits");
    assert_eq!(
        code,
        Code::ServerError,
        "a server that takes no token is a broken server"
    );
}

#[test]
fn a_missing_network_is_never_an_authentication_failure() {
    let mut phone = Phone::new();
    phone
        .fails(Failure::TokenExpired)
        .hears(Event::TokenRefused(Failure::Unreachable));
    assert_eq!(
        phone.waits().map(|(_, code)| code),
        Some(Code::ServerUnreachable)
    );
    let mut phone = Phone::new();
    phone.fails(Failure::TokenExpired);
    phone.later();
    phone.hears(Event::TimerDue);
    assert_eq!(
        phone.waits().map(|(_, code)| code),
        Some(Code::ServerUnreachable),
        "no answer at all"
    );
    let mut phone = Phone::new();
    assert_eq!(
        phone
            .fails(Failure::NotOurServer)
            .waits()
            .map(|(_, code)| code),
        Some(Code::NotOurServer)
    );
}

#[test]
fn a_revoked_phone_stops_until_a_person_tries_again() {
    for code in [
        Code::DeviceRevoked,
        Code::ProtocolUnknown,
        Code::NotEnrolled,
    ] {
        let mut phone = Phone::new();
        phone.fails(Failure::Refused(code));
        assert_eq!(phone.effects, [Effect::Report(Report::Refused(code))]);
        for nothing in [Event::Poked, Event::NetworkBack, Event::TimerDue] {
            assert!(phone.hears(nothing).effects.is_empty());
        }
        assert!(phone.hears(Event::Start).collects().is_some());
    }
}

#[test]
fn a_body_damaged_on_the_way_is_tried_again() {
    for code in [Code::BodyMalformed, Code::SignatureBad] {
        assert_eq!(
            Phone::new()
                .fails(Failure::Refused(code))
                .waits()
                .map(|(_, code)| code),
            Some(code)
        );
    }
}

#[test]
fn a_page_that_is_too_big_is_halved_down_to_one_change() {
    let mut phone = Phone::new();
    let mut limit = limits::FIRST_PAGE;
    let mut exchange = phone.talking(Outbox {
        upload: Some(upload()),
        more: true,
        ..Outbox::default()
    });
    while limit > 1 {
        limit /= 2;
        assert_eq!(
            phone
                .hears(Event::Failed(exchange, Failure::TooBig))
                .collects(),
            Some(limit)
        );
        phone.hears(Event::OutboxReady(Box::default()));
        exchange = phone.sent().expect("a smaller page");
    }
    phone.hears(Event::Failed(exchange, Failure::TooBig));
    assert_eq!(phone.waits().map(|(_, code)| code), Some(Code::BodyTooBig));
}

#[test]
fn a_driver_that_never_answers_is_given_up() {
    let mut phone = Phone::new();
    let exchange = phone.talking(Outbox::default());
    let Some(Effect::WakeAt(patience)) = phone.effects.last().cloned() else {
        panic!("it sets a timer")
    };
    phone.now = patience;
    phone.hears(Event::TimerDue);
    assert_eq!(
        phone.waits().map(|(_, code)| code),
        Some(Code::ServerUnreachable)
    );
    assert!(
        phone
            .hears(Event::Answered(exchange, Box::new(answer())))
            .effects
            .is_empty(),
        "too late"
    );
}

#[test]
fn a_cursor_that_went_back_is_read_again_at_once_but_not_for_ever() {
    let back = Applied {
        more: true,
        restarted: true,
        ..Applied::default()
    };
    let mut phone = Phone::new();
    let exchange = phone.talking(Outbox::default());
    assert!(phone.done(exchange, back).collects().is_some());
    phone.hears(Event::OutboxReady(Box::default()));
    let exchange = phone.sent().expect("again");
    assert_eq!(
        phone.done(exchange, back).waits().map(|(_, code)| code),
        Some(Code::ServerError)
    );
}

#[test]
fn more_without_progress_is_a_failure_and_not_a_loop() {
    let mut phone = Phone::new();
    let exchange = phone.talking(Outbox::default());
    phone.done(
        exchange,
        Applied {
            more: true,
            stalled: true,
            ..Applied::default()
        },
    );
    assert!(phone.waits().is_some());
}

#[test]
fn a_new_life_of_the_server_is_offered_everything_at_once() {
    let mut phone = Phone::new();
    let exchange = phone.talking(Outbox::default());
    assert!(
        phone
            .done(
                exchange,
                Applied {
                    new_epoch: true,
                    ..Applied::default()
                }
            )
            .collects()
            .is_some()
    );
}

#[test]
fn a_broken_database_is_reported_as_such_and_tried_again_later() {
    let mut phone = Phone::new();
    phone
        .hears(Event::Start)
        .hears(Event::Broken(Code::StorageFull));
    assert_eq!(phone.waits().map(|(_, code)| code), Some(Code::StorageFull));
    let mut phone = Phone::new();
    let exchange = phone.talking(Outbox::default());
    phone
        .hears(Event::Answered(exchange, Box::new(answer())))
        .hears(Event::Broken(Code::StorageBroken));
    assert_eq!(
        phone.waits().map(|(_, code)| code),
        Some(Code::StorageBroken)
    );
}

#[test]
fn events_that_make_no_sense_change_nothing() {
    let mut phone = Phone::new();
    let strays = [
        Event::OutboxReady(Box::default()),
        Event::Answered(Exchange(1), Box::new(answer())),
        Event::Failed(Exchange(1), Failure::TokenExpired),
        Event::Applied(Applied {
            more: true,
            ..Applied::default()
        }),
        Event::Broken(Code::Internal),
        Event::TokenReady,
        Event::TokenRefused(Failure::Server),
        Event::TimerDue,
    ];
    for stray in strays {
        assert!(phone.hears(stray).effects.is_empty());
        assert!(phone.session.is_idle());
    }
}
