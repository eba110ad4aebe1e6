//! Words: what a new phone hands in, what offices export, what a worker looks for.

use crate::{crash, process::Outcome};
use ed25519_dalek::SigningKey;
use gridwalk::Phone;
use gridwalk_core::{error::Code, ids::DeviceId, time::Timestamp, work_card};
use gridwalk_server::{auth::enrol::EnrolCode, console::export, routes::device::Enrol};
use std::sync::LazyLock;

/// A new phone's first words.
pub fn enrol_json(bytes: &[u8]) {
    let typed = match serde_json::from_slice::<Enrol>(bytes) {
        Ok(enrol) => enrol.code,
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    };
    if let Some(code) = EnrolCode::parse(&typed) {
        let again = EnrolCode::parse(&code.to_string()).expect("a printed code can be typed");
        assert_eq!((again.id, again.secret), (code.id, code.secret));
    }
}

/// What a resident's phone scanned, whoever drew it: refused in a word, or the only letters that say what they say, and signed by
/// nobody whom a stranger can be.
pub fn work_card(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(shown) = work_card::read(&text) {
        assert!(text.is_ascii() && text.len() == work_card::LETTERS);
        let nobody = SigningKey::from_bytes(&[3; 32]).verifying_key();
        assert!(!shown.is_signed_by(&nobody));
    }
}

/// Any cells: the sheet is one that a reader understands, with as many cells, none of which a spreadsheet would run, and
/// nothing but an apostrophe was added.
pub fn export_csv_roundtrip(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let cells: Vec<String> = text.split('\u{1f}').map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = cells
        .chunks(4)
        .map(|row| {
            let mut row = row.to_vec();
            row.resize(4, String::new());
            row
        })
        .collect();
    let sheet = export::sheet(&rows).expect("any cells can be written");
    let sheet = std::str::from_utf8(&sheet).expect("UTF-8");
    // the reader takes the mark away, and one that a cell begins with is not it
    assert!(sheet.starts_with('\u{feff}'), "a mark for spreadsheets");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(sheet.as_bytes());
    let read: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("a sheet");
    assert_eq!(read.len(), rows.len());
    for (read, row) in read.iter().zip(&rows) {
        assert_eq!(read.len(), row.len());
        for (cell, was) in read.iter().zip(row) {
            let dangerous = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            assert!(!dangerous || cell.parse::<f64>().is_ok(), "{cell:?}");
            assert!(
                cell == was || cell.strip_prefix('\'') == Some(was),
                "{cell:?} was {was:?}"
            );
        }
    }
}

static PHONE: LazyLock<Result<crash::Resting, String>> =
    LazyLock::new(|| crash::Resting::new().map_err(|error| error.to_string()));

fn phone() -> &'static Phone {
    match &*PHONE {
        Ok(resting) => &resting.phone,
        Err(error) => panic!("no phone: {error}"),
    }
}

/// What a worker types into the search: an answer, whatever signs are in it.
pub fn search_query(bytes: &[u8]) {
    let query = String::from_utf8_lossy(bytes).into_owned();
    match phone().search(query.clone()) {
        Ok(_) => {}
        Err(failure) => assert_ne!(failure.code, Code::StorageBroken, "{failure}"),
    }
    match phone().households(query) {
        Ok(_) => {}
        Err(failure) => assert_ne!(failure.code, Code::StorageBroken, "{failure}"),
    }
}

/// Codes as phones show them.
pub fn work_cards() -> Outcome<Vec<Vec<u8>>> {
    let key = SigningKey::from_bytes(&[4; 32]);
    let codes = [0, 1_789_347_600_000]
        .map(|at| work_card::issue(&key, DeviceId(uuid::Uuid::from_u128(7)), Timestamp(at)));
    Ok(codes.map(String::into_bytes).to_vec())
}

/// An enrolment as a phone sends it.
pub fn enrolments() -> Outcome<Vec<Vec<u8>>> {
    let code = EnrolCode::new()
        .map_err(|error| error.to_string())?
        .to_string();
    let json = serde_json::json!({"code": code, "public_key": "00".repeat(32), "app": "0.1.0"});
    Ok(vec![code.into_bytes(), serde_json::to_vec(&json)?])
}

/// Cells that went wrong elsewhere.
pub fn cells() -> Outcome<Vec<Vec<u8>>> {
    let all = "=HYPERLINK(\"http://x\")\u{1f}+86 130\u{1f}-1.5\u{1f}@a\u{1f}\tb\u{1f}a\"b\r\nc\u{1f}𠮷野\u{1f}\u{feff}";
    Ok(vec![all.as_bytes().to_vec(), b"a\x1fb".to_vec()])
}

/// Names, rooms, phone tails, and the syntax of two query languages.
pub fn queries() -> Outcome<Vec<Vec<u8>>> {
    let all = [
        "张桂芳",
        "zgf",
        "501",
        "3-2",
        "1234",
        "' OR 1=1 --",
        "%",
        "_",
        "\"a\" NEAR b",
        "a* OR b",
        "name:x",
        "(",
        "^",
    ];
    Ok(all.map(|text| text.as_bytes().to_vec()).to_vec())
}
