//! What an exchange costs on the wire: nothing new, and a shift. Sizes only; they are the same on every machine.

mod sync_street;

use gridwalk_core::{
    document::{Document, Unordered},
    household::{
        self, Dwelling, FieldChange, FieldKey, HouseholdEdit, NewVisit, VisitKind, VisitOutcome,
    },
    ids::{BuildingId, DocumentId, EventId, Hash, HouseholdId, IncidentId, PersonId, VisitId},
    incident::{
        self, IncidentAction, IncidentEvent, IncidentPlace, NewIncident, Severity, SourceChannel,
    },
    sync::{
        answer::{self, Asked, StoredRow},
        dictionary,
        envelope::{self, Sender},
        frame::{self, Body, Effort},
        limits,
        message::*,
    },
};
use sync_street::{Dice, at, author, device, partition, server::Server};
use uuid::Uuid;

struct Made {
    document: DocumentId,
    kind: DocumentKind,
    bytes: Vec<u8>,
}

/// A UUIDv7 as phones make them: a clock and random bits, which do not compress.
fn id(dice: &mut Dice) -> Uuid {
    let random = u128::from(dice.roll()) << 64 | u128::from(dice.roll());
    let clock = 1_789_351_200_000u128 + u128::from(dice.roll() % 28_800_000);
    Uuid::from_u128(
        clock << 80 | 7 << 76 | 2 << 62 | random & 0x0000_0000_0000_0fff_3fff_ffff_ffff_ffff,
    )
}

/// Household documents as they were before the shift, with a visit to each on it.
fn visit(dice: &mut Dice, nth: usize) -> Made {
    let document = DocumentId(id(dice));
    let dwelling = Dwelling {
        id: HouseholdId::from(document),
        building: BuildingId(id(dice)),
        unit: "2单元".into(),
        room: format!("{}0{}", 1 + nth % 6, 1 + nth % 4),
    };
    let registry = author(0, document, 0, at(0));
    let fields = [
        FieldChange::HouseholdSize(3),
        FieldChange::ContactName("王阿姨".into()),
    ];
    let before = household::create(&dwelling, &fields, &[], &registry)
        .expect("a household")
        .document;
    let notes = [
        "老人腿脚不便，已约社区医生周四上门",
        "租客已换，下次带居住登记表",
        "反映夜里楼道灯不亮，已记事件",
    ];
    let begun = at(nth as i64 * 400_000);
    let confirmed = vec![
        FieldKey::HouseholdSize,
        FieldKey::ContactName,
        FieldKey::ContactPhone,
        FieldKey::SmokeAlarm,
    ];
    let changed = nth.is_multiple_of(4);
    let visit = NewVisit {
        id: VisitId(id(dice)),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: begun,
        ended_at: begun.plus_ms(190_000),
        changes: if changed {
            vec![FieldChange::HouseholdSize(2)]
        } else {
            Vec::new()
        },
        confirmed: if changed {
            confirmed[1..].to_vec()
        } else {
            confirmed
        },
        persons_met: Some(1),
        note: nth.is_multiple_of(3).then(|| notes[nth / 3 % 3].into()),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    };
    let edit = HouseholdEdit::RecordVisit(visit);
    let made = household::apply(before, &edit, &author(1, document, 0, begun)).expect("a visit");
    Made {
        document,
        kind: DocumentKind::HOUSEHOLD,
        bytes: made.change.bytes,
    }
}

/// An event on an incident that was there before the shift.
fn event(dice: &mut Dice, nth: usize, by: u64) -> Made {
    let document = DocumentId(id(dice));
    let new = NewIncident {
        id: IncidentId::from(document),
        grid: partition(1).grid,
        local_no: format!("梧桐-03-0914-{nth:03}"),
        source: SourceChannel::Patrol,
        category: "F01001".into(),
        severity: Severity::new(3).expect("a level"),
        place: IncidentPlace {
            text: "3幢2单元楼道".into(),
            household: None,
            position: None,
        },
        description: "楼道堆放纸箱".into(),
        finding: None,
    };
    let before: Document = incident::create(&new, &[], &author(0, document, 0, at(0)))
        .expect("an incident")
        .document;
    let frame = author(by, document, 0, at(nth as i64 * 600_000));
    let words = [
        "已联系物业清理",
        "现场拍照留存",
        "业主答应明天搬走",
        "已派城管科",
    ];
    let event = IncidentEvent {
        id: EventId(id(dice)),
        act: frame.act.clone(),
        department: None,
        action: IncidentAction::Comment {
            text: words[nth % 4].into(),
        },
    };
    let made = incident::record(before, &event, &frame, &Unordered).expect("an event");
    Made {
        document,
        kind: DocumentKind::INCIDENT,
        bytes: made.change.bytes,
    }
}

fn packed(raw: &[u8], level: i32) -> usize {
    zstd::bulk::compress(raw, level).expect("packed").len()
}

fn size<M: Body>(message: &M, effort: Effort) -> usize {
    frame::encode(message, effort).expect("within limits").len()
}

fn cursor(grid: u64, position: u64) -> Cursor {
    Cursor {
        partition: partition(grid),
        position,
        digest: Digest(Hash::of(&[grid as u8]).0),
    }
}

