//! A photo in the window, from the file to the centre's disk: chosen, a face covered, stamped, saved, stopped half way by
//! the line, and received. And the sentence of a phone whose disk is full, with the record saved all the same.

use super::{
    centre::Centre,
    glass::{Glass, PATIENCE, named},
    line::Line,
};
use gridwalk_fixtures::photos::{PLACE, Variant, exif, photo};
use gridwalk_proof::process::Outcome;
use image::RgbImage;
use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// What a finger draws around the fixture's face, in parts of the picture.
const FACE: [(f64, f64); 2] = [(0.08, 0.25), (0.36, 0.68)];
/// The fixture's plate, which is covered and uncovered again.
const PLATE: [(f64, f64); 2] = [(0.55, 0.64), (0.79, 0.78)];
/// Left, top, right, bottom in pixels of the stored photo: the face's eyes, the plate's letters, and the corner of the stamp.
const EYES: [u32; 4] = [230, 525, 480, 600];
const LETTERS: [u32; 4] = [910, 810, 1220, 890];
const CORNER: [u32; 4] = [20, 1145, 600, 1195];
/// Brightness from one pixel to the next: an edge that an eye sees, and what JPEG leaves where there is none.
const EDGE: u8 = 60;
const SMOOTH: u8 = 16;
/// One PATCH of the photo lane.
const PIECE: u64 = 128 * 1024;
/// Lets the record, its thumbnail and the first piece pass, and the second begin.
const HALF_WAY: u64 = 158_000;

/// The file that the camera hands over: a face, a plate, and where it was taken.
pub fn camera_file(folder: &Path) -> Outcome<PathBuf> {
    let file = folder.join("face-and-plate.jpg");
    let bytes = exif::insert(
        &photo(Variant::FaceAndPlate),
        &exif::segment(1, Some(PLACE)),
    );
    std::fs::write(&file, bytes)?;
    Ok(file)
}

/// The disk is full when the photo is put away: a sentence says so, the report is saved without it.
pub async fn is_refused_in_words_on_a_full_disk(
    glass: &Glass,
    phone: &Path,
    file: &Path,
) -> Outcome<()> {
    opens_a_report(glass).await?;
    let hash = chooses(glass, file).await?;
    glass.tap("report-drop").await?;
    let sealed = phone.join("photos").join(&hash);
    comes_true(|| !sealed.exists()).await?;
    // The same picture has the same name: its next writing meets a device without room.
    let part = phone.join("photos").join(format!("{hash}.part"));
    symlink("/dev/full", &part)?;
    glass.give_file("report-photo", file).await?;
    glass
        .holds("document.querySelector('[data-testid=report-fault][data-code=PHOTO_NO_ROOM]').textContent.includes('手机满了')")
        .await?;
    glass.picture("photo-disk-full").await?;
    // the form says by itself why there is no photo
    glass.tap("report-category-F01001").await?;
    glass.tap("report-save").await?;
    glass.screen("incident").await?;
    glass
        .holds("document.querySelector('[data-testid=screen-incident] [data-receipt=local]')")
        .await?;
    match part.symlink_metadata() {
        Ok(_) => Err("the half of a photo takes room on a full disk".into()),
        Err(_) => Ok(()),
    }
}

/// From the file to the centre's disk. The centre is closed when this begins, and open when it ends.
pub async fn is_covered_stamped_and_received(
    glass: &Glass,
    centre: &mut Centre,
    line: &Line,
    file: &Path,
) -> Outcome<()> {
    opens_a_report(glass).await?;
    let bare = chooses(glass, file).await?;
    let hash = marks(glass, &bare).await?;
    glass.tap("report-category-F01001").await?;
    glass.tap("report-save").await?;
    glass.screen("incident").await?;
    glass
        .holds("[...document.querySelectorAll('[data-testid=screen-incident] img')].some((i) => i.naturalWidth > 0)")
        .await?;

    glass.go("/sync").await?;
    glass.screen("sync").await?;
    glass.holds(&item(&hash, "local", "")).await?;
    glass
        .holds("['1 张照片', '还只在这台手机上'].every((w) => document.querySelector('[data-testid=sync-headline]').innerText.replaceAll('\\u00a0', ' ').includes(w))")
        .await?;
    glass.picture("photo-queued").await?;

    line.carried();
    line.stops_after(HALF_WAY);
    centre.open()?;
    glass.tap("sync-now").await?;
    let moving = ".querySelector('[role=progressbar]').ariaValueNow > 0";
    glass.holds(&item(&hash, "local", moving)).await?;
    glass.picture("photo-half-way").await?;
    centre.close();
    line.flows();
    centre.open()?;
    glass.tap("sync-now").await?;
    let arrived = ".querySelector('[data-receipt=centre]').textContent.includes('已到中心')";
    glass.holds(&item(&hash, "centre", arrived)).await?;
    glass
        .holds("document.querySelector('[data-testid=sync-headline]').textContent.includes('都已到中心')")
        .await?;
    glass.picture("photo-arrived").await?;

    let stored = centre.photo(&hash)?;
    let needed = stored.len() as u64;
    assert!(needed > HALF_WAY, "{needed} bytes have no half way");
    let carried = line.carried();
    assert!(
        carried < needed + PIECE,
        "{carried} bytes left the phone for {needed}: it began again"
    );
    assert!(centre.photo(&bare).is_err(), "the bare face left the phone");
    looks_as_it_was_marked(&stored, &std::fs::read(file)?)
}

