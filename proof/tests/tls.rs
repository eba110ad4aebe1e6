//! A centre that ends TLS by itself, a phone that was given its certificate with the enrolment link, and one that was not.

use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::demo_day;
use gridwalk_proof::process::{Outcome, Server, begin, command, free_port, run};
use std::path::Path;

/// A certificate for this machine's loopback, as PEM files; answers with the arguments of `serve` and the bytes in DER.
fn certificate(folder: &Path) -> Outcome<([String; 4], Vec<u8>)> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()])?;
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let arguments = [
        "--tls-cert".into(),
        text(&cert),
        "--tls-key".into(),
        text(&key),
    ];
    Ok((arguments, made.cert.der().to_vec()))
}

#[test]
fn a_phone_trusts_the_certificate_of_its_enrolment_link_and_no_other() -> Outcome<()> {
    begin(Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?);
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let centre = at("centre");
    run(
        "gridwalk-server",
        &[
            "seed",
            "--data",
            &centre,
            "--today",
            &demo_day().to_string(),
        ],
    )?;
    let (arguments, der) = certificate(folder.path())?;
    let server = Server::start_with(Path::new(&centre), free_port()?, &arguments)?;
    assert!(server.address.starts_with("https://"), "{}", server.address);
    let code = || {
        let asked = ["device", "code", "--data", &centre, "--worker", "lin-xiao"];
        run("gridwalk-server", &asked)
    };
    let enrol = |phone: &str, address: &str| -> Outcome<std::process::Output> {
        let arguments = ["enrol", "--data", phone, "--server", address, "--code"];
        Ok(command("gridwalk")?
            .args(arguments)
            .arg(code()?.trim())
            .output()?)
    };

    let stranger = enrol(&at("stranger"), &server.address)?;
    assert!(!stranger.status.success());
    let words = String::from_utf8_lossy(&stranger.stderr);
    assert!(words.contains("NOT_OUR_SERVER"), "{words}");

    let link = format!("{}#root={}", server.address, hex::encode(der));
    let known = enrol(&at("known"), &link)?;
    let words = String::from_utf8_lossy(&known.stderr);
    assert!(known.status.success(), "{words}");
    run("gridwalk", &["sync", "--data", &at("known")])?;

    let plain = server.address.replacen("https", "http", 1);
    assert!(!enrol(&at("plain"), &plain)?.status.success());
    Ok(())
}
