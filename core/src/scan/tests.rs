//! What the scanner must accept: everything that Automerge writes for documents like ours.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Change, ObjType, ROOT, ReadDoc, ScalarValue};

use crate::ids::Hash;

use super::{Limits, scan_change};

fn assert_reads_like_automerge(change: &Change) {
    let header = match scan_change(change.raw_bytes(), &Limits::default()) {
        Ok(header) => header,
        Err(refusal) => panic!("{refusal}: {:02x?}", change.raw_bytes()),
    };
    assert_eq!(header.hash.0, change.hash().0);
    assert_eq!(&header.actor[..], change.actor_id().to_bytes());
    assert_eq!(header.seq, change.seq());
    assert_eq!(header.start_op, change.start_op().get());
    assert_eq!(header.ops, change.len() as u64);
    assert_eq!(header.time, change.timestamp());
    let deps: Vec<_> = change.deps().iter().map(|dep| Hash(dep.0)).collect();
    assert_eq!(header.deps, deps);
    assert_eq!(header.message_len, change.message().map_or(0, str::len));
}

#[test]
fn a_household_with_two_writers_is_accepted() -> Result<(), automerge::AutomergeError> {
    let mut first = AutoCommit::new().with_actor(ActorId::from([1u8; 16]));
    let members = first.put_object(ROOT, "members", ObjType::Map)?;
    let visits = first.put_object(ROOT, "visits", ObjType::Map)?;
    first.put(ROOT, "door", "3-2-501")?;
    first.commit_with(
        CommitOptions::default()
            .with_message("建档")
            .with_time(1_790_000_000_000),
    );
    let mut second = first.fork().with_actor(ActorId::from([2u8; 16]));
    let member = first.put_object(&members, "m1", ObjType::Map)?;
    first.put(&member, "name", "王秀英")?;
    first.put(&member, "rooms", ScalarValue::counter(2))?;
    first.put(ROOT, "door", "3-2-502")?;
    let visit = second.put_object(&visits, "v1", ObjType::Map)?;
    second.put(&visit, "outcome", "met")?;
    second.put(&visit, "at", ScalarValue::Timestamp(1_790_000_000_000))?;
    second.put(ROOT, "door", "3-2-503")?;
    first.merge(&mut second)?;
    first.increment(&member, "rooms", 3)?;
    first.delete(ROOT, "door")?;
    first.commit();
    for change in first.get_changes(&[]) {
        assert_reads_like_automerge(&change);
    }
    assert!(first.get(ROOT, "door")?.is_none());
    Ok(())
}
