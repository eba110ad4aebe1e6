//! The hand that touches Automerge: a process of its own, or a thread where there is none. It may panic, hang or ask for
//! memory without end; then it is replaced, the changes that did it are found one by one and put aside, and the rest goes
//! on.

use super::{child::Child, merging::merge};
use crate::store::document::{Material, Merged};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::Duration,
};

/// A household of years merges in milliseconds; what takes longer than this is not honest.
const LIMIT: Duration = Duration::from_secs(10);
/// Changes of one document that may fail by themselves before the rest is put aside unseen.
const FAILURES: usize = 3;

type Merge = fn(Material) -> Result<Merged, String>;
type Work = (Sender<Material>, Receiver<Result<Merged, String>>);

/// Where merging happens.
#[derive(Clone, Debug)]
enum Place {
    /// A thread of this process: a panic and a hang end it, memory is not limited.
    Thread(Merge),
    /// A process of this program, with a limit on its memory.
    Process(PathBuf, u64),
}

enum Worker {
    Thread(Work),
    Process(Child),
}

/// One merging thread or process at a time.
pub struct Hand {
    place: Place,
    limit: Duration,
    work: Option<Worker>,
}

impl Hand {
    /// In a process of `program` with so many bytes of memory; in a thread where there is no program.
    pub fn new(program: Option<PathBuf>, memory: u64) -> Self {
        let place = match program {
            Some(program) => Place::Process(program, memory),
            None => Place::Thread(merge),
        };
        Self::at(place, LIMIT)
    }

    /// Whether what it does can end no other process than its own.
    pub fn is_apart(&self) -> bool {
        matches!(self.place, Place::Process(..))
    }

    fn at(place: Place, limit: Duration) -> Self {
        Self {
            place,
            limit,
            work: None,
        }
    }

    /// Merges all that waits, or as much of it as merges. Fails when nothing does.
    pub fn merge(&mut self, material: Material) -> Result<Merged, String> {
        match self.attempt(material.clone()) {
            Ok(merged) => Ok(merged),
            Err(reason) => self.merge_apart(material, reason),
        }
    }

    /// Together they did not merge. One by one it shows which of them do; the others are put aside.
    fn merge_apart(
        &mut self,
        mut material: Material,
        mut reason: String,
    ) -> Result<Merged, String> {
        let waiting = std::mem::take(&mut material.waiting);
        let mut merged = None;
        let mut aside = Vec::new();
        for change in waiting {
            let sequence = change.sequence;
            if aside.len() >= FAILURES {
                aside.push((sequence, "too many before it failed".into()));
                continue;
            }
            material.waiting.push(change);
            match self.attempt(material.clone()) {
                Ok(good) => merged = Some(good),
                Err(bad) => {
                    tracing::error!(document = %material.document, sequence, reason = bad, "a change does not merge");
                    material.waiting.pop();
                    aside.push((sequence, bad.clone()));
                    reason = bad;
                }
            }
        }
        let mut merged = merged.ok_or(reason)?;
        merged.aside.extend(aside);
        Ok(merged)
    }

    fn attempt(&mut self, material: Material) -> Result<Merged, String> {
        let worker = match &mut self.work {
            Some(worker) => worker,
            None => self.work.insert(begin_at(&self.place)?),
        };
        let answer = match worker {
            Worker::Thread((work, answers)) => match work.send(material) {
                Ok(()) => answers.recv_timeout(self.limit),
                Err(_) => Err(RecvTimeoutError::Disconnected),
            },
            Worker::Process(child) => child.merge(material, self.limit),
        };
        match answer {
            Ok(outcome) => outcome,
            Err(reason) => {
                // A process is killed here. A thread keeps running until it ends by itself; we do not wait for it.
                self.work = None;
                Err(match reason {
                    RecvTimeoutError::Timeout => "merging took too long".into(),
                    RecvTimeoutError::Disconnected => "merging ended its worker".into(),
                })
            }
        }
    }
}

