//! Somebody of the street at the console, with the one cookie and the one header that a browser would send.

use super::{Field, demo_street};
use gridwalk_fixtures::street::Person;
use gridwalk_server::{auth::password, store::account, store::person};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::OnceLock;

pub const PASSWORD: &str = "abcde-fghij-kmnpq-rstuv";

pub struct Desk {
    pub http: Client,
    pub url: String,
    /// `name=value`, as the server set it.
    pub cookie: String,
    pub person: &'static Person,
}

/// The first of the street with this role who works in this grid, if a grid is named.
pub fn somebody(role: &str, grid: Option<&str>) -> &'static Person {
    let street = demo_street();
    let grid = grid.map(|name| street.grid(name).expect("a grid").id);
    let fits =
        |person: &&Person| person.role == role && grid.is_none_or(|id| person.grids.contains(&id));
    street.people.iter().find(fits).expect("somebody")
}

/// Gives a person the password of all tests; hashing it once is slow enough.
pub async fn open_account(field: &Field, login: &str) {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| password::hash(PASSWORD).expect("a hash"));
    let (login, now) = (login.to_owned(), field.clock.now());
    let store = &field.server.state().store;
    let written = store.write(move |connection| {
        let person = person::by_login(connection, &login)?.expect("somebody");
        account::set_password(connection, person, hash, now)
    });
    written.await.expect("an account");
}

/// A login as the console's page sends it.
pub fn attempt(url: &str, login: &str, password: &str) -> RequestBuilder {
    Client::new()
        .post(format!("{url}/api/login"))
        .header("x-gridwalk", "1")
        .header("content-type", "application/json")
        .body(json!({"name": login, "password": password}).to_string())
}

/// `name=value; attributes`, as the answer sets it.
pub fn set_cookie(answer: &Response) -> String {
    let value = answer.headers().get("set-cookie").expect("a cookie");
    value.to_str().expect("text").to_owned()
}

impl Desk {
    pub async fn open(field: &Field, person: &'static Person) -> Self {
        open_account(field, &person.login).await;
        Self::log_in(field, person, PASSWORD).await
    }

    pub async fn log_in(field: &Field, person: &'static Person, password: &str) -> Self {
        let url = field.server.url();
        let request = attempt(&url, &person.login, password);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let cookie = set_cookie(&answer);
        Self {
            http: Client::new(),
            url,
            cookie: cookie.split(';').next().unwrap_or_default().to_owned(),
            person,
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        let request = self.http.get(format!("{}{path}", self.url));
        request.header("cookie", &self.cookie)
    }

    /// What a good answer says.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("json")
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url));
        request
            .header("cookie", &self.cookie)
            .header("x-gridwalk", "1")
            .header("content-type", "application/json")
            .body(body.to_string())
    }
}
