//! A phone hears that its photo has arrived only after the disk has it: file, name and row. Looked at from outside, in the
//! order in which the system was called, because nothing inside a process can tell whether it waited for its disk.

mod field;

use field::{
    Field,
    database::ADDRESS,
    tus::{append, create, header, picture},
};
use gridwalk_core::ids::Hash;
use std::{collections::HashMap, process::Command};

/// Set in the process that is looked at.
const WATCHED: &str = "GRIDWALK_TEST_WATCHED";
const NAME: &str = "a_photo_is_acknowledged_after_its_file_its_name_and_its_row_are_on_the_disk";
const CALLS: &str = "trace=fsync,fdatasync,rename,write,writev,sendto,sendmsg";

/// The calls of every thread in the order in which they ended, each on one line.
fn calls(log: &str) -> Vec<String> {
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, first.to_owned());
        } else if let Some(rest) = call.strip_prefix("<... ") {
            let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
            calls.push(begun.remove(thread).unwrap_or_default() + rest);
        } else {
            calls.push(call.to_owned());
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_acknowledged_after_its_file_its_name_and_its_row_are_on_the_disk() {
    let hash = Hash::of(&picture().jpeg);
    if std::env::var_os(WATCHED).is_some() {
        let field = Field::open().await;
        let lin = field.phone("lin-xiao").await;
        let begun = create(&lin, &hash, picture().jpeg.len()).await;
        let sent = append(&lin, &header(&begun, "location"), 0, &picture().jpeg).await;
        assert_eq!(header(&sent, "location"), format!("/blobs/{hash}"));
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-s", "600", "-e", CALLS, "-o"]);
    strace.arg(&log);
    let mut trying = Command::new("strace");
    let trying = trying
        .args(["-f", "-qq", "-o", "/dev/null", "true"])
        .output();
    if !trying.is_ok_and(|tried| tried.status.success()) {
        eprintln!("skipped: nobody may look on here (strace)");
        return;
    }
    strace.arg(std::env::current_exe().expect("this test"));
    strace.args(["--exact", NAME, "--nocapture"]);
    // its own store: a bucket and another database do their part where nobody looks
    strace
        .env(WATCHED, "1")
        .env_remove(field::BUCKET)
        .env_remove(ADDRESS);
    let told = strace.output().expect("a process");
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stdout)
    );
    let calls = calls(&std::fs::read_to_string(&log).expect("calls"));
    let shelf = format!("/whole/{}", &hash.to_string()[..2]);
    let named = format!("{shelf}/{hash}\"");
    let after = |from: usize, what: &str, is: &dyn Fn(&str) -> bool| {
        let rest = calls.iter().enumerate().skip(from);
        let mut rest = rest.filter(|(_, call)| is(call)).map(|(at, _)| at);
        rest.next()
            .unwrap_or_else(|| panic!("{what} was not called after {from}"))
    };
    let synced = |call: &str| call.starts_with("fsync(") || call.starts_with("fdatasync(");
    let rename = after(0, "the name", &|call| {
        call.starts_with("rename(") && call.contains(&named)
    });
    let part = calls[rename].split('"').nth(1).expect("its old name");
    let file = calls[..rename]
        .iter()
        .filter(|call| synced(call) && call.contains(part));
    assert_eq!(file.count(), 1, "the file before its name");
    let name = after(rename, "the entry", &|call| {
        synced(call) && call.contains(&format!("{shelf}>"))
    });
    let row = after(name, "the row", &|call| {
        synced(call) && call.contains("registry.db-wal>")
    });
    let said = after(0, "the answer", &|call| {
        call.contains("204 No Content") && call.contains(&format!("location: /blobs/{hash}"))
    });
    assert!(row < said, "{:#?}", &calls[rename..=said.max(row)]);
}
