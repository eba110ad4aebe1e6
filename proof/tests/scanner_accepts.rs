//! The scanner is as wrong when it refuses honest work as when it passes a forgery: every change that our own code has made
//! passes, alone and among the others of its document.

use gridwalk_core::{
    scan::{Admission, Limits, Lineage, scan_change},
    sync::{
        frame,
        message::{FeedBody, Request, Response},
    },
};
use gridwalk_proof::crash::{log_of_a_session, log_of_a_street};
use std::path::Path;

/// Each change is new to its document; how many there were.
fn all_pass(changes: &[Vec<u8>]) -> usize {
    let mut lineage = Lineage::new(Limits::default());
    for change in changes {
        scan_change(change, &Limits::default()).expect("our own change passes");
        let admitted = lineage.admit(change);
        assert!(matches!(admitted, Ok(Admission::New(_))), "{admitted:?}");
    }
    changes.len()
}

#[test]
fn every_change_of_a_whole_grid_and_its_ninety_days_passes() {
    let log = log_of_a_street(usize::MAX).unwrap();
    let changes: usize = log.iter().map(|(_, changes)| all_pass(changes)).sum();
    let kinds: std::collections::BTreeSet<u16> = log.iter().map(|(kind, _)| kind.0).collect();
    assert!(changes > 1_000, "{changes} changes");
    assert!(kinds.len() >= 5, "kinds {kinds:?}");
    assert!(kinds.contains(&6), "no care plan");
}

#[test]
fn every_change_of_scripted_sessions_passes() {
    let mut changes = 0;
    for seed in 100..103 {
        let log = log_of_a_session(seed).unwrap();
        changes += log
            .iter()
            .map(|(_, changes)| all_pass(changes))
            .sum::<usize>();
    }
    assert!(changes > 60, "{changes} changes");
}

#[test]
fn every_change_of_the_kept_samples_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/wire/v1");
    let mut seen = 0;
    let mut check = |bytes: &[u8]| {
        scan_change(bytes, &Limits::default()).expect("a kept change passes");
        seen += 1;
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let body = match name.rsplit_once('.') {
            Some((_, "body")) => bytes,
            Some((_, "cbor")) => [&[0][..], &bytes].concat(),
            Some(("change", "bin")) => {
                check(&bytes);
                continue;
            }
            _ => continue,
        };
        if name.starts_with("request") {
            let request: Request = frame::decode(&body).unwrap();
            let documents = request
                .upload
                .into_iter()
                .flat_map(|upload| upload.documents);
            documents
                .flat_map(|group| group.changes)
                .for_each(|change| check(&change));
        } else if name.starts_with("response") {
            let response: Response = frame::decode(&body).unwrap();
            for row in response.partitions.into_iter().flat_map(|news| news.rows) {
                if let FeedBody::Change { bytes, .. } = row.body {
                    check(&bytes);
                }
            }
        }
    }
    assert!(seen >= 3, "{seen} changes");
}
