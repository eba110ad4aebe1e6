//! What the server says to each change of an upload, rule by rule.

mod sync_street;

use gridwalk_core::{
    document::RawChange,
    error::Code,
    household,
    ids::{DocumentId, Hash},
    sync::{
        admit::{Admission, Ledger, Placement, Standing, admit},
        envelope::{self, Chain, EnvelopeError, Sender},
        limits,
        message::*,
    },
};
use std::convert::Infallible;
use sync_street::{
    at, author, create, device, door, open, partition, phone::Phone, server::Server, uuid, visit,
};

/// The household of `door(1)` and three visits on it, each upon the one before, all by phone 1.
fn history() -> Vec<RawChange> {
    let made = create(1, door(1), at(0));
    let (mut document, mut changes) = (made.document, vec![made.change]);
    for number in 1..=3 {
        let edited = household::apply(
            document,
            &visit(number, "在家"),
            &author(1, door(1), 0, at(0)),
        )
        .expect("a visit");
        document = edited.document;
        changes.push(edited.change);
    }
    changes
}

/// Another second change than history()[1], with the same actor and number.
fn fork() -> RawChange {
    let made = create(1, door(1), at(0));
    household::apply(
        made.document,
        &visit(9, "别的"),
        &author(1, door(1), 0, at(0)),
    )
    .expect("a visit")
    .change
}

fn group<'a>(changes: impl IntoIterator<Item = &'a RawChange>) -> DocumentChanges {
    DocumentChanges {
        document: door(1),
        kind: DocumentKind::HOUSEHOLD,
        partition: partition(1),
        incarnation: 0,
        changes: changes
            .into_iter()
            .map(|change| change.bytes.clone().into())
            .collect(),
        author: None,
    }
}

fn judge(server: &Server, documents: &[DocumentChanges]) -> Admission {
    let Ok(admission) = admit(
        server,
        device(1),
        &|partition| *partition == self::partition(1),
        documents,
    );
    admission
}

fn refused(code: Code) -> ChangeResult {
    ChangeResult::Refused {
        code: code.as_str().into(),
        follows: None,
    }
}

/// Sends through the whole server, signed.
fn upload(
    server: &mut Server,
    phone: &mut Phone,
    documents: Vec<DocumentChanges>,
) -> Vec<ChangeResult> {
    server
        .keys
        .insert(phone.device(), phone.key.verifying_key());
    let sealed = envelope::seal(&phone.key, &sender(phone), documents, Vec::new());
    phone.disk.last_envelope = Some((sealed.number, sealed.hash));
    let request = Request {
        protocol: PROTOCOL,
        epoch: None,
        cursors: Vec::new(),
        reference: 0,
        upload: Some(sealed.upload),
        page_bytes: 0,
        own_bytes: false,
        dictionaries: None,
        packs: None,
        repair: None,
    };
    let body =
        gridwalk_core::sync::frame::encode(&request, gridwalk_core::sync::frame::Effort::Fast)
            .expect("a body");
    let answer = server
        .exchange(phone.device(), &body, at(0))
        .expect("an answer");
    let response: Response = gridwalk_core::sync::frame::decode(&answer).expect("a response");
    response.results
}

fn sender(phone: &Phone) -> Sender {
    Sender {
        device: phone.device(),
        worker: gridwalk_core::ids::PersonId(uuid(1, phone.number)),
        previous: phone.disk.last_envelope,
        phone_clock: at(0),
        clock_ahead_ms: 0,
        app: "0.1.0".into(),
    }
}

#[test]
fn changes_in_order_are_stored_and_enter_the_feed_in_that_order() {
    let changes = history();
    let admission = judge(&Server::new(), &[group(&changes)]);
    assert_eq!(admission.results(), vec![ChangeResult::Stored; 4]);
    let entering: Vec<(DocumentId, Hash)> = changes
        .iter()
        .map(|change| (door(1), change.hash))
        .collect();
    assert_eq!(admission.entering, entering);
    let header = admission.judged[1].header.as_ref().expect("scanned");
    assert_eq!((header.seq, &header.deps), (2, &vec![changes[0].hash]));
}

#[test]
fn a_change_that_comes_again_is_had_and_enters_nothing() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let changes = history();
    upload(&mut server, &mut phone, vec![group(&changes)]);
    let admission = judge(&server, &[group(&changes), group(&changes[..1])]);
    assert_eq!(admission.results(), vec![ChangeResult::Had; 5]);
    assert!(admission.entering.is_empty() && admission.released.is_empty());
}

