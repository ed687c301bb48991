//! What a relay refuses to start with, and the words in which it does.

use tonegate_clock::Clock;
use tonegate_relay::Relay;
use tonegate_relay::config::Config;

use crate::support::child::Child;
use crate::support::world::{manual, read, real, set_mode};
use crate::support::{APP, World};

/// Why a relay with this configuration does not start.
async fn refused(world: &World, configure: impl FnOnce(&mut Config)) -> String {
    let mut config = world.config();
    configure(&mut config);
    let relay = Relay::bind(config, Clock::system()).await;
    relay.err().expect("it does not start").to_string()
}

#[tokio::test]
async fn without_authentication_it_does_not_start() {
    let (world, _hand) = manual().await;
    let error = refused(&world, |config| config.auth.api_keys = "".into()).await;
    for cure in ["tonegate relay key add", "auth.api_keys", "[[auth.jwt]]"] {
        assert!(error.contains(cure), "{error}");
    }
}

#[tokio::test]
async fn a_secret_that_others_can_read_is_refused() {
    let (world, _hand) = manual().await;
    let file = world.path("12345.secret");
    for mode in [0o644, 0o640, 0o604, 0o620] {
        set_mode(&file, mode);
        let error = refused(&world, |_| ()).await;
        let named = file.display().to_string();
        assert!(error.contains("chmod 600") && error.contains(&named), "{error}");
        assert!(error.contains(&format!("{mode:03o}")) && error.contains("app 12345"), "{error}");
    }
    set_mode(&file, 0o400);
    assert!(Relay::bind(world.config(), Clock::system()).await.is_ok());
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let (world, _hand) = manual().await;
    let keys = world.path("keys.json");
    world.key(&[]);
    set_mode(&keys, 0o644);
    let error = refused(&world, |_| ()).await;
    assert!(error.contains("keys.json") && error.contains("chmod"), "{error}");
    set_mode(&keys, 0o600);

    for secret in
        ["", "short", "9193cc662a4c0ec135ec71fb57194b3!", "two words of thirty-two letters"]
    {
        world.write_secret(APP, secret);
        let error = refused(&world, |_| ()).await;
        assert!(error.contains("12345.secret") && error.contains("no ServerSecret"), "{error}");
        assert!(secret.is_empty() || !error.contains(secret), "{error}");
    }
    world.write_secret(APP, tonegate_testing::SECRET);

    let missing = world.path("missing");
    let error = refused(&world, |config| config.apps[0].secret_file = missing.clone()).await;
    assert!(error.contains("cannot read the secret") && error.contains("missing"), "{error}");
    let error = refused(&world, |config| config.cache.directory = keys.clone()).await;
    assert!(error.contains("cache.directory"), "{error}");
    let error = refused(&world, |config| {
        config.listen.tls_certificate = missing.clone();
        config.listen.tls_key = missing.clone();
    });
    let error = error.await;
    assert!(error.contains("missing"), "{error}");
    for ca in [&missing, &keys] {
        let error = refused(&world, |config| {
            config.upstreams.values_mut().for_each(|upstream| upstream.ca_file = ca.clone());
        });
        let error = error.await;
        assert!(error.contains("upstreams.zego") && error.contains("PEM"), "{error}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for admin in [false, true] {
        let error = refused(&world, |config| match admin {
            false => config.listen.address = address,
            true => config.admin.address = address,
        });
        let error = error.await;
        assert!(error.contains(&address.to_string()), "{error}");
    }
}

#[tokio::test]
async fn secrets_that_are_not_there_are_named() {
    let (world, _hand) = manual().await;
    let error = refused(&world, |config| {
        config.apps[0].secret_file = "".into();
        config.apps[0].secret_env = "TONEGATE_TEST_NO_SUCH".into();
    });
    let error = error.await;
    assert!(error.contains("TONEGATE_TEST_NO_SUCH is not set"), "{error}");
    let error = refused(&world, |config| {
        config.apps[0].secret_file = "".into();
        config.apps[0].secret_credential = "secret-1".into();
    });
    let error = error.await;
    assert!(error.contains("LoadCredential=secret-1"), "{error}");
}

#[tokio::test]
async fn a_secret_comes_from_systemd_or_with_a_warning_from_the_environment() {
    let world = real(&[APP]).await;
    let key = world.key(&[]).text;
    let directory = world.directory().display().to_string();
    let file = format!("secret_file = \"{directory}/12345.secret\"");
    for (source, variable, value, warns) in [
        ("secret_credential = \"12345.secret\"", "CREDENTIALS_DIRECTORY", &*directory, false),
        (
            "secret_env = \"TONEGATE_TEST_SECRET\"",
            "TONEGATE_TEST_SECRET",
            tonegate_testing::SECRET,
            true,
        ),
    ] {
        // Systemd's credentials are protected otherwise.
        set_mode(&world.path("12345.secret"), 0o440);
        let _ = std::fs::remove_dir_all(world.path("cache"));
        let toml = world.toml().replace(&file, source);
        let child = Child::start(&world, &toml, &[(variable, value)]).await;
        assert_eq!(child.get("/v1/license", &key).await.app_id(), APP);
        child.kill().await;
        let log = std::fs::read_to_string(world.path("log")).unwrap();
        assert_eq!(log.contains("comes from an environment variable"), warns, "{log}");
    }
}

#[tokio::test]
async fn mistakes_in_the_configuration_are_named() {
    let (world, _hand) = manual().await;
    let good = world.toml();
    assert!(read(&good).is_ok());
    let app = "[[apps]]\napp_id = 12345\n";
    let pins = good.lines().find(|line| line.starts_with("pins")).unwrap().to_owned();
    let upstream = "[upstreams.zego]\n";
    let provider = "[[auth.jwt]]\nissuer = \"https://id.example\"\n";
    for (from, to, said) in [
        (app, "[[apps]]\n".to_owned(), "app_id"),
        (app, format!("[[apps]]\napp_id = 12345\nsecret_env = \"A\"\n{app}"), "it is there twice"),
        (app, format!("{app}upstream = \"other\"\n"), "there is no [upstreams.other]"),
        (upstream, format!("[upstreams.b]\nendpoints = []\n{upstream}"), "upstream is missing"),
        (app, format!("{app}secret_env = \"A\"\n"), "give one of secret_file"),
        ("secret_file", "secret_credential = \"\" #".to_owned(), "its ServerSecret is missing"),
        ("secret_file", "secret = ".to_owned() + "\"9193cc66\" #", "unknown field `secret`"),
        (&pins, String::new(), "features can be checked only"),
        (&pins, "pins = \"abc\"".to_owned(), "upstreams.zego.pins"),
        ("issuer = ", "issuer = \"\" #".to_owned(), "issuer is missing"),
        (upstream, format!("{upstream}environment = \"staging\"\n"), "`production` or `test`"),
        (upstream, format!("{upstream}connect_timeout = 0\n"), "0 would let no request through"),
        ("endpoints = [", "endpoints = [] # [".to_owned(), "upstreams.zego.endpoints"),
        ("tls_key = \"\"", "tls_key = \"key.pem\"".to_owned(), "listen.tls_certificate is missing"),
        (
            "[listen]\n",
            "[listen]\ncors_origins = [\"https://a.example/b\"]\n".to_owned(),
            "is no origin",
        ),
        ("[listen]\n", "[listen]\nconnections = 0\n".to_owned(), "listen.connections"),
        ("[listen]\n", "[listen]\nport = 80\n".to_owned(), "unknown field `port`"),
        ("[auth]\n", "[rate_limit]\njwt_burst = 0\n[auth]\n".to_owned(), "rate_limit.jwt_burst"),
        (
            "[auth]\n",
            "[webhook]\nurl = \"https://a\"\n[auth]\n".to_owned(),
            "webhook.secret_file is missing",
        ),
        (
            "[auth]\n",
            "[webhook]\nurl = \"ftp://a\"\nsecret_file = \"b\"\n[auth]\n".to_owned(),
            "no http or https URL",
        ),
        ("[admin]\n", format!("{provider}jwks_file = \"a\"\n[admin]\n"), "audience"),
        (
            "[admin]\n",
            format!("{provider}audience = [\"a\"]\njwks_url = \"http://a.example\"\n[admin]\n"),
            "must be https",
        ),
        ("[admin]\n", format!("{provider}audience = [\"a\"]\n[admin]\n"), "jwks_url or jwks_file"),
    ] {
        let bad = good.replace(from, &to);
        assert_ne!(bad, good, "{from} is not there");
        let error = read(&bad).expect_err(&to).to_string();
        assert!(error.contains(said), "{to}: {error}");
        assert!(error.contains("tonegate relay --print-config"), "{error}");
    }
}
