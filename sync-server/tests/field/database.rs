//! Which store a test runs on: a file, or a schema of its own in the PostgreSQL of `scripts/postgres.sh`.

use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Where the address of a PostgreSQL for tests is found.
pub const ADDRESS: &str = "GRIDWALK_TEST_POSTGRES";

/// A fresh place in that PostgreSQL, if there is one.
pub fn fresh() -> Option<String> {
    let address = std::env::var(ADDRESS).ok()?;
    let schema = format!("test_{}", Uuid::now_v7().simple());
    run(&address, &format!("create schema {schema}"));
    Some(format!("{address}?options=-csearch_path%3D{schema}"))
}

/// Runs statements there on a connection of their own.
pub fn run(address: &str, statements: &str) {
    let asked = async {
        let (client, socket) = address
            .parse::<tokio_postgres::Config>()
            .expect("an address")
            .connect(NoTls)
            .await
            .expect("a database");
        let socket = tokio::spawn(socket);
        Client::batch_execute(&client, statements)
            .await
            .expect("statements");
        drop(client);
        let _ = socket.await;
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(asked);
        });
    });
}