#[test]
fn children_before_their_parents_in_one_upload_are_stored_after_them() {
    let changes = history();
    let admission = judge(&Server::new(), &[group(changes.iter().rev())]);
    assert_eq!(admission.results(), vec![ChangeResult::Stored; 4]);
    let order: Vec<Hash> = admission.entering.iter().map(|(_, hash)| *hash).collect();
    assert_eq!(
        order,
        changes.iter().map(|change| change.hash).collect::<Vec<_>>()
    );
    assert!(admission.released.is_empty(), "they were never held before");
}

#[test]
fn a_change_without_its_parent_is_held_and_released_when_the_parent_comes() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let changes = history();
    let held = upload(&mut server, &mut phone, vec![group(&changes[2..])]);
    assert_eq!(
        held,
        [
            ChangeResult::Held {
                missing: vec![changes[1].hash]
            },
            ChangeResult::Held {
                missing: vec![changes[2].hash]
            }
        ]
    );
    assert!(held.iter().all(ChangeResult::acknowledged) && !server.has(&changes[2].hash));
    let admission = judge(&server, &[group(&changes[..2])]);
    let released: Vec<_> = admission
        .released
        .iter()
        .map(|released| (released.hash, released.standing))
        .collect();
    assert_eq!(
        released,
        [
            (changes[2].hash, Standing::Stored),
            (changes[3].hash, Standing::Stored)
        ]
    );
    assert_eq!(admission.entering.len(), 4);
    upload(&mut server, &mut phone, vec![group(&changes[..2])]);
    assert_eq!(
        open(door(1), server.stored(&door(1))).heads(),
        [changes[3].hash]
    );
}

#[test]
fn a_held_change_that_comes_again_is_still_held() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let changes = history();
    for _ in 0..2 {
        let results = upload(&mut server, &mut phone, vec![group(&changes[2..3])]);
        assert_eq!(
            results,
            [ChangeResult::Held {
                missing: vec![changes[1].hash]
            }]
        );
    }
    assert_eq!(server.held_by(&device(1)), Ok(1));
}

#[test]
fn another_change_under_a_number_that_is_taken_is_forked_and_the_rest_of_the_batch_goes_on() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let changes = history();
    upload(&mut server, &mut phone, vec![group(&changes[..2])]);
    let results = upload(&mut server, &mut phone, vec![group([&fork(), &changes[2]])]);
    assert_eq!(results, [refused(Code::ActorForked), ChangeResult::Stored]);
}

#[test]
fn what_builds_on_a_refused_change_names_it_also_in_a_later_upload() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    upload(&mut server, &mut phone, vec![group(&history()[..2])]);
    let fork = fork();
    let document = open(door(1), [&history()[0].bytes, &fork.bytes]);
    let after = household::apply(document, &visit(10, "再来"), &author(1, door(1), 0, at(0)))
        .expect("a visit")
        .change;
    let follows = ChangeResult::Refused {
        code: Code::ActorForked.as_str().into(),
        follows: Some(fork.hash),
    };
    assert_eq!(
        judge(&server, &[group([&fork, &after])]).results(),
        [refused(Code::ActorForked), follows.clone()]
    );
    upload(&mut server, &mut phone, vec![group([&fork])]);
    assert_eq!(judge(&server, &[group([&after])]).results(), [follows]);
}

#[test]
fn a_held_change_whose_number_was_taken_meanwhile_is_refused_when_its_parent_comes() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let (changes, fork) = (history(), fork());
    upload(&mut server, &mut phone, vec![group([&fork])]); // waits for the first change
    let admission = judge(&server, &[group(&changes[..2])]);
    assert_eq!(
        admission.results(),
        [ChangeResult::Stored, ChangeResult::Stored]
    );
    assert_eq!(admission.released.len(), 1);
    assert_eq!(
        admission.released[0].standing,
        Standing::Refused(Code::ActorForked)
    );
}

#[test]
fn an_actor_of_another_device_document_or_incarnation_is_a_mismatch() {
    let changes = history();
    let Ok(other_device) = admit(
        &Server::new(),
        device(2),
        &|_| true,
        &[group(&changes[..1])],
    );
    assert_eq!(other_device.results(), [refused(Code::AuthorMismatch)]);
    let mut later = group(&changes[..1]);
    later.incarnation = 1;
    let mut elsewhere = group(&changes[..1]);
    elsewhere.document = door(2);
    for group in [later, elsewhere] {
        assert_eq!(
            judge(&Server::new(), &[group]).results(),
            [refused(Code::AuthorMismatch)]
        );
    }
}

