//! A phone whose disk is full: a photo is refused in words of its own, nothing of it is left, and the record that it was for
//! is saved all the same. The disk is a small one of its own, and really full.

mod centre;

use centre::{NINE, World, door};
use gridwalk::{
    Phone,
    view::{IncidentStart, Receipt, ReportHow},
};
use gridwalk_core::{
    error::Code,
    ids::IncidentId,
    incident::{IncidentAction, Severity, SourceChannel},
    photo::{Photo, PhotoStage},
};
use gridwalk_fixtures::photos::{Variant, photo};
use image::{ImageFormat, Rgb, RgbImage};
use std::{
    fs::{File, OpenOptions},
    io::{Cursor, ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// Set in the process whose temporary folder is the small disk.
const SMALL_DISK: &str = "GRIDWALK_TEST_SMALL_DISK";
const MIB: u64 = 1024 * 1024;

/// Runs the test of this name once more, in a name space of its own where its temporary folder is a disk of 24 MiB. False in
/// that process, which tells the story; the other one only looks how it ended.
fn on_a_small_disk(name: &str) -> bool {
    if std::env::var_os(SMALL_DISK).is_some() {
        return false;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let apart = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-ec", script, "sh"]);
        command.arg(folder.path());
        command
    };
    const MOUNT: &str = "mount -t tmpfs -o size=24m none \"$1\"";
    let possible = apart(MOUNT).output();
    if !possible.is_ok_and(|tried| tried.status.success()) {
        eprintln!("skipped: nobody may mount a disk of his own here");
        return true;
    }
    let told = apart(&format!("{MOUNT}; exec \"$2\" --exact \"$3\" --nocapture"))
        .arg(std::env::current_exe().expect("this test"))
        .arg(name)
        .env("TMPDIR", folder.path())
        .env(SMALL_DISK, "1")
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&told.stdout);
    assert!(
        told.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&told.stderr)
    );
    true
}

/// Something else on the phone, which takes all the room there is but so much.
fn leave(place: &Path, free: u64) -> PathBuf {
    let films = place.join("films");
    let mut file = File::create(&films).expect("a file");
    let mut taken = 0;
    loop {
        match file.write(&[7; 4096]) {
            Ok(written) => taken += written as u64,
            Err(error) if error.kind() == ErrorKind::StorageFull => break,
            Err(error) => panic!("{error}"),
        }
    }
    let file = OpenOptions::new().write(true).open(&films).expect("it");
    file.set_len(taken - free).expect("some room");
    films
}

fn begun(phone: &Phone, severity: u8) -> gridwalk_core::incident::NewIncident {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(severity).unwrap();
    new
}

fn report(phone: &Phone, severity: u8, photos: Vec<Photo>) -> IncidentId {
    let how = ReportHow::Submit {
        without_photo_because: photos.is_empty().then(|| "手机满了，照片没存上".into()),
    };
    let reported = phone.report_incident(begun(phone, severity), photos, how);
    reported.expect("the record is saved").row.id
}

fn pictures(world: &World) -> usize {
    match std::fs::read_dir(world.dir.path().join("photos")) {
        Ok(files) => files.count(),
        Err(_) => 0,
    }
}

#[tokio::test]
async fn a_photo_for_which_there_is_no_room_is_refused_by_name_and_its_record_is_saved() {
    if on_a_small_disk(
        "a_photo_for_which_there_is_no_room_is_refused_by_name_and_its_record_is_saved",
    ) {
        return;
    }
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let file = photo(Variant::Small);
    // room for the photo, and then none for a record: the record goes before; or no room at all
    for free in [MIB + MIB / 8, 64 * 1024] {
        let films = leave(&std::env::temp_dir(), free);
        let refused = phone.add_photo(&file, PhotoStage::Before, NINE, None);
        assert_eq!(
            refused.unwrap_err().code,
            Code::PhotoNoRoom,
            "{free} bytes free"
        );
        assert_eq!(pictures(&world), 0, "what it had taken is free again");
        if free > MIB {
            let visit = phone.begin_visit(door(1), None).unwrap();
            phone
                .save_visit(door(1), visit)
                .expect("the visit is saved");
            let id = report(&phone, 3, Vec::new());
            let state = phone.sync_once().await.unwrap();
            assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
            assert_eq!(phone.incident(id).unwrap().row.receipt, Receipt::Centre);
            std::fs::remove_file(films).unwrap();
            let added = phone.add_photo(&file, PhotoStage::Before, NINE, None);
            let add = IncidentAction::AddPhoto {
                photo: added.expect("there is room"),
            };
            phone.act_on_incident(id, add).expect("it is added later");
            assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
            std::fs::remove_dir_all(world.dir.path().join("photos")).unwrap();
        }
    }
}

#[tokio::test]
async fn where_there_is_no_room_for_an_original_its_photo_is_kept() {
    if on_a_small_disk("where_there_is_no_room_for_an_original_its_photo_is_kept") {
        return;
    }
    let world = World::new();
    let phone = world.enrolled().await;
    let mut n = 0x9e37_79b9_u32;
    let noise = RgbImage::from_fn(2400, 1800, |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [r, g, b, _] = n.to_be_bytes();
        Rgb([r, g, b])
    });
    let mut file = Cursor::new(Vec::new());
    noise.write_to(&mut file, ImageFormat::Jpeg).unwrap();
    let file = file.into_inner();
    assert!(file.len() as u64 > 2 * MIB, "{}", file.len());
    let films = leave(&std::env::temp_dir(), 3 * MIB);
    let shot = phone.add_photo(&file, PhotoStage::Before, NINE, None);
    let shot = shot.expect("the photo is what counts");
    assert_eq!(pictures(&world), 1);
    let id = report(&phone, 1, vec![shot]);
    let named = &phone.incident(id).unwrap().view.photos[0];
    assert_eq!(
        named.original, None,
        "the record promises nothing that is not here"
    );
    std::fs::remove_file(films).unwrap();
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
}
