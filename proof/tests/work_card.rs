//! A resident scans what a real phone shows and asks a real centre. The phone reaches nobody while it shows it.

use gridwalk::{Phone, ports::Ports};
use gridwalk_core::{error::Code, work_card};
use gridwalk_fixtures::{SEED, demo_day, street};
use gridwalk_proof::{browser, process::Outcome};
use gridwalk_server::{
    Config,
    auth::enrol::{CODE_LIFE_MS, EnrolCode},
    seed::reference_rows,
    serve,
    store::{device, person},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_shows_without_a_network_the_centre_confirms_to_whoever_scans_it()
-> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path().join("centre"));
    let server = serve(config.clone()).await?;
    let street = street(SEED, demo_day());
    let code = EnrolCode::new()?;
    let (printed, now) = (code.to_string(), server.state().now());
    let written = server.state().store.write(move |connection| {
        reference_rows(connection, &street)?;
        let worker = person::by_login(connection, "lin-xiao")?.expect("林晓");
        device::add_code(connection, &code, worker, now, CODE_LIFE_MS)
    });
    written.await?;

    let dir = folder.path().join("phone");
    let phone = Phone::open(&dir, Ports::of_this_machine(&dir))?;
    let before = phone.work_card().map_err(|failure| failure.code);
    assert_eq!(before, Err(Code::NotEnrolled));
    phone.enrol(server.url(), printed).await?;
    let address = format!("{}/verify", server.url());
    server.stop().await?;

    let card = phone.work_card()?;
    let (page, signed) = card.address.split_once('#').ok_or("no hash")?;
    assert_eq!((page, signed.len()), (&*address, work_card::LETTERS));
    let left = card.until.since(phone.now());
    assert!(left > 0 && left <= work_card::LIFE_MS, "{left}");

    let server = serve(config).await?;
    let asked = browser()?
        .post(format!("{}/verify", server.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("code={signed}"));
    let said = asked.send().await?.text().await?;
    assert!(said.contains("data-standing=\"valid\""), "{said}");
    assert!(said.contains("林晓"), "{said}");
    Ok(())
}
