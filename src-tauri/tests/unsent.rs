//! The file that is handed over when records cannot be sent: what is in it is what lies on the phone, byte for byte.

mod centre;
mod handed;
mod shots;

use centre::{NINE, World};
use gridwalk_core::{ids::Hash, incident::IncidentAction};
use gridwalk_fixtures::{
    photos::Variant,
    voice::{Recorded, webm},
};
use handed::{opened, taken_away};
use image::{ImageFormat, RgbImage};
use shots::{added, report, report_at, taken};
use std::io::Cursor;

fn named(list: &serde_json::Value, hash: Hash) -> &serde_json::Value {
    let mut list = list.as_array().unwrap().iter();
    list.find(|blob| blob["sha256"] == hash.to_string())
        .unwrap()
}

#[tokio::test]
async fn photos_and_voice_notes_are_in_the_file_byte_for_byte_under_the_names_that_it_tells() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shots = [taken(&phone, Variant::Small), taken(&phone, Variant::Black)];
    let case = report(&phone, shots.to_vec());
    let telltale = false;
    let recorded = webm(Recorded {
        ms: 3_000,
        telltale,
        seed: 1,
    });
    let voice = phone.add_voice(&recorded, NINE).unwrap();
    let said = IncidentAction::AddVoice {
        voice: voice.clone(),
    };
    phone.act_on_incident(case, said).unwrap();

    let told = phone.begin_unsent().unwrap();
    assert_eq!((told.photos, told.voices, told.left_out), (2, 1, 0));
    let file = opened(&taken_away(&phone));
    assert_eq!(file.len(), 4, "three and what is told of them");
    let json: serde_json::Value = serde_json::from_slice(&file["records.json"]).unwrap();
    assert_eq!(
        json["records"].as_array().unwrap().len() as u32,
        told.records
    );
    let photos = shots.iter().map(|shot| (&json["photos"], shot.hash));
    for (list, hash) in photos.chain([(&json["voices"], voice.hash)]) {
        let name = named(list, hash)["file"].as_str().unwrap();
        assert_eq!(Hash::of(&file[name]), hash, "{name}");
    }
    let name = named(&json["voices"], voice.hash)["file"].as_str().unwrap();
    assert!(
        name.starts_with("voices/") && name.ends_with(".webm"),
        "{name}"
    );

    // and nothing changed by it
    assert_eq!(phone.sync_state().unwrap().waiting_photos, 2);
    phone.sync_once().await.unwrap();
    let told = phone.begin_unsent().unwrap();
    assert_eq!(
        (told.records, told.photos, told.voices),
        (0, 0, 0),
        "it arrived"
    );
}

#[tokio::test]
async fn an_original_stays_and_what_is_gone_is_named_while_the_rest_goes_along() {
    let world = World::new();
    let phone = world.enrolled().await;
    let picture = RgbImage::from_fn(2000, 1500, |x, y| image::Rgb([x as u8, y as u8, 7]));
    let mut camera = Cursor::new(Vec::new());
    picture.write_to(&mut camera, ImageFormat::Jpeg).unwrap();
    let urgent = added(&phone, &camera.into_inner());
    let lost = taken(&phone, Variant::Black);
    let case = report_at(&phone, vec![urgent.clone(), lost.clone()], 1);
    let photos = phone.incident(case).unwrap().view.photos;
    let original = photos.iter().find_map(|photo| photo.original).unwrap();
    let place = world.dir.path().join("photos").join(lost.hash.to_string());
    std::fs::remove_file(place).unwrap();

    let told = phone.begin_unsent().unwrap();
    assert_eq!((told.photos, told.left_out), (2, 1));
    let file = opened(&taken_away(&phone));
    let json: serde_json::Value = serde_json::from_slice(&file["records.json"]).unwrap();
    let why = |hash| &named(&json["photos"], hash)["left_out"];
    assert_eq!(*why(original.hash), "original");
    assert_eq!(*why(lost.hash), "gone");
    let kept: Vec<_> = file.values().map(|bytes| Hash::of(bytes)).collect();
    assert_eq!(file.len(), 2);
    assert!(kept.contains(&urgent.hash) && !kept.contains(&original.hash));
}

#[tokio::test]
async fn beginning_again_begins_from_the_start_and_a_file_that_nobody_began_is_empty() {
    let world = World::new();
    let phone = world.enrolled().await;
    report(&phone, vec![taken(&phone, Variant::Small)]);
    assert!(phone.unsent_piece().unwrap().is_empty());
    let pictures = |file: Vec<u8>| {
        let mut file = opened(&file);
        file.remove("records.json"); // it says when it was made
        file
    };
    let whole = pictures(taken_away(&phone));
    assert_eq!(whole.len(), 1);
    phone.begin_unsent().unwrap();
    phone.unsent_piece().unwrap();
    assert_eq!(pictures(taken_away(&phone)), whole);
    assert!(phone.unsent_piece().unwrap().is_empty());
}