fn request(cursors: Vec<Cursor>, upload: Option<Upload>) -> Request {
    Request {
        protocol: PROTOCOL,
        epoch: Some(Epoch {
            counter: 1,
            nonce: 0x1234_5678_9abc_def0,
        }),
        cursors,
        reference: 412,
        upload,
        page_bytes: 512 * 1024,
        own_bytes: false,
        dictionaries: Some(dictionary::KNOWN.to_vec()),
        packs: Some(PackWish::default()),
        repair: None,
    }
}

fn response(
    partitions: Vec<PartitionNews>,
    results: Vec<ChangeResult>,
    envelope: Option<Hash>,
) -> Response {
    Response {
        protocol: PROTOCOL,
        epoch: Epoch {
            counter: 1,
            nonce: 0x1234_5678_9abc_def0,
        },
        server_time: at(0),
        results,
        partitions,
        reference: ReferenceNews {
            version: 412,
            ..ReferenceNews::default()
        },
        blobs: Vec::new(),
        envelope,
        gone: Vec::new(),
        dictionaries: Some(dictionary::KNOWN.to_vec()),
        packs: None,
        repair: None,
        watermarks: None,
        wanted: None,
    }
}

#[test]
fn an_exchange_in_which_nothing_is_new_takes_less_than_400_bytes_both_ways() {
    let up = size(
        &request(vec![cursor(1, 34_127), cursor(2, 1_208)], None),
        Effort::Small,
    );
    let down = size(&response(Vec::new(), Vec::new(), None), Effort::Fast);
    println!("nothing new, two partitions: {up} B up, {down} B down");
    assert!(up + down <= 250, "{up} + {down}");
}

#[test]
fn a_shift_of_forty_changes_costs_little_more_than_its_changes_packed() {
    let mut dice = Dice(42);
    let mut mine: Vec<Made> = (0..24).map(|nth| visit(&mut dice, nth)).collect();
    mine.extend((0..8).map(|nth| event(&mut dice, nth, 1)));
    let theirs: Vec<Made> = (0..8).map(|nth| event(&mut dice, nth, 2)).collect();

    let group = |made: &Made| DocumentChanges {
        document: made.document,
        kind: made.kind,
        partition: partition(1),
        incarnation: 0,
        changes: vec![made.bytes.clone().into()],
        author: None,
    };
    let sender = Sender {
        device: device(1),
        worker: PersonId(id(&mut dice)),
        previous: Some((17, Hash::of(b"the one before"))),
        phone_clock: at(0),
        clock_ahead_ms: -1_250,
        app: "0.1.0".into(),
    };
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let sealed = envelope::seal(&key, &sender, mine.iter().map(group).collect(), Vec::new());
    let asked = request(vec![cursor(1, 0), cursor(2, 1_208)], Some(sealed.upload));
    let up = size(&asked, Effort::Small);

    let mut server = Server::new();
    let mut digest = Digest::EMPTY;
    for (index, made) in mine.iter().chain(&theirs).enumerate() {
        digest.add(&envelope::change_hash(&made.bytes));
        let own = (index < mine.len()).then_some((device(1), 18, index as u32));
        server
            .feeds
            .entry(partition(1))
            .or_default()
            .push(StoredRow {
                position: index as u64 + 1,
                digest,
                document: made.document,
                kind: made.kind,
                bytes: made.bytes.clone(),
                from: own,
            });
    }
    let start = Cursor {
        partition: partition(1),
        position: 0,
        digest: Digest::EMPTY,
    };
    let asks = Asked {
        device: device(1),
        own_bytes: false,
        cursor: Some(start),
        restart: false,
    };
    let Ok(news) = answer::news(&server, partition(1), &asks, &mut 500_000);
    let results = vec![ChangeResult::Stored; mine.len()];
    let down = size(
        &response(news.into_iter().collect(), results, Some(sealed.hash)),
        Effort::Fast,
    );

    let raw = |made: &[Made]| {
        made.iter()
            .flat_map(|made| made.bytes.clone())
            .collect::<Vec<u8>>()
    };
    let (raw_up, raw_down) = (raw(&mine), raw(&theirs));
    let floor = packed(&raw_up, 19) + packed(&raw_down, 19);
    println!(
        "40 changes: {up} B up, {down} B down; raw {} + {}; zstd -19 alone {} + {}, -3 {} + {}",
        raw_up.len(),
        raw_down.len(),
        packed(&raw_up, 19),
        packed(&raw_down, 19),
        packed(&raw_up, 3),
        packed(&raw_down, 3),
    );
    println!(
        "ratio to the floor: {:.3}",
        (up + down) as f64 / floor as f64
    );
    // beside the changes: 16 random bytes to name each document, a signature, three hashes, two digests
    assert!(
        (up + down) * 100 <= floor * 125,
        "{up} + {down} against {floor}"
    );
    assert!(up < 14_600, "the upload leaves in one initial window");
    assert!(
        raw_up.len() <= limits::FIRST_PAGE,
        "a shift is one page: {} bytes",
        raw_up.len()
    );
}
