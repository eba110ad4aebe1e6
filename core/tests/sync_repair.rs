//! The server goes back to an older backup, phone 1 is lost, and phone 2, who holds what both wrote, brings it all back.

mod sync_street;

use gridwalk_core::{
    document::RawChange,
    error::Code,
    household,
    ids::{DeviceId, DocumentId, Hash},
    scan::{self, ActorId},
    sync::{
        admit::{Standing, admit},
        apply::{self, Holdings, Plan},
        envelope::change_hash,
        message::*,
        repair::{self, Archive, Holding, Step},
    },
};
use std::{collections::BTreeMap, convert::Infallible};
use sync_street::{
    at, author, create, device, door, open, partition,
    server::{Logged, Server},
    visit,
};

/// Who wrote a change, and the change.
type Written = (DeviceId, RawChange);

/// Five households: phone 1 creates each, then both phones visit, phone 2 upon what phone 1 wrote.
fn street() -> BTreeMap<DocumentId, Vec<Written>> {
    let household = |number: u64| {
        let id = door(number);
        let made = create(1, id, at(0));
        let (mut document, mut written) = (made.document, vec![(device(1), made.change)]);
        for (turn, phone) in [1, 2, 1, 2].into_iter().enumerate() {
            let edit = visit(number * 10 + turn as u64, "在家");
            let edited =
                household::apply(document, &edit, &author(phone, id, 0, at(0))).expect("a visit");
            document = edited.document;
            written.push((device(phone), edited.change));
        }
        (id, written)
    };
    (1..=5).map(household).collect()
}

/// A server that has the first `count` changes of each household.
fn server_with(street: &BTreeMap<DocumentId, Vec<Written>>, count: usize) -> Server {
    let mut server = Server::new();
    for written in street.values() {
        for (_, change) in &written[..count] {
            take(&mut server, written, &change.hash);
        }
    }
    server
}

fn take(server: &mut Server, written: &[Written], hash: &Hash) {
    let (_, change) = written
        .iter()
        .find(|(_, change)| change.hash == *hash)
        .expect("known");
    let header = scan::scan_change(&change.bytes, &Default::default()).expect("a change");
    let document = door_of(written);
    server
        .catalogue
        .insert(document, (partition(1), DocumentKind::HOUSEHOLD));
    server
        .last
        .insert((document, header.actor), (header.seq, header.hash));
    let logged = Logged {
        bytes: change.bytes.clone(),
        standing: Standing::Stored,
        waiting: Some((&header).into()),
        from: (device(9), 1, 0),
    };
    server
        .log
        .entry(document)
        .or_default()
        .insert(header.hash, logged);
}

fn door_of(written: &[Written]) -> DocumentId {
    let street = street();
    let (id, _) = street
        .iter()
        .find(|(_, other)| other[0].1.hash == written[0].1.hash)
        .expect("a household of the street");
    *id
}

fn holdings(written: &[Written]) -> Vec<Holding> {
    written
        .iter()
        .map(|(_, change)| Holding {
            hash: change.hash,
            actor: change.actor,
            seq: change.seq,
        })
        .collect()
}

/// What phone 2 asks about grid 1, over the wire and back.
fn ask(server: &Server, street: &BTreeMap<DocumentId, Vec<Written>>, seed: u64) -> RepairAnswer {
    let held: Vec<(DocumentId, Digest)> = street
        .iter()
        .map(|(id, written)| {
            (
                *id,
                Digest::of(written.iter().map(|(_, change)| &change.hash)),
            )
        })
        .collect();
    let question = Repair {
        seed,
        partitions: vec![repair::prints(seed, partition(1), &held)],
        full: Vec::new(),
    };
    let Ok(answer) = repair::answer(server, &|_| true, &question);
    let bytes = minicbor::to_vec(&answer).expect("encoded");
    minicbor::decode(&bytes).expect("decoded")
}

fn differing(
    answer: &RepairAnswer,
    street: &BTreeMap<DocumentId, Vec<Written>>,
) -> Vec<(DocumentId, repair::Clock)> {
    let order: Vec<DocumentId> = street.keys().copied().collect();
    repair::differing(&order, &answer.partitions[0])
}

fn group(document: DocumentId, writer: DeviceId, change: &RawChange) -> DocumentChanges {
    DocumentChanges {
        document,
        kind: DocumentKind::HOUSEHOLD,
        partition: partition(1),
        incarnation: 0,
        changes: vec![change.bytes.clone().into()],
        author: (writer != device(2)).then_some(writer),
    }
}

