//! 林晓 gets a new phone while the old one has unsent work and no network: a file and a code carry it over, nothing is there twice,
//! and the old phone says that it has been replaced.

mod centre;

use centre::{GRID, Weather, World, door};
use gridwalk::{
    Gate, Phone,
    view::{IncidentStart, Receipt, ReportHow},
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId},
    incident::SourceChannel,
    patrol::PatrolKind,
    photo::PhotoStage,
};
use std::io::Cursor;
use uuid::Uuid;

const HALF: &str = "\"只写了一半的话\"";

fn code<T>(answer: Result<T, gridwalk::Failure>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

fn picture(shade: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([shade, x as u8, y as u8]));
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, image::ImageFormat::Jpeg)
        .unwrap();
    file.into_inner()
}

fn visit(phone: &Phone) -> String {
    let visit = phone.begin_visit(door(1), None).unwrap();
    let id = visit.id.to_string();
    phone.save_visit(door(1), visit).unwrap();
    id
}

/// A hazard with a photo; its events.
fn hazard(phone: &Phone) -> Vec<String> {
    let photo = phone
        .add_photo(&picture(7), PhotoStage::Before, phone.now(), None)
        .unwrap();
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.place.text = "3幢2单元楼道".into();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    let told = phone.report_incident(new, vec![photo], how).unwrap();
    told.view
        .events
        .iter()
        .map(|event| event.event.id.to_string())
        .collect()
}

/// Enrolled by the same worker, as another device of the centre.
async fn new_phone(world: &World) -> (World, Phone) {
    let new = world.another();
    world.centre.weather(Weather::Fine);
    world.centre.state().device = DeviceId(Uuid::from_u128(0x6f0));
    let phone = new.enrolled().await;
    (new, phone)
}

#[tokio::test]
async fn what_is_unsent_goes_on_from_the_new_phone_with_its_photos_and_half_sentences() {
    let world = World::new();
    let old = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let made = visit(&old);
    let events = hazard(&old);
    old.draft_put("report".into(), HALF.into()).unwrap();
    let before = old.move_state().unwrap();
    assert_eq!(
        (before.records, before.packed_at, before.replaced_at),
        (2, None, None)
    );
    let parcel = old.pack_parcel().unwrap();
    assert_eq!((parcel.records, parcel.left_out), (2, 0));
    assert_eq!(
        old.move_state().unwrap().records,
        2,
        "nothing changes by it"
    );

    let (_dir, new) = new_phone(&world).await;
    world.centre.weather(Weather::Offline);
    for wrong in ["", "0000-0000-0000", &parcel.code[1..]] {
        let refused = new.open_parcel(parcel.file.clone(), wrong.into());
        assert_eq!(code(refused), Some(Code::ParcelUnreadable), "{wrong}");
    }
    assert_eq!(
        code(new.open_parcel("不是".into(), parcel.code.clone())),
        Some(Code::ParcelUnreadable)
    );
    let typed = parcel.code.to_lowercase();
    let taken = new.open_parcel(parcel.file.clone(), typed).unwrap();
    assert_eq!((taken.records, taken.photos), (2, parcel.photos));
    let detail = new.household(door(1)).unwrap();
    assert_eq!(detail.visit_receipts.get(&made), Some(&Receipt::Local));
    assert_eq!(
        new.draft_get("report".into()).unwrap().as_deref(),
        Some(HALF)
    );
    let again = new
        .open_parcel(parcel.file.clone(), parcel.code.clone())
        .unwrap();
    assert_eq!((again.records, again.photos), (0, 0), "twice is once");
    assert_eq!(again.receipt, taken.receipt);
    assert_eq!(new.sync_state().unwrap().waiting_records, 2);

    world.centre.weather(Weather::Fine);
    new.sync_once().await.unwrap();
    let state = new.sync_state().unwrap();
    assert_eq!(
        (state.waiting_records, state.waiting_photos, state.stuck),
        (0, 0, 0)
    );
    let arrived = new.holdings().unwrap().acknowledged;
    assert!(arrived.visits.contains(&made));
    assert!(
        events
            .iter()
            .all(|event| arrived.incident_events.contains(event))
    );
    assert_eq!(
        world.centre.state().photos.whole.len() as u32,
        parcel.photos
    );
    // under the name of the phone that wrote it
    let uploads = world.centre.state().uploads.concat();
    assert!(
        uploads
            .iter()
            .filter(|group| group.author == Some(centre::DEVICE))
            .count()
            >= 2
    );

    // and the old one learns of it by six letters
    assert_eq!(
        code(old.parcel_arrived("XXXXXX".into())),
        Some(Code::ParcelUnreadable)
    );
    assert_eq!(old.move_state().unwrap().replaced_at, None);
    let replaced = old.parcel_arrived(taken.receipt.to_lowercase()).unwrap();
    assert!(replaced.replaced_at.is_some() && replaced.newer == 0);
}

