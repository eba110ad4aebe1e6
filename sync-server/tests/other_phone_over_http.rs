//! A worker carries unsent work from one phone to another: the new one brings what the old one wrote, under its name. Nobody else
//! may, and whichever comes second is told that it is there.

mod field;

use field::{Field, hazard::report, nine, partition, phone::Phone};
use gridwalk_core::{
    error::Code,
    ids::DeviceId,
    sync::{
        envelope::{Sender, seal},
        frame::{self, Effort},
        message::*,
    },
};

/// What `old` has not sent, in the hands of `bringer`.
async fn brings(bringer: &Phone, old: &Phone, author: DeviceId) -> Vec<ChangeResult> {
    let first = old.unsent.first().expect("something unsent");
    let group = DocumentChanges {
        document: first.document,
        kind: first.kind,
        partition: first.partition,
        incarnation: 1,
        changes: old
            .unsent
            .iter()
            .map(|unsent| unsent.change.bytes.clone().into())
            .collect(),
        author: Some(author),
    };
    let sender = Sender {
        device: bringer.device,
        worker: bringer.carrier.id.into(),
        previous: bringer.previous,
        phone_clock: nine(),
        clock_ahead_ms: 0,
        app: "test 0.1".into(),
    };
    let mut prepared = bringer.prepare();
    let sealed = seal(&bringer.key, &sender, vec![group], Vec::new());
    prepared.request.upload = Some(sealed.upload);
    prepared.bytes = frame::encode(&prepared.request, Effort::Fast).expect("a body");
    bringer.send(&prepared).await.expect("an answer").results
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workers_new_phone_brings_what_the_old_one_wrote_and_a_colleagues_may_not() {
    let field = Field::open().await;
    let mut old = field.phone("lin-xiao").await;
    let mut new = field.phone("lin-xiao").await;
    let mut ge = field.phone("ge-shuangjiang").await;
    for phone in [&mut old, &mut new, &mut ge] {
        phone.sync().await.expect("news");
    }
    report(&mut old, 1);
    assert_eq!(old.unsent[0].partition, partition("梧桐-03"));
    let mismatch = ChangeResult::Refused {
        code: Code::AuthorMismatch.as_str().into(),
        follows: None,
    };
    let refused = brings(&ge, &old, old.device).await;
    assert_eq!(refused[0], mismatch, "she is somebody else");
    let renamed = brings(&new, &old, new.device).await;
    assert_eq!(renamed[0], mismatch, "it keeps its author");
    assert_eq!(field.count("select count(*) from incident").await, 0);

    let taken = brings(&new, &old, old.device).await;
    assert_eq!(taken, [ChangeResult::Stored, ChangeResult::Stored]);
    let (answer, _) = old.exchange().await.expect("an exchange");
    assert_eq!(answer.results, [ChangeResult::Had, ChangeResult::Had]);
    ge.sync().await.expect("news");
    assert_eq!(field.count("select count(*) from incident").await, 1);
    assert_eq!(field.count("select count(*) from incident_event").await, 1);
    let written =
        "select count(*) from change where offered_by is not null and offered_by <> device";
    assert_eq!(
        field.count(written).await,
        2,
        "the log says who wrote it and who brought it"
    );
}