#[test]
fn everything_that_a_lost_phone_and_a_colleague_wrote_comes_back_through_the_colleague() {
    let street = street();
    let mut server = server_with(&street, 2);
    // the fifth household was created after the backup: the server knows nothing of it
    server.log.remove(&door(5));
    server.catalogue.remove(&door(5));
    server.last.retain(|(document, _), _| *document != door(5));
    server.vouched = vec![device(1)];

    let answer = ask(&server, &street, 7);
    let differing = differing(&answer, &street);
    assert_eq!(differing.len(), 5);
    let mut upload = Vec::new();
    for (id, clock) in &differing {
        let written = &street[id];
        let Step::Offer(offered) = repair::step(&holdings(written), clock) else {
            panic!("{id} has something to offer");
        };
        let expected = if *id == door(5) { 5 } else { 3 };
        assert_eq!(offered.len(), expected, "only what is missing");
        for hash in offered {
            let (writer, change) = written.iter().find(|(_, c)| c.hash == hash).expect("held");
            upload.push(group(*id, *writer, change));
        }
    }
    let Ok(admission) = admit(&server, device(2), &|_| true, &upload);
    assert!(
        admission
            .results()
            .iter()
            .all(|result| *result == ChangeResult::Stored),
        "{:?}",
        admission.results()
    );
    for (id, hash) in &admission.entering {
        take(&mut server, &street[id], hash);
    }
    let after = ask(&server, &street, 8);
    assert!(after.partitions[0].unmatched.is_empty() && after.partitions[0].documents.is_empty());
    for (id, written) in &street {
        let whole = open(*id, written.iter().map(|(_, change)| &change.bytes));
        assert_eq!(open(*id, server.stored(id)).heads(), whole.heads());
    }
}

#[test]
fn nobody_brings_another_devices_changes_to_a_server_that_does_not_vouch_for_it() {
    let street = street();
    let mut server = server_with(&street, 1);
    let written = &street[&door(1)];
    let upload = [group(door(1), device(1), &written[1].1)];
    let mismatch = ChangeResult::Refused {
        code: Code::AuthorMismatch.as_str().into(),
        follows: None,
    };
    let Ok(unknown) = admit(&server, device(2), &|_| true, &upload);
    assert_eq!(unknown.results(), std::slice::from_ref(&mismatch));
    server.vouched = vec![device(3)];
    let mut claimed = group(door(1), device(3), &written[1].1);
    let Ok(another) = admit(
        &server,
        device(2),
        &|_| true,
        std::slice::from_ref(&claimed),
    );
    assert_eq!(
        another.results(),
        std::slice::from_ref(&mismatch),
        "its actor is phone 1's"
    );
    server.vouched.push(device(1));
    claimed.author = Some(device(1));
    claimed.incarnation = 1;
    let Ok(later) = admit(&server, device(2), &|_| true, &[claimed]);
    assert_eq!(later.results(), [mismatch], "and of incarnation 0");
}

#[test]
fn a_server_that_has_more_says_so_and_is_offered_nothing() {
    let street = street();
    let server = server_with(&street, 5);
    let mut phone = street.clone();
    phone.insert(door(3), street[&door(3)][..3].to_vec());
    phone.remove(&door(4));
    let answer = ask(&server, &phone, 7);
    let documents: Vec<DocumentId> = answer.partitions[0]
        .documents
        .iter()
        .map(|d| d.document)
        .collect();
    assert_eq!(documents, [door(3), door(4)]);
    let differing = differing(&answer, &phone);
    assert_eq!(
        differing.len(),
        1,
        "what the phone does not hold it cannot offer"
    );
    let (id, clock) = &differing[0];
    assert_eq!(repair::step(&holdings(&phone[id]), clock), Step::Behind);
}

#[test]
fn only_for_a_document_that_no_number_tells_apart_all_names_travel() {
    let street = street();
    let mut server = server_with(&street, 5);
    // the server's last change of household 2 has the same actor and number, and other bytes
    let written = &street[&door(2)];
    let before = open(
        door(2),
        written[..4].iter().map(|(_, change)| &change.bytes),
    );
    let fork = household::apply(before, &visit(99, "别的"), &author(2, door(2), 0, at(0)))
        .expect("a visit")
        .change;
    let lost = written[4].1.hash;
    let log = server.log.get_mut(&door(2)).expect("a log");
    let mut logged = log.remove(&lost).expect("the last");
    logged.bytes = fork.bytes.clone();
    log.insert(fork.hash, logged);

    let differing = differing(&ask(&server, &street, 7), &street);
    assert_eq!(differing.len(), 1);
    let held = holdings(written);
    assert_eq!(repair::step(&held, &differing[0].1), Step::Compare);
    let names: Vec<Hash> = held.iter().map(|change| change.hash).collect();
    let question = Repair {
        seed: 0,
        partitions: Vec::new(),
        full: vec![repair::full(door(2), &names)],
    };
    let Ok(answer) = repair::answer(&server, &|_| true, &question);
    assert_eq!(repair::lacking(&names, &answer.full[0]), [lost]);
    let Ok(foreign) = repair::answer(&server, &|_| false, &question);
    assert!(foreign.full.is_empty() && foreign.partitions.is_empty());
}