#[tokio::test]
async fn an_act_that_the_centre_does_not_take_from_another_phone_is_applied_again_as_its_own() {
    let world = World::new();
    let old = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let made = visit(&old);
    let parcel = old.pack_parcel().unwrap();
    let (_dir, new) = new_phone(&world).await;
    new.open_parcel(parcel.file, parcel.code).unwrap();
    let own = visit(&new);
    // an older centre knows nothing of a worker's other phones
    let refusing = (Code::AuthorMismatch, 1);
    world
        .centre
        .state()
        .refusing
        .insert(DocumentId::from(door(1)), refusing);
    new.sync_once().await.unwrap();
    let state = new.sync_state().unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0));
    let arrived = new.holdings().unwrap().acknowledged.visits;
    assert!(arrived.contains(&made) && arrived.contains(&own));
    let visits = new.household(door(1)).unwrap().view.visits;
    assert_eq!(
        visits
            .iter()
            .filter(|visit| visit.visit.id.to_string() == made)
            .count(),
        1
    );
}

#[tokio::test]
async fn a_phone_is_given_away_with_unsent_work_only_when_another_has_all_of_it() {
    let world = World::new();
    let old = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    visit(&old);
    let parcel = old.pack_parcel().unwrap();
    world.ends(old).await;
    let gate = Gate::new(
        world.dir.path().to_owned(),
        world.ports_of(&world.centre),
        |_| (),
    );
    assert_eq!(code(gate.leave_phone(None)), Some(Code::UnsentWork));
    let (_dir, new) = new_phone(&world).await;
    let taken = new.open_parcel(parcel.file, parcel.code).unwrap();
    world.centre.weather(Weather::Offline);
    let old = gate.phone().unwrap();
    old.parcel_arrived(taken.receipt).unwrap();
    // one more, after it was packed
    visit(&old);
    assert_eq!(old.move_state().unwrap().newer, 1);
    assert_eq!(code(gate.leave_phone(None)), Some(Code::UnsentWork));
    let parcel = old.pack_parcel().unwrap();
    assert_eq!(
        old.move_state().unwrap().replaced_at,
        None,
        "a new file, a new receipt"
    );
    let taken = new.open_parcel(parcel.file, parcel.code).unwrap();
    assert_eq!(taken.records, 1);
    old.parcel_arrived(taken.receipt).unwrap();
    drop(old);
    gate.leave_phone(None).unwrap();
    assert!(!gate.phone().unwrap().status().unwrap().enrolled);
}

#[tokio::test]
async fn a_patrol_is_ended_on_the_phone_that_walks_it() {
    let world = World::new();
    let old = world.enrolled().await;
    let patrol = old.patrol_start_free(GRID, PatrolKind::Night).unwrap().id;
    assert_eq!(code(old.pack_parcel()), Some(Code::PatrolRunning));
    old.patrol_pause(patrol).unwrap();
    assert_eq!(code(old.pack_parcel()), Some(Code::PatrolRunning));
    old.patrol_finish(patrol, false, None).unwrap();
    old.pack_parcel().unwrap();
}