/// From today, by the tab.
pub async fn opens_a_report(glass: &Glass) -> Outcome<()> {
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass.tap("tab-report").await?;
    glass.screen("report").await
}

/// Answers with the hash of the photo that is shown then.
async fn chooses(glass: &Glass, file: &Path) -> Outcome<String> {
    glass.give_file("report-photo", file).await?;
    shown(glass, "none").await
}

/// The hash of the photo on the screen, once it is another one than `before`.
async fn shown(glass: &Glass, before: &str) -> Outcome<String> {
    let image = "document.querySelector('[data-testid=report-photo-shown]')";
    glass
        .holds(&format!(
            "{image}.naturalWidth > 0 && !{image}.src.endsWith('{before}')"
        ))
        .await?;
    let hash = glass
        .value(&format!("{image}.src.split('/').pop()"))
        .await?;
    Ok(hash.as_str().ok_or("the photo has no name")?.to_owned())
}

/// A finger over the face, another over the plate that is taken back, and the stamp.
async fn marks(glass: &Glass, bare: &str) -> Outcome<String> {
    glass.tap("report-mark").await?;
    glass
        .holds("document.querySelector('[data-testid=mark-canvas] img').naturalWidth > 0")
        .await?;
    glass.drag("mark-canvas", FACE).await?;
    glass.holds(&veils(1)).await?;
    glass.drag("mark-canvas", PLATE).await?;
    glass.holds(&veils(2)).await?;
    glass.tap("mark-undo").await?;
    glass.holds(&veils(1)).await?;
    let place = glass
        .value("(({ left, top, width, height }) => [left, top, width, height].map(parseFloat))(document.querySelector('[data-testid=mark-veil]').style)")
        .await?;
    let place: Vec<f64> = serde_json::from_value(place)?;
    let [(left, top), (right, bottom)] = FACE;
    let wanted = [left, top, right - left, bottom - top].map(|part| part * 100.0);
    for (is, should) in place.iter().zip(wanted) {
        assert!((is - should).abs() < 1.0, "{place:?} for {wanted:?}");
    }
    glass.tap("mark-stamp").await?;
    glass
        .holds(&format!(
            "document.querySelector('{}').ariaChecked === 'true'",
            named("mark-stamp")
        ))
        .await?;
    glass.picture("photo-mark").await?;
    glass.tap("mark-done").await?;
    let hash = shown(glass, bare).await?;
    glass.picture("photo-marked").await?;
    Ok(hash)
}

/// The centre's bytes: nothing of the face, the plate as it was, a stamp, and nothing that the camera wrote beside it.
fn looks_as_it_was_marked(stored: &[u8], taken: &[u8]) -> Outcome<()> {
    let traces = exif::TRACES.map(str::as_bytes);
    let holds = |bytes: &[u8], trace: &[u8]| bytes.windows(trace.len()).any(|part| part == trace);
    for trace in traces {
        assert!(holds(taken, trace) && !holds(stored, trace));
    }
    let (after, before) = (decoded(stored)?, decoded(taken)?);
    assert_eq!(after.dimensions(), before.dimensions());
    let edges = [EYES, LETTERS].map(|part| (sharpest(&before, part), sharpest(&after, part)));
    let [(eyes_before, eyes), (letters_before, letters)] = edges;
    assert!(
        eyes_before > EDGE && eyes < SMOOTH,
        "the eyes: {eyes_before}, {eyes}"
    );
    assert!(
        letters_before > EDGE && letters > EDGE,
        "the plate: {letters}"
    );
    let (bare, stamped) = (bright(&before, CORNER), bright(&after, CORNER));
    assert!(bare == 0 && stamped > 500, "the stamp: {bare}, {stamped}");
    Ok(())
}

fn decoded(jpeg: &[u8]) -> Outcome<RgbImage> {
    Ok(image::load_from_memory(jpeg)?.into_rgb8())
}

/// The largest step between two neighbours of a row.
fn sharpest(picture: &RgbImage, [left, top, right, bottom]: [u32; 4]) -> u8 {
    let grey = |x, y| picture.get_pixel(x, y).0[1];
    let steps = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
    steps
        .map(|(x, y)| grey(x, y).abs_diff(grey(x + 1, y)))
        .max()
        .unwrap_or(0)
}

/// How many pixels are as white as a stamp's letters.
fn bright(picture: &RgbImage, [left, top, right, bottom]: [u32; 4]) -> usize {
    let all = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
    all.filter(|(x, y)| picture.get_pixel(*x, *y).0.iter().all(|part| *part > 215))
        .count()
}

/// The photo's row of the sync page, with this receipt and whatever else is asked of it.
fn item(hash: &str, receipt: &str, further: &str) -> String {
    format!(
        "document.querySelector('[data-testid=sync-item][data-kind=photo][data-id=\"{hash}\"][data-receipt-of={receipt}]'){further}"
    )
}

fn veils(count: usize) -> String {
    format!("document.querySelectorAll('[data-testid=mark-veil]').length === {count}")
}

async fn comes_true(fact: impl Fn() -> bool) -> Outcome<()> {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    let looks = async {
        while !fact() {
            ticks.tick().await;
        }
    };
    Ok(tokio::time::timeout(PATIENCE, looks).await?)
}
