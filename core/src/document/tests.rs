use super::*;
use crate::{
    act::Role,
    ids::{DeviceId, PersonId},
    time::Timestamp,
};
use uuid::Uuid;

const KIND: DocumentKind = DocumentKind(99);

fn id() -> DocumentId {
    DocumentId(Uuid::from_u128(7))
}

fn author(actor: u8, at: i64) -> Author {
    Author {
        actor: [actor; 16],
        act: Act {
            by: PersonId(Uuid::from_u128(u128::from(actor))),
            role: Role::Worker,
            device: DeviceId(Uuid::from_u128(1)),
            recorded_at: Timestamp(at),
            observed_at: None,
        },
    }
}

fn born() -> Edited {
    create(
        id(),
        KIND,
        &"it",
        &["facts", "fields"],
        &author(1, 0),
        |_| Ok(()),
    )
    .expect("a document")
}

fn fact(document: &Document, actor: u8, at: i64, key: &str, words: &str) -> Edited {
    document
        .clone()
        .edit(&author(actor, at), |draft| {
            draft.insert("facts", &key, &words)
        })
        .expect("a fact")
}

fn facts(document: &Document) -> Vec<(String, String, Hash)> {
    let items = document.items::<String>("facts").read;
    items
        .into_iter()
        .map(|item| (item.key, item.value, item.change))
        .collect()
}

#[test]
fn the_same_edit_gives_the_same_bytes() {
    assert_eq!(born().change, born().change);
    let (a, b) = (born().document, born().document);
    assert_eq!(
        fact(&a, 2, 1_000, "k", "v").change,
        fact(&b, 2, 1_000, "k", "v").change
    );
}

#[test]
fn one_actor_numbers_its_edits_one_by_one() {
    let first = born();
    let second = fact(&first.document, 1, 1, "a", "a");
    let third = fact(&second.document, 1, 2, "b", "b");
    assert_eq!(
        [first.change.seq, second.change.seq, third.change.seq],
        [1, 2, 3]
    );
    assert_eq!(third.change.deps, [second.change.hash]);
}

#[test]
fn changes_make_the_document_in_any_order_and_doubles_do_not_matter() {
    let first = born();
    let second = fact(&first.document, 2, 1, "a", "a");
    let third = fact(&second.document, 3, 2, "b", "b");
    let bytes = [&third, &first, &second, &third].map(|edited| &edited.change.bytes);
    let mut again = Document::from_changes(id(), KIND, bytes).expect("all are there");
    assert_eq!(again.heads(), third.document.heads());
    assert_eq!(facts(&again), facts(&third.document));
    let snapshot = again.save();
    let later = fact(&again, 2, 3, "c", "c");
    let loaded = Document::from_snapshot(id(), KIND, &snapshot, [&later.change.bytes])
        .expect("a snapshot and what came later");
    assert_eq!(loaded.heads(), later.document.heads());
    assert_eq!(loaded.clone().changes().len(), 4);
}

#[test]
fn an_orphan_is_refused_and_leaves_the_document_as_it_was() {
    let first = born();
    let second = fact(&first.document, 2, 1, "a", "a");
    let third = fact(&second.document, 3, 2, "b", "b");
    let mut document = first.document.clone();
    assert_eq!(
        document.merge_changes([&third.change.bytes]),
        Err(LoadError::MissingDependencies(vec![second.change.hash]))
    );
    assert_eq!(document.heads(), first.document.heads());
    document
        .merge_changes([&third.change.bytes, &second.change.bytes])
        .expect("both");
    assert_eq!(document.heads(), third.document.heads());
}

#[test]
fn a_forked_actor_is_refused_by_name() {
    let first = born();
    let one = fact(&first.document, 2, 1, "a", "a");
    let other = fact(&first.document, 2, 1, "a", "b");
    let mut document = one.document;
    let refused = document
        .merge_changes([other.change.bytes])
        .expect_err("forked");
    assert_eq!(refused.code(), Code::ActorForked);
    assert_eq!(facts(&document).len(), 1);
}

#[test]
fn bytes_that_the_scanner_refuses_never_reach_automerge() {
    let first = born();
    let mut cut = first.change.bytes.clone();
    cut.pop();
    let refused = Document::from_changes(id(), KIND, [cut]).expect_err("cut");
    assert!(matches!(refused, LoadError::Refused(_)), "{refused}");
}

#[test]
fn concurrent_facts_under_one_key_are_all_listed_with_their_changes() {
    let first = born();
    let one = fact(&first.document, 2, 1, "a", "one");
    let two = fact(&first.document, 3, 1, "a", "two");
    let same = fact(&first.document, 4, 1, "a", "two");
    let mut document = one.document.clone();
    document
        .merge_changes([&two.change.bytes, &same.change.bytes])
        .expect("both");
    let mut expected = vec![
        ("a".to_owned(), "one".to_owned(), one.change.hash),
        (
            "a".to_owned(),
            "two".to_owned(),
            two.change.hash.min(same.change.hash),
        ),
    ];
    expected.sort_by_key(|(.., change)| *change);
    assert_eq!(facts(&document), expected);
}

#[test]
fn a_fold_goes_by_cause_then_by_feed_position_and_unsent_changes_come_last() {
    let first = born();
    let one = fact(&first.document, 2, 1, "a", "one");
    let two = fact(&first.document, 3, 1, "b", "two");
    let after_one = fact(&one.document, 4, 1, "c", "three");
    let mut document = after_one.document.clone();
    document.merge_changes([&two.change.bytes]).expect("two");
    let place =
        |feed: &dyn FeedOrder, edited: &Edited| document.fold_order(feed)[&edited.change.hash];
    let order = |feed: &dyn FeedOrder| [&first, &one, &two, &after_one].map(|e| place(feed, e));
    let [first_hash, one_hash, two_hash] = [&first, &one, &two].map(|edited| edited.change.hash);
    assert_eq!(
        order(&HashMap::from([(first_hash, 1), (two_hash, 2)]))[2],
        1
    );
    let sent = HashMap::from([(first_hash, 1), (one_hash, 2), (two_hash, 3)]);
    assert_eq!(order(&sent), [0, 1, 2, 3]);
    let late = HashMap::from([
        (first_hash, 1),
        (after_one.change.hash, 2),
        (two_hash, 3),
        (one_hash, 4),
    ]);
    assert_eq!(
        order(&late),
        [0, 2, 1, 3],
        "a cause is never after its effect"
    );
}

#[test]
fn a_container_that_is_not_there_is_not_made_by_an_edit() {
    let refused = born()
        .document
        .edit(&author(2, 1), |draft| draft.insert("other", &"a", &1))
        .expect_err("no such container");
    assert_eq!(refused.code, Code::Internal);
}
