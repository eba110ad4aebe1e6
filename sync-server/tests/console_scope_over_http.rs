//! What somebody sees at the console, and what not: communities, roles, departments; exports that leave a line in the
//! trail and run nothing in a spreadsheet. The list of routes is the OpenAPI's, so that a new one cannot be forgotten.

mod field;

use field::{
    Field, demo_street,
    desk::{Desk, somebody},
    phone::{refusal, refused},
    records::{REASONS, Records},
    slow_disk::SlowDisk,
};
use gridwalk_core::{error::Code, ids::Hash, time::Timestamp};
use gridwalk_server::{console::openapi::described, store::loss};
use serde_json::json;
use utoipa::openapi::RefOr;

const DAYS: &str = "from=2026-09-14&to=2026-09-14";

/// What every person of the street may know: themselves, and catalogues that name no place and no resident.
const NO_PLACE: [&str; 3] = [
    "/api/me",
    "/api/registry/departments",
    "/api/registry/categories",
];

/// Everything that can be taken out.
const FILES: [&str; 4] = [
    "patrols.csv",
    "patrols.geojson",
    "patrols.gpx",
    "visits.csv",
];

/// A GET route of the console.
struct Route {
    path: String,
    /// The names of its query parameters.
    asks: Vec<String>,
}

impl Route {
    fn all() -> Vec<Self> {
        let mut routes = Vec::new();
        for (path, item) in described().paths.paths {
            let Some(get) = item.get else { continue };
            let asked = get.parameters.unwrap_or_default();
            let named = asked.into_iter().map(|parameter| match parameter {
                RefOr::T(parameter) => parameter.name,
                RefOr::Ref(_) => panic!("{path} hides a parameter"),
            });
            let asks: Vec<_> = named.collect();
            match path.strip_suffix("{file}") {
                Some(folder) => routes.extend(FILES.map(|file| Self {
                    path: format!("{folder}{file}"),
                    asks: asks.clone(),
                })),
                None => routes.push(Self { path, asks }),
            }
        }
        assert!(routes.len() >= 14, "the list is read");
        routes
    }

    fn takes(&self, parameter: &str) -> bool {
        self.asks.iter().any(|name| name == parameter)
    }

    /// The address that asks for one of these records, if the route is about one; otherwise for all there are.
    fn about(&self, records: &Records) -> (String, bool) {
        let one = match self.path.as_str() {
            "/api/registry/patrols/{id}" => Some(records.patrol.0.to_string()),
            "/api/registry/incidents/{id}" => Some(records.incident.0.to_string()),
            "/api/registry/photos/{hash}" => Some(records.photo.to_string()),
            "/api/registry/voices/{hash}" => Some(records.voice.expect("said").to_string()),
            "/api/registry/quarantine/{id}" => Some(format!("document.{}", records.patrol.0)),
            other => {
                assert!(!other.contains('{'), "say here what {other} is about");
                None
            }
        };
        let range = if self.takes("from") { DAYS } else { "" };
        match one {
            Some(id) => {
                let stem = self.path.split('{').next().unwrap_or_default();
                (format!("{stem}{id}?{range}"), true)
            }
            None => (format!("{}?{range}", self.path), false),
        }
    }
}

/// Two communities with a day's records each.
async fn two_communities(field: &Field) -> (Records, Records) {
    (
        Records::of(field, "梧桐-03", 1).await,
        Records::of(field, "白鹭-01", 2).await,
    )
}