#[test]
fn a_partition_that_the_phone_may_not_read_is_not_compared() {
    let street = street();
    let server = server_with(&street, 5);
    let question = Repair {
        seed: 1,
        partitions: vec![repair::prints(1, partition(1), &[])],
        full: Vec::new(),
    };
    let Ok(answer) = repair::answer(&server, &|_| false, &question);
    assert!(answer.partitions.is_empty());
    assert_eq!(server.documents(&partition(1)).map(|all| all.len()), Ok(5));
}

#[test]
fn a_thousand_documents_are_compared_in_nine_kilobytes() {
    let held: Vec<(DocumentId, Digest)> = (0..1_000)
        .map(|number| (door(number), Digest([number as u8; 32])))
        .collect();
    let question = Repair {
        seed: 1,
        partitions: vec![repair::prints(1, partition(1), &held)],
        full: Vec::new(),
    };
    let bytes = minicbor::to_vec(&question).expect("encoded").len();
    assert!(bytes < 9_000, "{bytes} bytes");
}

/// A phone that remembers the digest at each position.
struct Remembers(Vec<Digest>);
impl Holdings for Remembers {
    type Error = Infallible;
    fn sent(&self, _: u64, _: u32) -> Result<Option<Hash>, Infallible> {
        Ok(None)
    }
    fn unaccepted(&self, _: &DocumentId, _: &ActorId, _: u64) -> Result<Option<Hash>, Infallible> {
        Ok(None)
    }
    fn digest_at(&self, _: &Partition, position: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.0.get(position as usize).copied())
    }
}

fn digests() -> Vec<Digest> {
    let mut digest = Digest::EMPTY;
    let mut all = vec![digest];
    for (_, change) in street().values().flatten() {
        digest.add(&change_hash(&change.bytes));
        all.push(digest);
    }
    all
}

/// The plan of a phone at `position` that hears of a new epoch with this seam.
fn heard(position: u64, seam: Option<Cursor>) -> Plan {
    let digests = digests();
    let cursor = Cursor {
        partition: partition(1),
        position,
        digest: digests[position as usize],
    };
    let asked = apply::Asked {
        epoch: Some(Epoch {
            counter: 1,
            nonce: 1,
        }),
        cursors: vec![cursor],
        ..apply::Asked::default()
    };
    let response = Response {
        protocol: PROTOCOL,
        epoch: Epoch {
            counter: 2,
            nonce: 5,
        },
        server_time: at(0),
        results: Vec::new(),
        partitions: Vec::new(),
        reference: ReferenceNews::default(),
        blobs: Vec::new(),
        envelope: None,
        gone: Vec::new(),
        dictionaries: None,
        packs: None,
        repair: seam.map(|seam| RepairAnswer {
            seams: vec![seam],
            ..RepairAnswer::default()
        }),
        watermarks: None,
        wanted: None,
    };
    apply::plan(&Remembers(digests), &asked, &response).expect("a plan")
}

#[test]
fn a_feed_goes_on_where_two_lives_of_the_server_part() {
    let seam = Cursor {
        partition: partition(1),
        position: 12,
        digest: digests()[12],
    };
    let plan = heard(20, Some(seam));
    assert_eq!((&plan.cursors, &plan.rewound), (&vec![seam], &vec![seam]));
    assert!(plan.reread.is_empty() && plan.compare && plan.more);
    let early = Cursor {
        position: 8,
        digest: digests()[8],
        ..seam
    };
    assert_eq!(
        heard(8, Some(early)).cursors,
        [early],
        "nothing before its cursor was lost"
    );
}

#[test]
fn a_seam_that_this_phone_does_not_find_in_its_feed_means_reading_from_the_start() {
    let wrong = Cursor {
        partition: partition(1),
        position: 12,
        digest: Digest([9; 32]),
    };
    let beyond = Cursor {
        position: 23,
        ..wrong
    };
    for seam in [Some(wrong), Some(beyond), None] {
        let plan = heard(20, seam);
        assert_eq!(plan.cursors[0].position, 0, "{seam:?}");
        assert_eq!(plan.reread, [partition(1)]);
        assert!(plan.rewound.is_empty() && plan.compare);
    }
}
