//! Who may enter the console, how long, and how the door itself is built: passwords, sessions, headers, TLS. What somebody
//! sees once inside is in `console_scope_over_http.rs`.

mod field;

use field::{
    Field,
    desk::{Desk, PASSWORD, attempt, open_account, set_cookie, somebody},
    phone::{refusal, refused},
    slow_disk::SlowDisk,
};
use gridwalk_core::{error::Code, ids::Hash};
use gridwalk_server::{Config, console::openapi::described, listen, serve, store::account};
use reqwest::{Method, Response};
use serde_json::json;
use std::{net::SocketAddr, process::Command};

const MINUTE_MS: i64 = 60_000;

/// Every route of the console, as method and path with `x` for what it is about.
fn routes() -> Vec<(Method, String)> {
    let mut routes = Vec::new();
    for (path, item) in &described().paths.paths {
        let path = path
            .replace("{id}", "x")
            .replace("{hash}", "x")
            .replace("{file}", "x");
        for (method, operation) in [(Method::GET, &item.get), (Method::POST, &item.post)] {
            if operation.is_some() {
                routes.push((method, path.clone()));
            }
        }
        let others = [
            &item.put,
            &item.delete,
            &item.patch,
            &item.head,
            &item.options,
        ];
        assert!(
            others.iter().all(|other| other.is_none()),
            "say what {path} is"
        );
    }
    assert!(routes.len() >= 16, "{routes:?}");
    routes
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().expect("text"))
}