fn begin_at(place: &Place) -> Result<Worker, String> {
    Ok(match place {
        Place::Thread(merge) => Worker::Thread(begin(*merge)?),
        Place::Process(program, memory) => Worker::Process(Child::start(program, *memory)?),
    })
}

fn begin(merge: Merge) -> Result<Work, String> {
    let (work, inbox) = channel::<Material>();
    let (outbox, answers) = channel();
    std::thread::Builder::new()
        .name("merge-hand".into())
        .spawn(move || {
            while let Ok(material) = inbox.recv() {
                let outcome = catch_unwind(AssertUnwindSafe(|| merge(material)))
                    .unwrap_or_else(|_| Err("merging panicked".into()));
                if outbox.send(outcome).is_err() {
                    return;
                }
            }
        })
        .map_err(|error| error.to_string())?;
    Ok((work, answers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::document::Waiting;
    use gridwalk_core::{
        ids::{DocumentId, GridId, Hash},
        registry::Projection,
        sync::message::{AccessClass, DocumentKind, Partition},
        time::Timestamp,
    };
    use std::collections::HashMap;
    use uuid::Uuid;

    fn material(changes: &[&str]) -> Material {
        Material {
            document: DocumentId(Uuid::nil()),
            kind: DocumentKind::HOUSEHOLD,
            partition: Partition {
                grid: GridId(Uuid::nil()),
                class: AccessClass::GENERAL,
            },
            revision: 0,
            snapshot: None,
            published: Vec::new(),
            positions: HashMap::new(),
            waiting: (1..)
                .zip(changes)
                .map(|(sequence, words)| Waiting {
                    sequence,
                    hash: Hash::of(words.as_bytes()),
                    bytes: words.as_bytes().to_vec(),
                })
                .collect(),
            received_at: Timestamp(0),
        }
    }

    /// Stands in for Automerge: some words make it panic, fail or never come back.
    fn fragile(material: Material) -> Result<Merged, String> {
        for change in &material.waiting {
            match &change.bytes[..] {
                b"panic" => panic!("on purpose"),
                b"fail" => return Err("on purpose".into()),
                b"hang" => loop {
                    std::thread::park();
                },
                _ => {}
            }
        }
        Ok(Merged {
            document: material.document,
            partition: material.partition,
            revision: material.revision,
            snapshot: Vec::new(),
            projection: Projection::Unknown,
            entering: material
                .waiting
                .iter()
                .map(|change| (change.sequence, change.hash))
                .collect(),
            aside: Vec::new(),
            received_at: material.received_at,
        })
    }

    fn merged(changes: &[&str]) -> Result<(Vec<i64>, Vec<i64>), String> {
        // only what never comes back is waited for to the end; a panic on a busy machine may take a while to be told
        let limit = if changes.contains(&"hang") { 2 } else { 60 };
        let merged = Hand::at(Place::Thread(fragile), Duration::from_secs(limit))
            .merge(material(changes))?;
        let entering = merged
            .entering
            .iter()
            .map(|(sequence, _)| *sequence)
            .collect();
        let aside = merged.aside.iter().map(|(sequence, _)| *sequence).collect();
        Ok((entering, aside))
    }

    #[test]
    fn changes_that_merge_enter_together() {
        assert_eq!(merged(&["a", "b"]), Ok((vec![1, 2], vec![])));
    }

    #[test]
    fn a_change_that_panics_fails_or_hangs_is_put_aside_alone() {
        for poison in ["panic", "fail", "hang"] {
            assert_eq!(
                merged(&["a", poison, "b"]),
                Ok((vec![1, 3], vec![2])),
                "{poison}"
            );
        }
    }

    #[test]
    fn after_three_failures_the_rest_is_put_aside_unseen() {
        let changes = ["a", "fail", "fail", "fail", "b"];
        assert_eq!(merged(&changes), Ok((vec![1], vec![2, 3, 4, 5])));
    }

    #[test]
    fn where_nothing_merges_the_last_reason_is_told() {
        assert_eq!(merged(&["fail", "panic"]), Err("merging panicked".into()));
    }
}
