//! Who stands at the door: a resident scans the code on the worker's phone, and the centre says how it stands. Whoever has
//! no code that serves at this moment learns no name.

mod field;

use ed25519_dalek::SigningKey;
use field::{Field, phone::Phone};
use gridwalk_core::{
    ids::{DeviceId, GridId, PersonId},
    reference::Cover,
    work_card::{LIFE_MS, SKEW_MS, issue},
};
use gridwalk_server::store::{device, person, reference};
use reqwest::Response;

/// How the centre's page says it stands, and the page.
struct Page {
    status: u16,
    standing: String,
    html: String,
}

async fn post(url: &str, body: String) -> Response {
    let client = reqwest::Client::new();
    let request = client.post(format!("{url}/verify"));
    let form = "application/x-www-form-urlencoded";
    let request = request.header("content-type", form).body(body);
    request.send().await.expect("an answer")
}

async fn read(answer: Response) -> Page {
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").cloned();
    assert_eq!(kind.expect("a kind"), "text/html; charset=utf-8");
    let html = answer.text().await.expect("a page");
    let standing = html.split("data-standing=\"").nth(1).expect("a standing");
    Page {
        status,
        standing: standing.split('"').next().expect("a word").into(),
        html,
    }
}

async fn look(field: &Field, code: &str) -> Page {
    read(post(&field.server.url(), format!("code={code}")).await).await
}

/// What the phone shows at this moment of the centre's clock.
fn shows(phone: &Phone, ahead_ms: i64) -> String {
    let at = phone.clock.now().plus_ms(ahead_ms);
    issue(&phone.key, phone.device, at)
}