#[test]
fn what_the_scanner_refuses_is_refused_by_itself_and_what_follows_it_names_it() {
    let mut changes = history();
    let broken = changes[1].bytes.len() / 2;
    changes[1].bytes[broken] ^= 1;
    let broken_name = envelope::change_hash(&changes[1].bytes);
    let results = judge(&Server::new(), &[group(&changes)]).results();
    assert_eq!(
        results[..2],
        [ChangeResult::Stored, refused(Code::ChangeMalformed)]
    );
    assert_ne!(broken_name, changes[1].hash);
    // the flipped bit gave it another name, so the third waits for the true one
    assert_eq!(
        results[2],
        ChangeResult::Held {
            missing: vec![changes[1].hash]
        }
    );
    let mut oversized = group(&[]);
    oversized.changes = vec![vec![0x85; limits::CHANGE + 1].into(), Vec::new().into()];
    let results = judge(&Server::new(), &[oversized]).results();
    assert_eq!(
        results,
        [refused(Code::ChangeTooBig), refused(Code::ChangeMalformed)]
    );
}

#[test]
fn a_partition_outside_the_scope_is_refused_and_the_catalogue_wins_over_the_claim() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let changes = history();
    let mut foreign = group(&changes[..1]);
    foreign.partition = partition(2);
    assert_eq!(
        judge(&server, &[foreign.clone()]).results(),
        [refused(Code::OutOfScope)]
    );
    upload(&mut server, &mut phone, vec![foreign]); // this server lets everybody write everywhere
    assert_eq!(
        judge(&server, &[group(&changes[1..2])]).results(),
        [refused(Code::OutOfScope)],
        "it lives in grid 2"
    );
}

#[test]
fn a_document_begins_only_once_and_what_builds_on_a_second_beginning_follows_it() {
    let (mut server, mut phone) = (Server::new(), Phone::new(1, 0));
    let second = {
        let made = create(2, door(1), at(60_000));
        let visited = household::apply(
            made.document,
            &visit(7, "另起"),
            &author(2, door(1), 0, at(60_000)),
        )
        .expect("a visit");
        [made.change, visited.change]
    };
    let theirs = group(&second);
    upload(&mut server, &mut phone, vec![group(&history())]);
    let Ok(admission) = admit(&server, device(2), &|_| true, std::slice::from_ref(&theirs));
    let follows = ChangeResult::Refused {
        code: Code::AlreadyRecorded.as_str().into(),
        follows: Some(second[0].hash),
    };
    assert_eq!(
        admission.results(),
        [refused(Code::AlreadyRecorded), follows]
    );
    // the first beginning again is still only had, and both in one upload are told apart
    assert_eq!(
        judge(&server, &[group(&history()[..1])]).results(),
        [ChangeResult::Had]
    );
    let Ok(admission) = admit(
        &Server::new(),
        device(2),
        &|_| true,
        &[
            theirs,
            DocumentChanges {
                incarnation: 1,
                ..group([&{
                    let author = author(2, door(1), 1, at(0));
                    let dwelling = household::Dwelling {
                        id: door(1).into(),
                        building: gridwalk_core::ids::BuildingId(uuid(5, 3)),
                        unit: "2单元".into(),
                        room: "502".into(),
                    };
                    household::create(&dwelling, &[], &[], &author)
                        .expect("a household")
                        .change
                }])
            },
        ],
    );
    assert_eq!(
        admission.results(),
        [
            ChangeResult::Stored,
            ChangeResult::Stored,
            refused(Code::AlreadyRecorded)
        ]
    );
}

#[test]
fn a_care_plan_in_a_general_partition_is_out_of_scope() {
    let mut care = group(&history()[..1]);
    care.kind = DocumentKind::CARE_PLAN;
    assert_eq!(
        judge(&Server::new(), &[care]).results(),
        [refused(Code::OutOfScope)]
    );
}

struct Erased;
impl Ledger for Erased {
    type Error = Infallible;
    fn placement(&self, _: &DocumentId) -> Result<Placement, Infallible> {
        Ok(Placement::Erased)
    }
    fn standing(&self, _: &DocumentId, _: &Hash) -> Result<Option<Standing>, Infallible> {
        Ok(None)
    }
    fn last(&self, _: &DocumentId, _: &[u8; 16]) -> Result<Option<(u64, Hash)>, Infallible> {
        Ok(None)
    }
    fn held(&self, _: &DocumentId) -> Result<Vec<gridwalk_core::sync::admit::Waiting>, Infallible> {
        Ok(Vec::new())
    }
    fn begun(&self, _: &DocumentId) -> Result<bool, Infallible> {
        Ok(false)
    }
    fn held_by(&self, _: &gridwalk_core::ids::DeviceId) -> Result<usize, Infallible> {
        Ok(limits::HELD_PER_DEVICE)
    }
}

#[test]
fn an_erased_document_never_comes_back() {
    let Ok(admission) = admit(&Erased, device(1), &|_| true, &[group(&history())]);
    assert_eq!(admission.results(), vec![refused(Code::Erased); 4]);
    assert!(admission.entering.is_empty());
}

