//! A marked secret goes through everything and is seen nowhere but where it was asked for.

use rustix::process::Signal;

use crate::support::{House, bytes_under, eventually, get};

const MARKED: &str = "4dM7xQ2vK9sWb1tYz8eRj5nUa3hPc6gF";

#[test]
fn a_secret_never_shows() {
    let house = House::new();
    let create =
        ["app", "create", "Karaoke", "--app-id", "5", "--feature", "ans", "--secret-stdin"];
    house.run_with(&create, MARKED).code(0);
    let server = house.serve(&[]);
    server.fetch(&house, "5", MARKED).code(0);
    let wrong = server.fetch(&house, "6", MARKED);
    assert!(!wrong.stderr.contains(MARKED) && wrong.code == 3);
    get(&format!("{}/?AppId=5&Signature={MARKED}&SignatureNonce={MARKED}", server.url()));
    let metrics = get(&format!("http://{}/metrics", server.admin));
    assert!(!metrics.contains(MARKED));

    for arguments in [
        &["app", "list"][..],
        &["app", "show", "5"],
        &["app", "set", "5", "--rate", "9"],
        &["doctor"],
    ] {
        let ran = house.run(&[arguments, &["--json"]].concat()).code(0);
        assert!(!ran.stdout.contains(MARKED) && !ran.stderr.contains(MARKED), "{arguments:?}");
    }
    let signed = house.run(&["sign", "--app-id", "5"]).code(0);
    assert!(!signed.stdout.contains(MARKED));
    server.signal(Signal::TERM);
    let (_, log) = server.ended();
    assert!(!log.contains(MARKED), "{log}");
    let kept = bytes_under(&house.path("tonegate-data"));
    assert!(!kept.windows(MARKED.len()).any(|bytes| bytes == MARKED.as_bytes()));
    // The test itself can see: the same look finds what is there.
    assert!(kept.windows(7).any(|bytes| bytes == b"Karaoke"));
}

#[test]
fn a_refused_secret_is_not_repeated() {
    let house = House::new();
    let text = "tooshort-marked";
    let create = ["app", "create", "Karaoke", "--secret-stdin"];
    let ran = house.run_with(&create, text).code(1);
    assert!(!ran.stderr.contains("marked"), "{}", ran.stderr);
    let server = house.serve(&[]);
    let ran = server.fetch(&house, "5", text).code(1);
    assert!(!ran.stderr.contains("marked"), "{}", ran.stderr);
    eventually(|| get(&format!("http://{}/livez", server.admin)), |text| text == "alive\n");
}
