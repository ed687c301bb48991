//! Users, TLS, Sentinels and Clusters.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonegate_testing::{Valkey, ValkeyCluster, ValkeySentinel};

use super::super::*;
use super::{NOW, ask, eventually, lose, node_of, one, section, settle};
use crate::config::Topology;

/// What the documents name: no more is needed.
const ACL: &str = "user tonegate on >secret ~tonegate:* -@all +evalsha +script|load +time +hmget +hset \
                   +hsetnx +hget +expire +expireat +role +cluster|slots";

#[test]
fn a_user_with_few_rights_and_a_password_file_will_do() {
    let user = format!("--{ACL}");
    let arguments = ["--requirepass", "other"].into_iter().chain(user.split(' '));
    let arguments: Vec<_> = arguments.collect();
    let valkey = Valkey::start_as(&arguments, &["AUTH", "other"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "secret\n").unwrap();
    let mut section = section(&valkey.url());
    section.username = "tonegate".to_owned();
    section.password_file = file.path().to_owned();
    let node = node_of(&section);
    assert!(!node.is_lost());
    assert_eq!(settle(&node, &[ask(1, 1), ask(1, 1)]), [Answer::Accepted, Answer::Repeated]);
    fs::write(&file, "wrong\n").unwrap();
    assert!(node_of(&section).is_lost());
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let error = SharedGuard::start(&section, "house", 1, SharedGuardMetrics::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("mode 640") && !error.contains("secret"), "{error}");
}

#[test]
fn over_tls_the_certificate_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let authority = || {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, others) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    fs::write(path("cert"), params.signed_by(&key, &ours).unwrap().pem()).unwrap();
    fs::write(path("key"), key.serialize_pem()).unwrap();
    fs::write(path("ours"), ours.pem()).unwrap();
    fs::write(path("others"), others.pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = port.to_string();
    let files = [path("cert"), path("key"), path("ours")];
    let _valkey = Valkey::start_with(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &files[0],
        "--tls-key-file",
        &files[1],
        "--tls-ca-cert-file",
        &files[2],
        "--tls-auth-clients",
        "no",
    ]);
    let mut section = section(&format!("rediss://localhost:{port}"));
    section.tls_ca = path("ours").into();
    let node = node_of(&section);
    assert!(!node.is_lost());
    assert_eq!(settle(&node, &[ask(1, 1), ask(1, 1)]), [Answer::Accepted, Answer::Repeated]);
    section.tls_ca = path("others").into();
    assert!(node_of(&section).is_lost(), "another authority's");
    section.tls_ca = path("none").into();
    let error = SharedGuard::start(&section, "house", 1, SharedGuardMetrics::default());
    assert!(error.unwrap_err().to_string().starts_with("shared_guard.tls_ca: cannot read"));
}

#[test]
fn sentinels_say_who_is_the_primary() {
    let mut servers = ValkeySentinel::start();
    let mut section = section(&servers.sentinel.url());
    section.topology = Topology::Sentinel;
    section.sentinel_master = ValkeySentinel::NAME.to_owned();
    let nodes = [node_of(&section), node_of(&section)];
    assert!(nodes.iter().all(|node| !node.is_lost()));
    assert_eq!(one(&nodes[0], ask(1, 1)), Answer::Accepted);
    servers.primary.kill();
    nodes.iter().for_each(lose);
    nodes[0].accepted_alone(&ask(1, 2), NOW);
    eventually("failed over", || nodes.iter().all(|node| !node.is_lost()));
    assert_eq!(
        settle(&nodes[1], &[ask(1, 1), ask(1, 2), ask(1, 3)]),
        [Answer::Repeated, Answer::Repeated, Answer::Accepted]
    );
    assert!(servers.replica.say(&["DBSIZE"]) != ":0");
}

#[test]
fn in_a_cluster_every_app_is_asked_about_where_it_is() {
    let cluster = ValkeyCluster::start();
    let mut section = section(&cluster.primaries[1].url());
    section.topology = Topology::Cluster;
    let nodes = [node_of(&section), node_of(&section)];
    assert!(nodes.iter().all(|node| !node.is_lost()));
    let asks: Vec<_> = (0..60).map(|number| ask(number % 30, 1 + u64::from(number / 30))).collect();
    assert!(settle(&nodes[0], &asks).iter().all(|answer| *answer == Answer::Accepted));
    assert!(settle(&nodes[1], &asks).iter().all(|answer| *answer == Answer::Repeated));
    for primary in &cluster.primaries {
        assert!(primary.say(&["DBSIZE"]) != ":0", "it has its part");
        assert_eq!(primary.say(&["SCRIPT", "FLUSH"]), "+OK");
    }
    let more: Vec<_> = (0..30).map(|app| ask(app, 9)).collect();
    assert!(settle(&nodes[0], &more).iter().all(|answer| *answer == Answer::Accepted));
    // One of them gone is Valkey lost, though the others go on.
    cluster.primaries[2].stop();
    eventually("lost", || {
        let asks: Vec<_> = (0..30).map(|app| ask(app, fastrand::u64(..))).collect();
        let answers = settle(&nodes[0], &asks);
        for (ask, _) in asks.iter().zip(&answers).filter(|(_, it)| **it == Answer::Lost) {
            nodes[0].accepted_alone(ask, NOW);
        }
        nodes[0].is_lost()
    });
    nodes[0].accepted_alone(&ask(7, 77), NOW);
    cluster.primaries[2].go_on();
    eventually("strict again", || !nodes[0].is_lost());
    eventually("the other one finds it too", || one(&nodes[1], ask(7, 77)) == Answer::Repeated);
    assert_eq!(nodes[0].core.metrics.extra.get(), 0);
}
