//! A form between real phones and a real centre: it opens prefilled, asks one column of twelve, and what two people answer
//! offline at one door merges column by column and stands in the registry.

use gridwalk::{
    Phone,
    ports::Ports,
    view::{FormDoor, FormInput, Receipt},
};
use gridwalk_core::{
    form::{FormAnswer, FormValue, FormView},
    ids::HouseholdId,
    time::Timestamp,
};
use gridwalk_fixtures::{History, SEED, Street, forms, history::history, street};
use gridwalk_proof::{corner, process::Outcome};
use gridwalk_server::{Config, seed::fill, serve, state::AppState};
use std::{collections::BTreeMap, time::Duration};

/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);

/// The street on the morning of this day, with nobody at home but those who are asked in the grid of the screens.
fn those_who_are_asked(now: Timestamp) -> (Street, History) {
    let mut street = street(SEED, now.local_date());
    let mut past = history(&street);
    let grid = street.grid("梧桐-03").expect("a grid").id;
    let asked: Vec<_> = forms::earlier(&street)
        .into_iter()
        .map(|told| told.household)
        .collect();
    street
        .households
        .retain(|door| door.grid == grid && asked.contains(&door.id));
    past.visits.clear();
    past.patrols.clear();
    past.incidents.clear();
    (street, past)
}

fn opened(phone: &Phone, door: HouseholdId) -> Outcome<FormDoor> {
    let row = phone.forms()?.into_iter().next().ok_or("no form")?;
    Ok(phone.form_door(row.form.id, row.form.round, door)?)
}

fn asked(form: &FormDoor) -> Vec<&str> {
    let asked = form.columns.iter().filter(|column| column.asked);
    asked.map(|column| column.column.as_str()).collect()
}

fn save(phone: &Phone, form: &FormDoor, said: &[(&str, FormValue)]) -> Outcome<FormDoor> {
    let answer = |(column, value): &(&str, FormValue)| FormAnswer {
        column: (*column).into(),
        value: value.clone(),
        unchanged: false,
        as_of: None,
    };
    let input = FormInput {
        id: form.id,
        form: form.row.form.clone(),
        answers: said.iter().map(answer).collect(),
    };
    Ok(phone.save_form_door(form.door.household.id, input)?)
}

fn chosen(id: &str) -> FormValue {
    FormValue::Choice(id.into())
}

/// What the phone reads of this round at that door.
fn answers(phone: &Phone, form: &FormDoor) -> Outcome<FormView> {
    let view = phone.household(form.door.household.id)?.view;
    let mut forms = view.forms.into_iter();
    let round = forms.find(|answered| answered.form == form.row.form);
    Ok(round.ok_or("nothing was answered")?)
}

fn values(answered: &FormView, column: &str) -> Vec<FormValue> {
    let mut all = answered.answers.iter();
    let answer = all.find(|answer| answer.column == column);
    let values = answer.map(|answer| answer.values.as_slice());
    let values = values.unwrap_or_default().iter();
    values.map(|source| source.value.clone()).collect()
}

/// Asks until the phone reads so many acts: acknowledged is durable, published is a moment later.
async fn read(phone: &Phone, form: &FormDoor, acts: usize) -> Outcome<FormView> {
    let published = async {
        loop {
            let answered = answers(phone, form)?;
            if answered.handed_in.len() == acts {
                return Outcome::Ok(answered);
            }
            phone.sync_once().await?;
        }
    };
    tokio::time::timeout(PUBLISHED, published).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_fill_one_form_offline_merge_by_column_and_the_registry_has_every_answer()
-> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path().join("centre"));
    {
        let state = AppState::open(config.clone())?;
        let (street, past) = those_who_are_asked(state.now());
        tokio::task::block_in_place(|| fill(&state, &street, &past))?;
    }
    let server = serve(config).await?;
    let lin = corner::enrolled(&server, folder.path(), "lin-xiao").await?;
    let lead = corner::enrolled(&server, folder.path(), "ge-shuangjiang").await?;
    let due = lin.today()?.forms;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].done, due[0].doors), (0, 16));
    let detail = lin.form(due[0].form.id.clone(), due[0].form.round.clone())?;
    // nobody changed anything since: every door asks the same one column
    assert!(detail.doors.iter().all(|door| door.asked == 1));
    let door = detail.doors[0].household.id;

    // neither hears of the other: nothing travels before both have saved
    let form = opened(&lin, door)?;
    assert_eq!((form.columns.len(), asked(&form)), (12, vec![forms::ASKED]));
    let size = FormValue::Number(5);
    let saved = save(
        &lin,
        &form,
        &[(forms::ASKED, chosen("less")), ("size", size.clone())],
    )?;
    assert_eq!((saved.row.done, saved.door.done), (1, true));
    assert!(saved.next.is_some_and(|next| next != door));
    let other = opened(&lead, door)?;
    save(
        &lead,
        &other,
        &[(forms::ASKED, chosen("more")), ("heating", chosen("coal"))],
    )?;
    // her process ends before anything left it
    drop(lin);
    let dir = folder.path().join("lin-xiao");
    let lin = Phone::open(&dir, Ports::of_this_machine(&dir))?;
    assert_eq!(opened(&lin, door)?.receipt, Some(Receipt::Local));
    lin.sync_once().await?;
    lead.sync_once().await?;
    assert_eq!(opened(&lin, door)?.receipt, Some(Receipt::Centre));

    for phone in [&lin, &lead] {
        let both = read(phone, &form, 2).await?;
        assert_eq!(
            both.answers.len(),
            form.columns.iter().filter(|c| c.value.is_some()).count()
        );
        assert_eq!(values(&both, "size"), std::slice::from_ref(&size));
        assert_eq!(values(&both, "heating"), [chosen("coal")]);
        assert_eq!(
            values(&both, forms::ASKED),
            [chosen("less"), chosen("more")]
        );
        assert_eq!(both.conflicts(), 1);
        assert_eq!(phone.household(door)?.view.unreadable, 0);
        let again = opened(phone, door)?;
        assert_eq!(
            asked(&again),
            [forms::ASKED],
            "two answers at once are asked again"
        );
        assert_eq!(again.door.conflicts, 1);
    }
    let (round, id) = (form.row.form.round.clone(), door.to_string());
    let rows = server.state().store.read(move |connection| {
        let mut select = connection.prepare_cached(
            "select field, count(*), max(differs), min(unchanged) from form_answer
             where household = ?1 and round = ?2 group by field",
        )?;
        let rows = select.query_map([id, round], |row| {
            Ok((
                row.get::<_, String>(0)?,
                (
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                ),
            ))
        })?;
        Ok(rows.collect::<Result<BTreeMap<_, _>, _>>()?)
    });
    let rows = rows.await?;
    assert_eq!(rows[forms::ASKED], (2, 1, 0), "{rows:?}");
    assert_eq!(rows["size"], (1, 0, 0), "{rows:?}");
    assert_eq!(rows["contact"], (1, 0, 1), "{rows:?}");

    let third = opened(&lead, door)?;
    save(&lead, &third, &[(forms::ASKED, chosen("more"))])?;
    lead.sync_once().await?;
    let settled = read(&lin, &form, 3).await?;
    assert_eq!(values(&settled, forms::ASKED), [chosen("more")]);
    Ok(())
}
