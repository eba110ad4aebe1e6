//! A shop between real phones and a real centre: two who check it offline on one day leave two records, both reach the
//! registry, and neither phone loses a word of the other.

use gridwalk::{
    Phone,
    ports::Ports,
    view::{PlaceDetail, Receipt},
};
use gridwalk_core::{
    ids::PlaceId,
    place::{Answered, CheckAnswer, NewPlaceVisit},
    time::Timestamp,
};
use gridwalk_fixtures::{History, SEED, Street, history::history, street};
use gridwalk_proof::{corner, process::Outcome};
use gridwalk_server::{Config, seed::fill, serve, state::AppState};
use std::{collections::BTreeSet, time::Duration};

/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);
const SHOP: &str = "霜降面馆";

/// The street on the morning of this day, with nobody at home: only its shops are told of.
fn shops_only(now: Timestamp) -> (Street, History) {
    let mut street = street(SEED, now.local_date());
    let mut past = history(&street);
    street.households.clear();
    past.visits.clear();
    past.patrols.clear();
    past.incidents.clear();
    (street, past)
}

fn shop(phone: &Phone) -> Outcome<PlaceId> {
    let mut rows = phone.places()?.into_iter();
    let shop = rows.find(|row| row.name == SHOP).ok_or("no such shop")?;
    Ok(shop.id)
}

/// Every item with the same answer, but one.
fn answered(phone: &Phone, shop: PlaceId, wanting: &str) -> Outcome<NewPlaceVisit> {
    let list = phone.place(shop)?.checklist.ok_or("nothing is asked")?;
    assert_eq!(list.items.len(), 5);
    let mut visit = phone.begin_place_visit(shop)?;
    let answer = |item: &str| match item == wanting {
        true => CheckAnswer::Fail,
        false => CheckAnswer::Pass,
    };
    let answers = list.items.iter().map(|item| Answered {
        item: item.id.clone(),
        answer: answer(&item.id),
        note: None,
    });
    visit.answers = answers.collect();
    Ok(visit)
}

/// Asks until the phone reads so many visits: acknowledged is durable, published is a moment later.
async fn read(phone: &Phone, shop: PlaceId, visits: usize) -> Outcome<PlaceDetail> {
    let published = async {
        loop {
            let detail = phone.place(shop)?;
            if detail.view.visits.len() == visits {
                return Outcome::Ok(detail);
            }
            phone.sync_once().await?;
        }
    };
    tokio::time::timeout(PUBLISHED, published).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_check_one_shop_offline_on_one_day_are_two_records_in_the_registry() -> Outcome<()>
{
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path().join("centre"));
    {
        let state = AppState::open(config.clone())?;
        let (street, past) = shops_only(state.now());
        tokio::task::block_in_place(|| fill(&state, &street, &past))?;
    }
    let server = serve(config).await?;
    let lin = corner::enrolled(&server, folder.path(), "lin-xiao").await?;
    let lead = corner::enrolled(&server, folder.path(), "ge-shuangjiang").await?;
    assert_eq!(lin.places()?.len(), 6, "of her own grid, and no other");
    let due: Vec<_> = lin
        .today()?
        .places
        .into_iter()
        .map(|row| row.name)
        .collect();
    assert!(due.iter().any(|name| name == SHOP), "{due:?}");
    let id = shop(&lin)?;
    let before = lin.place(id)?.view.visits.len();

    // neither hears of the other: nothing travels before both have saved
    let hers = answered(&lin, id, "gas")?;
    lin.save_place_visit(id, hers.clone())?;
    let theirs = answered(&lead, id, "exit")?;
    lead.save_place_visit(id, theirs.clone())?;
    let row = lin.place(id)?.row;
    assert!(!row.due_now && row.last_failed == 1);
    // her process ends before anything left it
    drop(lin);
    let dir = folder.path().join("lin-xiao");
    let lin = Phone::open(&dir, Ports::of_this_machine(&dir))?;
    let receipt = |phone: &Phone, visit: &NewPlaceVisit| -> Outcome<Receipt> {
        Ok(phone.place(id)?.visit_receipts[&visit.id.to_string()].clone())
    };
    assert_eq!(receipt(&lin, &hers)?, Receipt::Local);
    lin.sync_once().await?;
    lead.sync_once().await?;
    assert_eq!(receipt(&lin, &hers)?, Receipt::Centre);
    assert_eq!(receipt(&lead, &theirs)?, Receipt::Centre);

    let both: BTreeSet<_> = [hers.id, theirs.id].into();
    for phone in [&lin, &lead] {
        let detail = read(phone, id, before + 2).await?;
        let shown: BTreeSet<_> = detail
            .view
            .visits
            .iter()
            .map(|seen| seen.visit.id)
            .collect();
        assert!(both.is_subset(&shown));
        assert_eq!(detail.view.unreadable, 0);
    }
    let rows = server.state().store.read(|connection| {
        let mut select = connection.prepare_cached(
            "select v.id, v.failed from place_visit v join place p on p.id = v.place
             where p.name = ?1 and v.recorded_at > ?2",
        )?;
        let rows = select.query_map([SHOP, "2026-01-01"], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })?;
        Ok(rows.collect::<Result<BTreeSet<_>, _>>()?)
    });
    let rows = rows.await?;
    for visit in [&hers, &theirs] {
        assert!(rows.contains(&(visit.id.to_string(), 1)), "{rows:?}");
    }
    let words = "老板来电：软管换好了".to_owned();
    lead.amend_place_visit(id, hers.id, words.clone())?;
    lead.sync_once().await?;
    let amended = async {
        loop {
            let detail = lin.place(id)?;
            let mut seen = detail.view.visits.into_iter();
            let seen = seen.find(|seen| seen.visit.id == hers.id).ok_or("gone")?;
            if let [added] = &seen.amendments[..] {
                return Outcome::Ok((added.note.clone(), seen.visit));
            }
            lin.sync_once().await?;
        }
    };
    let (note, visit) = tokio::time::timeout(PUBLISHED, amended).await??;
    assert_eq!(note, words);
    assert_eq!(visit.answers, hers.answers, "the visit itself stays");
    Ok(())
}