/// What the trail says of logins, oldest first.
async fn trail(field: &Field, action: &'static str) -> String {
    let store = &field.server.state().store;
    let rows = store.read(move |connection| {
        let mut select = connection.prepare_cached(
            "select subject || ' ' || result from audit where action = ?1 order by sequence",
        )?;
        let rows = select.query_map([action], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    rows.await.expect("the trail").join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_lock_an_account_for_a_quarter_of_an_hour() {
    let field = Field::open().await;
    let (chief, other) = (
        somebody("secretary", Some("梧桐-03")),
        somebody("dispatcher", None),
    );
    open_account(&field, &chief.login).await;
    let url = field.server.url();
    for _ in 0..5 {
        let answer = attempt(&url, &chief.login, "not the password").send().await;
        let answer = refused(answer.expect("an answer")).await;
        assert_eq!(answer, refusal(401, Code::LoginWrong));
    }
    let locked = async || {
        let answer = attempt(&url, &chief.login, PASSWORD).send().await;
        let answer = answer.expect("an answer");
        assert!(answer.headers().get("set-cookie").is_none());
        let refused = refused(answer).await;
        (refused.status, refused.code) == (429, Code::LoginLocked)
    };
    assert!(locked().await);
    Desk::open(&field, other).await;
    field.clock.advance_ms(15 * MINUTE_MS - 1);
    assert!(locked().await, "the right password does not shorten it");
    field.clock.advance_ms(1);
    Desk::log_in(&field, chief, PASSWORD).await;
    let said: Vec<String> = ["LOGIN_WRONG"; 5]
        .iter()
        .chain(&["LOGIN_LOCKED"])
        .map(|result| format!("{} {result}", chief.login))
        .chain([format!("{} done", other.login)])
        .chain(["LOGIN_LOCKED", "done"].map(|result| format!("{} {result}", chief.login)))
        .collect();
    assert_eq!(trail(&field, "login").await, said.join(", "));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_slip_after_a_lock_has_ended_does_not_lock_again() {
    let field = Field::open().await;
    let chief = somebody("secretary", Some("梧桐-03"));
    open_account(&field, &chief.login).await;
    let url = field.server.url();
    for lock in [5, 1] {
        for _ in 0..lock {
            let answer = attempt(&url, &chief.login, "not the password").send().await;
            let answer = refused(answer.expect("an answer")).await;
            assert_eq!(answer, refusal(401, Code::LoginWrong));
        }
        field
            .clock
            .advance_ms(if lock == 5 { 15 * MINUTE_MS } else { 0 });
    }
    Desk::log_in(&field, chief, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_failures_are_forgotten_after_a_success() {
    let field = Field::open().await;
    let chief = somebody("secretary", Some("梧桐-03"));
    let url = field.server.url();
    open_account(&field, &chief.login).await;
    for failures in [4, 1] {
        for _ in 0..failures {
            let answer = attempt(&url, &chief.login, "not the password").send().await;
            assert_eq!(answer.expect("an answer").status(), 401);
        }
        Desk::log_in(&field, chief, PASSWORD).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_from_a_refusal_which_names_exist() {
    let field = Field::open().await;
    let chief = somebody("secretary", Some("梧桐-03"));
    open_account(&field, &chief.login).await;
    let url = field.server.url();
    let mut said = Vec::new();
    for name in [chief.login.as_str(), "nobody-of-that-name", "lin-xiao"] {
        let answer = attempt(&url, name, "not the password").send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 401, "{name}");
        said.push(answer.text().await.expect("a body"));
    }
    assert!(said.iter().all(|body| *body == said[0]), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_failures_from_one_address_lock_the_address_for_unknown_names_too() {
    let field = Field::open().await;
    let now = field.clock.now();
    let store = &field.server.state().store;
    let counted = store.write(move |connection| {
        (0..30).try_for_each(|_| account::count_failure(connection, None, "127.0.0.1", now))
    });
    counted.await.expect("thirty failures");
    let url = field.server.url();
    let guess = async || {
        let answer = attempt(&url, "nobody-of-that-name", "a guess").send().await;
        refused(answer.expect("an answer")).await.code
    };
    assert_eq!(guess().await, Code::LoginLocked);
    field.clock.advance_ms(15 * MINUTE_MS);
    assert_eq!(guess().await, Code::LoginWrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_counts_no_failure_and_begins_no_session() {
    let field = Field::with_queue(4).await;
    let chief = somebody("secretary", Some("梧桐-03"));
    open_account(&field, &chief.login).await;
    let disk = SlowDisk::under(&field);
    let answer = attempt(&field.server.url(), &chief.login, PASSWORD)
        .send()
        .await;
    let answer = refused(answer.expect("an answer")).await;
    assert_eq!((answer.status, answer.code), (503, Code::ServerBusy));
    assert!(answer.retry_after.is_some());
    assert_eq!(field.count("select count(*) from session").await, 0);
    disk.recover();
    Desk::log_in(&field, chief, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_on_logout_and_the_cookie_opens_nothing_afterwards() {
    let field = Field::open().await;
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let elsewhere = Desk::log_in(&field, desk.person, PASSWORD).await;
    let answer = desk
        .post("/api/logout", &json!({}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let cookie = set_cookie(&answer);
    assert!(
        cookie.starts_with("sid=;") && cookie.contains("Max-Age=0"),
        "{cookie}"
    );
    let answer = desk.get("/api/me").send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(401, Code::SessionExpired));
    let other = elsewhere.get("/api/me").send().await.expect("an answer");
    assert_eq!(
        other.status(),
        200,
        "the session on another machine goes on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_reset_unlocks_ends_every_session_and_makes_the_old_password_wrong() {
    let field = Field::open().await;
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let (url, login) = (field.server.url(), &desk.person.login);
    for _ in 0..5 {
        let answer = attempt(&url, login, "not the password").send().await;
        assert_eq!(answer.expect("an answer").status(), 401);
    }
    let alive = desk.get("/api/me").send().await.expect("an answer");
    assert_eq!(alive.status(), 200, "a lock keeps out who is outside");
    let mut reset = Command::new(env!("CARGO_BIN_EXE_gridwalk-server"));
    reset
        .args(["user", "reset", "--name", login, "--data"])
        .arg(field.folder());
    if let Some(database) = &field.server.state().config.postgres {
        reset.args(["--database", database]);
    }
    let printed = tokio::task::block_in_place(|| reset.output()).expect("the program");
    assert!(printed.status.success(), "{printed:?}");
    let printed = String::from_utf8(printed.stdout).expect("text");
    let password = printed.lines().last().expect("a password");
    let answer = desk.get("/api/me").send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(401, Code::SessionExpired));
    let old = attempt(&url, login, PASSWORD)
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused(old).await, refusal(401, Code::LoginWrong));
    Desk::log_in(&field, desk.person, password).await;
    assert_eq!(trail(&field, "user_reset").await, "operator done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_a_quarter_of_an_hour_of_nothing_and_after_twelve_hours_of_anything() {
    let field = Field::open().await;
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    field.clock.advance_ms(15 * MINUTE_MS);
    let answer = desk.get("/api/me").send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(401, Code::SessionExpired));
    let desk = Desk::log_in(&field, desk.person, PASSWORD).await;
    for minute in (12..12 * 60).step_by(12) {
        field.clock.advance_ms(12 * MINUTE_MS);
        let answer = desk.get("/api/me").send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "after {minute} minutes");
    }
    field.clock.advance_ms(12 * MINUTE_MS);
    let answer = desk.get("/api/me").send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(401, Code::SessionExpired));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_but_the_login_asks_who_is_there() {
    let field = Field::open().await;
    for (method, path) in routes() {
        let url = format!("{}{path}", field.server.url());
        for cookie in ["", "sid=", "sid=x", &format!("sid={}", "0".repeat(64))] {
            let request = reqwest::Client::new().request(method.clone(), &url);
            let request = request.header("x-gridwalk", "1").header("cookie", cookie);
            let answer = refused(request.send().await.expect("an answer")).await;
            let expected = match path.as_str() {
                "/api/login" => refusal(400, Code::BodyMalformed),
                _ => refusal(401, Code::SessionExpired),
            };
            assert_eq!(answer, expected, "{method} {path} with {cookie:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_opens_no_door_of_phones() {
    let field = Field::open().await;
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let secret = desk.cookie.strip_prefix("sid=").expect("a secret");
    let blob = format!("/blobs/{}", Hash::of(b"x"));
    let pack = format!("/packs/{}", Hash::of(b"x"));
    for (method, path) in [
        (Method::POST, "/sync"),
        (Method::POST, "/blobs"),
        (Method::GET, blob.as_str()),
        (Method::GET, pack.as_str()),
        (Method::PATCH, "/blobs/uploads/0"),
    ] {
        let url = format!("{}{path}", desk.url);
        let request = desk
            .http
            .request(method, url)
            .header("cookie", &desk.cookie);
        let answer = refused(request.bearer_auth(secret).send().await.expect("an answer")).await;
        assert_eq!(answer, refusal(401, Code::TokenExpired), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_changes_something_and_comes_from_a_foreign_page_is_refused() {
    let field = Field::open().await;
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let changing = routes()
        .into_iter()
        .filter(|(method, _)| *method != Method::GET);
    for (method, path) in changing {
        let request = || {
            let request = desk
                .http
                .request(method.clone(), format!("{}{path}", desk.url));
            request
                .header("cookie", &desk.cookie)
                .header("content-type", "application/json")
                .body("{}")
        };
        for (what, request) in [
            ("without our header", request()),
            ("with another value", request().header("x-gridwalk", "0")),
            (
                "cross-site",
                request()
                    .header("x-gridwalk", "1")
                    .header("sec-fetch-site", "cross-site"),
            ),
            (
                "same-site",
                request()
                    .header("x-gridwalk", "1")
                    .header("sec-fetch-site", "same-site"),
            ),
        ] {
            let answer = refused(request.send().await.expect("an answer")).await;
            assert_eq!(
                answer,
                refusal(403, Code::Forbidden),
                "{method} {path} {what}"
            );
        }
    }
    let answer = desk.get("/api/me").send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "nobody was logged out");
}

/// The attributes of the session's cookie, sorted.
async fn attributes(field: &Field) -> Vec<String> {
    let person = somebody("dispatcher", None);
    open_account(field, &person.login).await;
    let answer = attempt(&field.server.url(), &person.login, PASSWORD)
        .send()
        .await;
    let cookie = set_cookie(&answer.expect("an answer"));
    let mut parts = cookie.split("; ");
    let (name, secret) = parts
        .next()
        .and_then(|pair| pair.split_once('='))
        .expect("a pair");
    assert_eq!(secret.len(), 64, "256 random bits");
    let mut attributes: Vec<_> = parts.map(str::to_owned).chain([name.to_owned()]).collect();
    attributes.sort();
    attributes
}

#[tokio::test(flavor = "multi_thread")]
async fn no_script_and_no_other_page_gets_the_cookie_and_behind_tls_no_other_host_or_line() {
    let plain = Field::open().await;
    assert_eq!(
        attributes(&plain).await,
        ["HttpOnly", "Path=/", "SameSite=Strict", "sid"]
    );
    let proxied = Field::configured(|config| config.behind_proxy = true).await;
    assert_eq!(
        attributes(&proxied).await,
        [
            "HttpOnly",
            "Path=/",
            "SameSite=Strict",
            "Secure",
            "__Host-sid"
        ]
    );
    let kept = "select count(*) from session where length(hash) = 32";
    assert_eq!(
        plain.count(kept).await,
        1,
        "of the secret only the hash is kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_heard_beyond_the_loopback_without_tls_or_a_proxy() {
    let folder = tempfile::tempdir().expect("a folder");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:0"] {
        let mut config = Config::new(folder.path().join("data"));
        config.listen = address.parse::<SocketAddr>().expect("an address");
        let error = serve(config.clone()).await.err().expect("a refusal");
        assert!(
            error.to_string().contains("--behind-proxy"),
            "{address}: {error}"
        );
        config.behind_proxy = true;
        listen::check(&config).expect("a proxy ends TLS");
    }
    assert!(
        !folder.path().join("data").exists(),
        "refused before anything is touched"
    );
    for address in ["127.0.0.1:0", "[::1]:0", "127.8.8.8:0"] {
        let mut config = Config::new(folder.path());
        config.listen = address.parse::<SocketAddr>().expect("an address");
        listen::check(&config).expect("the machine itself");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_other_pages_out() {
    let built = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(built.path().join("assets")).expect("a folder");
    for (name, text) in [("console.html", "<!doctype html>"), ("assets/a.js", "0")] {
        std::fs::write(built.path().join(name), text).expect("a file");
    }
    let field = Field::configured(|config| config.console = Some(built.path().into())).await;
    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let pages = [
        "/",
        "/console.html",
        "/assets/a.js",
        "/assets/none.js",
        "/none",
        "/health",
        "/sync",
        "/verify",
        "/verify.css",
        "/verify.js",
    ];
    let pages = pages.map(|path| (Method::GET, path.to_owned()));
    for (method, path) in routes().into_iter().chain(pages) {
        let request = desk
            .http
            .request(method.clone(), format!("{}{path}", desk.url));
        let answer = request
            .header("cookie", &desk.cookie)
            .send()
            .await
            .expect("an answer");
        let policy = header(&answer, "content-security-policy");
        let what = format!("{method} {path} {} {policy}", answer.status());
        assert!(policy.starts_with("default-src 'none'"), "{what}");
        assert!(policy.contains("frame-ancestors 'none'"), "{what}");
        let scripts = policy
            .split(';')
            .find(|rule| rule.trim().starts_with("script-src"));
        assert!(
            scripts.is_none_or(|rule| rule.trim() == "script-src 'self'"),
            "{what}"
        );
        assert_eq!(
            header(&answer, "x-content-type-options"),
            "nosniff",
            "{what}"
        );
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{what}");
        assert_eq!(
            header(&answer, "cross-origin-resource-policy"),
            "same-origin",
            "{what}"
        );
        let caching = header(&answer, "cache-control");
        assert!(
            !caching.is_empty() && !caching.contains("public"),
            "{what} {caching}"
        );
    }
    let page = desk.get("/").send().await.expect("the page");
    assert_eq!(page.status(), 200);
    assert!(header(&page, "content-security-policy").contains("script-src 'self'"));
}