#[test]
fn a_device_that_holds_too_much_already_is_told_so_and_its_complete_changes_go_through() {
    struct Full(Server);
    impl Ledger for Full {
        type Error = Infallible;
        fn placement(&self, document: &DocumentId) -> Result<Placement, Infallible> {
            self.0.placement(document)
        }
        fn standing(
            &self,
            document: &DocumentId,
            change: &Hash,
        ) -> Result<Option<Standing>, Infallible> {
            self.0.standing(document, change)
        }
        fn last(
            &self,
            document: &DocumentId,
            actor: &[u8; 16],
        ) -> Result<Option<(u64, Hash)>, Infallible> {
            self.0.last(document, actor)
        }
        fn held(
            &self,
            document: &DocumentId,
        ) -> Result<Vec<gridwalk_core::sync::admit::Waiting>, Infallible> {
            self.0.held(document)
        }
        fn begun(&self, document: &DocumentId) -> Result<bool, Infallible> {
            self.0.begun(document)
        }
        fn held_by(&self, _: &gridwalk_core::ids::DeviceId) -> Result<usize, Infallible> {
            Ok(limits::HELD_PER_DEVICE)
        }
    }
    let changes = history();
    let Ok(admission) = admit(
        &Full(Server::new()),
        device(1),
        &|_| true,
        &[group([&changes[0], &changes[2]])],
    );
    assert_eq!(
        admission.results(),
        [ChangeResult::Stored, refused(Code::QueueFull)]
    );
}

#[test]
fn an_envelope_is_good_only_for_what_was_signed_by_whom() {
    let phone = Phone::new(1, 0);
    let sealed = envelope::seal(
        &phone.key,
        &sender(&phone),
        vec![group(&history())],
        vec![vec![1, 2]],
    );
    let (read, hashes) =
        envelope::verify(&phone.key.verifying_key(), &sealed.upload).expect("our own");
    assert_eq!((read.number, read.count, &hashes), (1, 4, &sealed.changes));

    let other = Phone::new(2, 0).key.verifying_key();
    assert_eq!(
        envelope::verify(&other, &sealed.upload),
        Err(EnvelopeError::Signature)
    );
    let key = phone.key.verifying_key();
    let mut tampered = sealed.upload.clone();
    tampered.envelope[5] ^= 1;
    assert_eq!(
        envelope::verify(&key, &tampered),
        Err(EnvelopeError::Signature)
    );
    let mut shortened = sealed.upload.clone();
    shortened.documents[0].changes.pop();
    assert_eq!(
        envelope::verify(&key, &shortened),
        Err(EnvelopeError::Changes)
    );
    let mut swapped = sealed.upload.clone();
    swapped.documents[0].changes.swap(1, 2);
    assert_eq!(
        envelope::verify(&key, &swapped),
        Err(EnvelopeError::Changes)
    );
    let mut heavy = sealed.upload.clone();
    heavy.blobs.push(vec![0; limits::UPLOAD_BLOB + 1].into());
    assert_eq!(envelope::verify(&key, &heavy), Err(EnvelopeError::TooBig));
    assert_eq!(EnvelopeError::Signature.code(), Code::SignatureBad);
}

#[test]
fn the_chain_of_envelopes_shows_gaps_and_forks() {
    let mut phone = Phone::new(1, 0);
    let mut seal = |note: &[u8]| {
        let sealed = envelope::seal(&phone.key, &sender(&phone), Vec::new(), vec![note.to_vec()]);
        phone.disk.last_envelope = Some((sealed.number, sealed.hash));
        let (envelope, _) =
            envelope::verify(&phone.key.verifying_key(), &sealed.upload).expect("our own");
        (envelope, (sealed.number, sealed.hash))
    };
    let (first, one) = seal(b"1");
    let (second, two) = seal(b"2");
    let (third, three) = seal(b"3");
    assert_eq!(envelope::chain(None, &first, &one.1), Chain::Next);
    assert_eq!(envelope::chain(Some(one), &second, &two.1), Chain::Next);
    assert_eq!(envelope::chain(Some(two), &second, &two.1), Chain::Again);
    assert_eq!(envelope::chain(Some(one), &third, &three.1), Chain::Gap);
    assert_eq!(envelope::chain(Some(three), &second, &two.1), Chain::Fork);
    assert_eq!(
        envelope::chain(Some((2, one.1)), &second, &two.1),
        Chain::Fork
    );
    assert_eq!(
        envelope::chain(Some((2, one.1)), &third, &three.1),
        Chain::Fork
    );
}

#[test]
fn a_change_is_named_as_automerge_names_it() {
    for change in history() {
        assert_eq!(envelope::change_hash(&change.bytes), change.hash);
    }
}
