//! REGISTRY.md promises tables and answers questions: the tables are there, and its SQL is asked of a real store.

use gridwalk_server::{AppState, Config, store::registry};

const DOC: &str = include_str!("../REGISTRY.md");

/// The statements of the page's SQL blocks.
fn questions() -> Vec<&'static str> {
    DOC.split("```sql")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .flat_map(|block| block.split(';'))
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registrys_page_names_every_projected_table_and_its_questions_can_be_asked() {
    for table in registry::PROJECTED {
        assert!(
            DOC.contains(&format!("`{table}`")),
            "{table} is not told of"
        );
    }
    assert!(questions().len() >= 5);
    let folder = tempfile::tempdir().expect("a folder");
    let state = AppState::open(Config::new(folder.path())).expect("a store");
    let asked = state.store.read(|connection| {
        for question in questions() {
            let mut statement = connection.prepare_cached(question)?;
            match question.matches('?').count() {
                0 => statement.each([], |_| true)?,
                1 => statement.each([""], |_| true)?,
                2 => statement.each(["", ""], |_| true)?,
                _ => statement.each(["", "", ""], |_| true)?,
            }
        }
        Ok(())
    });
    asked.await.expect("every question");
}