/// The last change of their patrol did not merge, and waits for a person to look at it; the thumbnail of their photo is gone.
async fn set_aside(field: &Field, records: &Records) {
    let (patrol, photo) = (records.patrol.0, records.photo);
    let store = &field.server.state().store;
    let aside = store.write(move |connection| {
        connection.execute(
            "update change set state = 'quarantined', quarantined = 'it did not merge'
             where sequence = (select max(sequence) from change where document = ?1)",
            [patrol],
        )?;
        let thumbnail: String = connection.query_row(
            "select thumbnail from photo where hash = ?1",
            [photo.to_string()],
            |row| row.get(0),
        )?;
        let thumbnail: Hash = thumbnail.parse().expect("a hash");
        loss::note(connection, &thumbnail, loss::Kind::Missing, Timestamp(0))?;
        // and another photo of that patrol never came
        let other = Hash::of(photo.to_string().as_bytes()).to_string();
        connection.execute(
            "insert into photo (hash, thumbnail, document, kind, grid, stage, taken_at, width, height, bytes)
             select ?2, thumbnail, document, kind, grid, stage, taken_at, width, height, bytes from photo where hash = ?1",
            [photo.to_string(), other.clone()],
        )?;
        connection.execute("insert into photo_awaited (hash, since) values (?1, 0)", [other])?;
        Ok(())
    });
    aside.await.expect("set aside");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_one_community_sees_nothing_of_another_on_any_route() {
    let field = Field::open().await;
    let (mut ours, mut theirs) = two_communities(&field).await;
    ours.speak(1_200).await;
    theirs.speak(1_300).await;
    ours.check_a_shop().await;
    theirs.check_a_shop().await;
    ours.fill_a_form().await;
    theirs.fill_a_form().await;
    ours.propose().await;
    theirs.propose().await;
    set_aside(&field, &ours).await;
    set_aside(&field, &theirs).await;
    let secretary = somebody("secretary", Some(ours.grid_name));
    assert!(!secretary.grids.contains(&theirs.home.grid.0));
    let desk = Desk::open(&field, secretary).await;
    for route in Route::all() {
        let (path, about_one) = route.about(&ours);
        let answer = desk.get(&path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        let bytes = answer.bytes().await.expect("a body");
        let seen = String::from_utf8_lossy(&bytes);
        if !about_one && !NO_PLACE.contains(&route.path.as_str()) {
            // Otherwise the next lines would prove nothing.
            assert!(
                ours.marks().iter().any(|mark| seen.contains(mark)),
                "{path}"
            );
        }
        for mark in theirs.marks() {
            assert!(!seen.contains(&mark), "{path} tells {mark}");
        }
        if about_one {
            let (path, _) = route.about(&theirs);
            let answer = desk.get(&path).send().await.expect("an answer");
            assert_eq!(
                refused(answer).await,
                refusal(404, Code::NotFound),
                "{path}"
            );
        }
        if route.takes("grid") {
            let path = format!("{path}&grid={}", theirs.home.grid);
            let answer = desk.get(&path).send().await.expect("an answer");
            assert_eq!(
                refused(answer).await,
                refusal(404, Code::NotFound),
                "{path}"
            );
            let own = path.replace(&theirs.home.grid.to_string(), &ours.home.grid.to_string());
            let answer = desk.get(&own).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{own}");
        }
    }
    let denied = "select count(*) from audit where action = 'deny' and result = 'NOT_FOUND'";
    assert_eq!(
        field.count(denied).await,
        15,
        "five records and ten grids were reached for"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_on_an_incident_outside_the_scope_or_the_role() {
    let field = Field::open().await;
    let (ours, theirs) = two_communities(&field).await;
    let act = |records: &Records| format!("/api/registry/incidents/{}/actions", records.incident.0);
    let comment = json!({"type": "comment", "text": "看过了"});
    let lead = Desk::open(&field, somebody("lead", Some(ours.grid_name))).await;
    let answer = lead
        .post(&act(&theirs), &comment)
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused(answer).await, refusal(404, Code::NotFound));
    let answer = lead
        .post(&act(&ours), &json!({"type": "accept"}))
        .send()
        .await;
    let answer = refused(answer.expect("an answer")).await;
    assert_eq!(
        answer,
        refusal(403, Code::Forbidden),
        "only the desk accepts"
    );
    assert_eq!(field.count("select count(*) from incident_event").await, 2);
    assert_eq!(
        field
            .count("select count(*) from incident where state = 'reported'")
            .await,
        2
    );
    let answer = lead
        .post(&act(&ours), &comment)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(field.count("select count(*) from incident_event").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_the_right_is_refused_and_the_refusal_is_written_down() {
    let field = Field::open().await;
    let export = format!("/api/registry/export/patrols.csv?{DAYS}");
    let visits = format!("/api/registry/visits?{DAYS}");
    let sheet = format!("/api/registry/export/visits.csv?{DAYS}");
    let patrols = format!("/api/registry/patrols?{DAYS}");
    let mut denials = 0;
    for (role, paths) in [
        ("handler", [&patrols, &visits, &export].as_slice()),
        ("auditor", &[&visits, &export]),
        ("lead", &[&export, &sheet]),
        ("dispatcher", &[&visits, &sheet]),
        ("worker", &[&patrols, &visits, &export]),
    ] {
        let desk = Desk::open(&field, somebody(role, None)).await;
        for path in paths {
            let answer = desk.get(path).send().await.expect("an answer");
            assert_eq!(
                refused(answer).await,
                refusal(403, Code::Forbidden),
                "{role} {path}"
            );
            denials += 1;
        }
    }
    let denied = "select count(*) from audit where action = 'deny' and result = 'FORBIDDEN'";
    assert_eq!(field.count(denied).await, denials);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_sees_the_photos_of_the_departments_own_incidents_only() {
    let field = Field::open().await;
    let ours = Records::of(&field, "梧桐-03", 1).await;
    let path = format!("/api/registry/photos/{}", ours.photo);
    let handler = somebody("handler", None);
    let owner = handler.department.expect("a department");
    let of_another = |person: &&_| {
        let person: &gridwalk_fixtures::street::Person = person;
        person.role == "handler" && person.department != Some(owner)
    };
    let other = demo_street()
        .people
        .iter()
        .find(of_another)
        .expect("another");
    let (theirs, others) = (
        Desk::open(&field, handler).await,
        Desk::open(&field, other).await,
    );
    let status = async |desk: &Desk| desk.get(&path).send().await.expect("an answer").status();
    assert_eq!(
        status(&theirs).await,
        404,
        "nobody was asked to handle it yet"
    );
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let act = format!("/api/registry/incidents/{}/actions", ours.incident.0);
    for action in [
        json!({"type": "accept"}),
        json!({"type": "file"}),
        json!({"type": "dispatch", "owner": owner, "co_departments": []}),
    ] {
        let answer = desk.post(&act, &action).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{action}");
    }
    assert_eq!(status(&theirs).await, 200);
    assert_eq!(status(&others).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_line_is_opened_with_its_patrol_which_is_written_down_and_not_as_a_photo() {
    let field = Field::open().await;
    let ours = Records::of(&field, "梧桐-03", 1).await;
    let desk = Desk::open(&field, somebody("lead", Some("梧桐-03"))).await;
    let path = format!("/api/registry/photos/{}", ours.line);
    let answer = desk.get(&path).send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(404, Code::NotFound));
    let opened = "select count(*) from audit where action = 'open'";
    assert_eq!(field.count(opened).await, 0);
    let path = format!("/api/registry/patrols/{}", ours.patrol.0);
    let answer = desk.get(&path).send().await.expect("an answer");
    let text = answer.text().await.expect("a body");
    assert!(text.contains("\"shared_line\":[[123.5,"), "{text}");
    assert_eq!(field.count(opened).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_written_down_before_it_leaves_or_it_does_not_leave() {
    let field = Field::with_queue(4).await;
    Records::of(&field, "梧桐-03", 1).await;
    let secretary = somebody("secretary", Some("梧桐-03"));
    let desk = Desk::open(&field, secretary).await;
    let path = format!("/api/registry/export/patrols.gpx?{DAYS}");
    let answer = desk.get(&path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let name = answer.headers()["content-disposition"]
        .to_str()
        .expect("text");
    assert_eq!(
        name,
        "attachment; filename=\"patrols_2026-09-14_2026-09-14.gpx\""
    );
    let row = "select subject || ' ' || object || ' ' || result || ' ' || address from audit where action = 'export'";
    let subject = secretary.id;
    assert_eq!(
        field.text(row).await,
        format!("{subject} patrols.gpx 2026-09-14 – 2026-09-14 done 127.0.0.1")
    );
    let disk = SlowDisk::under(&field);
    let answer = desk.get(&path).send().await.expect("an answer");
    let answer = refused(answer).await;
    assert_eq!((answer.status, answer.code), (503, Code::ServerBusy));
    disk.recover();
    assert_eq!(
        field
            .count("select count(*) from audit where action = 'export'")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_wrote_like_a_formula_arrives_in_the_spreadsheet_as_text() {
    let field = Field::open().await;
    Records::of(&field, "梧桐-03", 1).await;
    let desk = Desk::open(&field, somebody("secretary", Some("梧桐-03"))).await;
    let path = format!("/api/registry/export/patrols.csv?{DAYS}");
    let answer = desk.get(&path).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let bytes = answer.bytes().await.expect("a body");
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text);
    let column = reader
        .headers()
        .expect("a head")
        .iter()
        .position(|name| name == "reason");
    let mut reasons = Vec::new();
    for row in reader.records() {
        let row = row.expect("a row");
        for cell in &row {
            let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            assert!(!runs || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
        reasons.push(row[column.expect("reasons")].to_owned());
    }
    let (formulas, plain) = REASONS.split_at(5);
    let quoted = formulas.iter().map(|reason| format!("'{reason}"));
    let expected: Vec<_> = quoted
        .chain(plain.iter().map(|reason| (*reason).into()))
        .collect();
    assert_eq!(reasons, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_a_row_of_the_sheet_with_its_door_its_outcome_and_when_it_was() {
    let field = Field::open().await;
    Records::of(&field, "梧桐-03", 1).await;
    let desk = Desk::open(&field, somebody("secretary", Some("梧桐-03"))).await;
    let of = |days: &str| desk.get(&format!("/api/registry/export/visits.csv?{days}"));
    let answer = of(DAYS).send().await.expect("an answer");
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"visits_2026-09-14_2026-09-14.csv\""
    );
    let bytes = answer.bytes().await.expect("a body");
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text);
    let head = reader.headers().expect("a head").clone();
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    let [row] = rows.as_slice() else {
        panic!("{} rows", rows.len())
    };
    let cell = |name: &str| {
        let at = head.iter().position(|column| column == name);
        &row[at.expect(name)]
    };
    let seen = ["grid", "kind", "outcome", "started_at"].map(cell);
    assert_eq!(seen, ["梧桐-03", "routine", "met", "2026-09-14 09:00:00"]);
    assert!(!cell("door").trim().is_empty() && !cell("worker").is_empty());
    let day_before = of("from=2026-09-13&to=2026-09-13").send().await;
    let text = day_before.expect("an answer").text().await.expect("a body");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_does_not_parse_is_refused_with_a_code_like_everything_else() {
    let field = Field::open().await;
    let desk = Desk::open(&field, somebody("secretary", Some("梧桐-03"))).await;
    for path in [
        "/api/registry/patrols",
        "/api/registry/patrols?from=yesterday&to=today",
        "/api/registry/patrols/one",
        "/api/registry/photos/one",
        "/api/registry/incidents?state=lost",
    ] {
        let answer = desk.get(path).send().await.expect("an answer");
        assert_eq!(
            refused(answer).await,
            refusal(400, Code::BodyMalformed),
            "{path}"
        );
    }
    for range in [
        "from=2026-09-15&to=2026-09-14",
        "from=2024-01-01&to=2026-09-14",
    ] {
        let path = format!("/api/registry/patrols?{range}");
        let answer = desk.get(&path).send().await.expect("an answer");
        assert_eq!(
            refused(answer).await,
            refusal(422, Code::ValueOutOfRange),
            "{path}"
        );
    }
    let answer = desk
        .get("/api/registry/export/people.csv?from=2026-09-14&to=2026-09-14")
        .send();
    assert_eq!(
        refused(answer.await.expect("an answer")).await,
        refusal(404, Code::NotFound)
    );
}