/// Nobody's name, in a page that is none of a valid card.
fn says_nobody(page: &Page, phone: &Phone) {
    for word in [&phone.carrier.name, "梧桐-03", &phone.carrier.phone] {
        assert!(!page.html.contains(word), "{word} in {}", page.html);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_code_says_name_role_and_grid_in_both_languages_and_nothing_else_of_the_worker() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let before = field.count("select count(*) from audit").await;
    let page = look(&field, &shows(&lin, 0)).await;
    assert_eq!((page.status, page.standing.as_str()), (200, "valid"));
    for word in [
        "工作证有效",
        "Valid work card",
        "林晓",
        "网格员",
        "Grid worker",
        "梧桐社区 梧桐-03",
        "2026-09-14 09:00",
        "不收钱",
    ] {
        assert!(page.html.contains(word), "{word} in {}", page.html);
    }
    let (worker, device) = (lin.carrier.id.to_string(), lin.device.to_string());
    for word in [&lin.carrier.phone, &lin.carrier.login, &worker, &device] {
        assert!(!page.html.contains(word.as_str()), "{word}");
    }
    let after = field.count("select count(*) from audit").await;
    assert_eq!(before, after, "who asked is written down nowhere");
    // whoever comes second within its life sees the same; so does a centre that was started again
    let code = shows(&lin, 0);
    assert_eq!(look(&field, &code).await.standing, "valid");
    let field = field.restart().await;
    assert_eq!(look(&field, &code).await.standing, "valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_shown_again_later_says_when_it_was_made_and_no_name() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let code = shows(&lin, 0);
    field.clock.advance_ms(LIFE_MS + SKEW_MS);
    assert_eq!(look(&field, &code).await.standing, "valid");
    field.clock.advance_ms(1);
    let page = look(&field, &code).await;
    assert_eq!((page.status, page.standing.as_str()), (200, "expired"));
    assert!(page.html.contains("2026-09-14 09:00"), "{}", page.html);
    assert!(!page.html.contains("{at}"), "{}", page.html);
    says_nobody(&page, &lin);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_is_wrong_by_two_minutes_is_believed_and_by_more_is_told_so() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    for (ahead_ms, standing) in [
        (SKEW_MS, "valid"),
        (SKEW_MS + 1, "ahead"),
        (20 * 365 * 24 * 3_600_000, "ahead"),
        (-LIFE_MS - SKEW_MS, "valid"),
        (-20 * 365 * 24 * 3_600_000, "expired"),
    ] {
        let page = look(&field, &shows(&lin, ahead_ms)).await;
        assert_eq!(page.standing, standing, "{ahead_ms}");
        if standing != "valid" {
            says_nobody(&page, &lin);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_phone_of_this_centre_signed_is_unknown_whatever_is_wrong_with_it() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let ge = field.phone("ge-shuangjiang").await;
    let now = field.clock.now();
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let nobody = DeviceId(uuid::Uuid::from_u128(7));
    let good = shows(&lin, 0);
    let mut touched = good.clone().into_bytes();
    touched[30] = if touched[30] == b'A' { b'B' } else { b'A' };
    for code in [
        issue(&stranger, lin.device, now),
        issue(&ge.key, lin.device, now),
        issue(&stranger, nobody, now),
        String::from_utf8(touched).expect("letters"),
        good[..118].into(),
        format!("{good}A"),
        String::new(),
        "%00%ff&code=1".into(),
        "工作证".into(),
    ] {
        let page = look(&field, &code).await;
        assert_eq!((page.status, page.standing.as_str()), (200, "unknown"));
        says_nobody(&page, &lin);
    }
    let url = field.server.url();
    for body in ["", "token=1", "code"] {
        let page = read(post(&url, body.into()).await).await;
        assert_eq!((page.status, page.standing.as_str()), (200, "unknown"));
    }
    // a form that does not end is nobody's code; it is not read to its end
    let page = read(post(&url, format!("code={}", "A".repeat(5_000))).await).await;
    assert_eq!((page.status, page.standing.as_str()), (413, "later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_shut_out_and_a_worker_without_a_grid_prove_nothing_from_that_moment() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let ge = field.phone("ge-shuangjiang").await;
    let store = &field.server.state().store;
    let (lost, now) = (lin.device, field.clock.now());
    let revoked = store.write(move |connection| device::revoke(connection, lost, now));
    assert!(revoked.await.expect("a store"));
    let page = look(&field, &shows(&lin, 0)).await;
    assert_eq!(page.standing, "revoked");
    says_nobody(&page, &lin);

    assert_eq!(look(&field, &shows(&ge, 0)).await.standing, "valid");
    let (worker, grids) = (PersonId(ge.carrier.id), ge.carrier.grids.clone());
    let yesterday = now.local_date() - chrono::Days::new(1);
    let released = store.write(move |connection| {
        let mut person = person::by_id(connection, worker)?.expect("somebody");
        let covers = grids.iter().map(|grid| Cover {
            grid: GridId(*grid),
            from: None,
            to: Some(yesterday),
        });
        person.covers = covers.collect();
        reference::reassign(connection, &person, None, now)
    });
    released.await.expect("a store");
    let page = look(&field, &shows(&ge, 0)).await;
    assert_eq!(page.standing, "ended");
    says_nobody(&page, &ge);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_without_end_is_asked_to_wait_in_words_and_phones_enrol_meanwhile() {
    let field = Field::configured(|config| config.courtesy.cards_minute = 2).await;
    let lin = field.phone("lin-xiao").await;
    let code = shows(&lin, 0);
    for _ in 0..2 {
        assert_eq!(look(&field, &code).await.standing, "valid");
    }
    let answer = post(&field.server.url(), format!("code={code}")).await;
    assert!(answer.headers().contains_key("retry-after"));
    let page = read(answer).await;
    assert_eq!((page.status, page.standing.as_str()), (429, "later"));
    says_nobody(&page, &lin);
    field.phone("ge-shuangjiang").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_itself_is_open_to_everybody_and_brings_nothing_from_anywhere_else() {
    let field = Field::open().await;
    let url = field.server.url();
    let page = reqwest::get(format!("{url}/verify")).await;
    let page = read(page.expect("a page")).await;
    assert_eq!((page.status, page.standing.as_str()), (200, "scan"));
    for part in [
        "<form id=\"ask\" method=\"post\" action=\"/verify\">",
        "<script src=\"/verify.js\"></script>",
        "<noscript>",
        "核对工作证",
        "Check a work card",
    ] {
        assert!(page.html.contains(part), "{part}");
    }
    assert!(!page.html.contains("http"), "{}", page.html);
    for (file, kind, holds) in [
        (
            "verify.js",
            "text/javascript; charset=utf-8",
            "location.hash",
        ),
        ("verify.css", "text/css; charset=utf-8", "main.valid"),
    ] {
        let answer = reqwest::get(format!("{url}/{file}")).await.expect("a file");
        assert_eq!(answer.headers()["content-type"], kind);
        let policy = answer.headers()["content-security-policy"].to_str();
        assert!(policy.expect("text").contains("form-action 'self'"));
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(!answer.headers().contains_key("set-cookie"));
        assert!(answer.text().await.expect("text").contains(holds));
    }
}
