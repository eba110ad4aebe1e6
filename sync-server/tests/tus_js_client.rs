//! Somebody else's client of tus, in its newest major version, uploads photos and breaks off at random: everything arrives,
//! and whatever it gave up leaves nothing. `scripts/tus.sh` installs it and says where it is.

mod field;

use field::{Field, tus::pictures};
use gridwalk_core::ids::Hash;
use std::process::Command;

/// Where `proof/tus/client.mjs` has its package, and with which seeds it plays.
const CLIENT: &str = "GRIDWALK_TEST_TUS";

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_client_brings_every_photo_however_often_it_breaks_off() {
    let Ok(client) = std::env::var(CLIENT) else {
        return eprintln!("skipped: scripts/tus.sh brings the client");
    };
    for seed in 1..=5 {
        let field = Field::open().await;
        let lin = field.phone("lin-xiao").await;
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = Vec::new();
        for (n, picture) in pictures().iter().take(4).enumerate() {
            let file = folder.path().join(format!("{n}.jpg"));
            std::fs::write(&file, &picture.jpeg).expect("a file");
            files.push(file);
        }
        let (url, token) = (lin.url.clone(), lin.token.clone());
        let mut node = Command::new("node");
        node.arg(&client)
            .args([url, token, seed.to_string()])
            .args(&files);
        let ran = tokio::task::spawn_blocking(move || node.output());
        let ran = ran.await.expect("a thread").expect("node");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(
            ran.status.success(),
            "seed {seed}: {said} {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let counted: serde_json::Value = serde_json::from_str(&said).expect("json");
        assert!(counted["aborted"].as_u64() > Some(0), "seed {seed}: {said}");
        for picture in pictures().iter().take(4) {
            let kept = field.server.state().blobs.get(&Hash::of(&picture.jpeg));
            assert_eq!(kept.expect("a photo"), picture.jpeg, "seed {seed}");
        }
        assert_eq!(
            field.count("select count(*) from upload").await,
            0,
            "seed {seed}"
        );
        assert_eq!(
            field.count("select count(*) from upload_piece").await,
            0,
            "seed {seed}"
        );
    }
}
