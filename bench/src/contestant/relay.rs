//! `tonegate relay`, the released binary, before an issuer of the benchmark's.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::Contestant;
use crate::clock;
use crate::house::{House, ISSUER};
use crate::load::App;
use crate::process::Process;

/// What is said of its limits.
pub(crate) const LIFTED: &str = "the callers' rates (1 million/s), the caps on connections and failing \
     requests of 127.0.0.0/8";

const AUDIENCE: &str = "audio-licenses";
const PROVIDER: &str = "https://login.bench";

/// A running relay, and what its callers present.
pub(crate) struct Relay {
    /// The server.
    pub(crate) contestant: Contestant,
    api_key: String,
    tokens: Vec<String>,
}

impl Relay {
    /// The request of a backend.
    pub(crate) fn with_api_key(&self) -> Vec<u8> {
        request(&self.api_key)
    }

    /// The requests of users.
    pub(crate) fn with_tokens(&self) -> Vec<Vec<u8>> {
        self.tokens.iter().map(|token| request(token)).collect()
    }
}

fn request(credential: &str) -> Vec<u8> {
    let head = format!(
        "GET /v1/license HTTP/1.1\r\nHost: relay.bench\r\nAuthorization: Bearer {credential}\r\n\r\n"
    );
    head.into_bytes()
}

/// Starts it in the folder `home` for one app of `issuer`, with an API key and `tokens` tokens.
pub(crate) fn start(
    home: &Path,
    binary: &Path,
    house: &House,
    issuer: &Contestant,
    app: &App,
    tokens: usize,
) -> anyhow::Result<Relay> {
    fs::create_dir_all(home)?;
    let pins = fs::read(house.data().pins()).context("the pins")?;
    let pins: Value = serde_json::from_slice(&pins)?;
    let pins = pins["pins"].as_str().context("the pins")?;
    private(&home.join("app.secret"), &app.secret)?;
    let api_key = new_key(binary, home)?;
    let tokens = sign_tokens(home, tokens)?;
    let config = format!(
        "[[apps]]\napp_id = {}\nsecret_file = 'app.secret'\n\
         [upstreams.bench]\nendpoints = ['http://{}']\npins = '{pins}'\nissuer = '{ISSUER}'\n\
         [listen]\naddress = '127.0.0.1:0'\nlifted_networks = ['127.0.0.0/8']\nconnections = 16000\n\
         [admin]\naddress = '127.0.0.1:0'\n[auth]\napi_keys = 'api-keys.json'\n\
         [[auth.jwt]]\nissuer = '{PROVIDER}'\naudience = ['{AUDIENCE}']\njwks_file = 'jwks.json'\n\
         [rate_limit]\napi_key_per_second = 1000000\napi_key_burst = 1000000\n\
         jwt_per_second = 1000000\njwt_burst = 1000000\n[log]\nformat = 'json'\n",
        app.id, issuer.address,
    );
    fs::write(home.join("relay.toml"), config)?;
    let mut command = Command::new(binary);
    command.args(["relay", "--config", "relay.toml"]).current_dir(home);
    let begun = clock::now();
    let mut process = Process::start(&mut command, &home.join("relay.log"))?;
    let address = process.wait_for(relaying).context("tonegate relay")?;
    let ready_after = Some(begun.elapsed());
    let contestant = Contestant { ready_after, ..Contestant::new(address, process) };
    Ok(Relay { contestant, api_key, tokens })
}

fn relaying(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("\"relaying\""))?;
    let line: Value = serde_json::from_str(line).ok()?;
    line["address"].as_str()?.parse().ok()
}

fn new_key(binary: &Path, home: &Path) -> anyhow::Result<String> {
    let file = home.join("api-keys.json");
    let _ = fs::remove_file(&file);
    let mut command = Command::new(binary);
    command.args(["relay", "key", "add", "bench", "--json", "--file"]).arg(&file);
    let output = command.current_dir(home).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made: Value = serde_json::from_slice(&output.stdout)?;
    Ok(made["api_key"].as_str().context("an API key")?.to_owned())
}

/// Publishes a key as an identity provider does, and signs tokens with it.
fn sign_tokens(home: &Path, count: usize) -> anyhow::Result<Vec<String>> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let point = key.public_key().as_ref();
    ensure!(point.len() == 65, "an uncompressed point");
    let base64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "bench", "x": x, "y": y });
    fs::write(home.join("jwks.json"), json!({ "keys": [jwk] }).to_string())?;
    let header =
        base64(json!({ "alg": "ES256", "kid": "bench", "typ": "JWT" }).to_string().as_bytes());
    let exp = clock::unix_seconds() + 86_400;
    let sign = |user: usize| {
        let claims = json!({
            "iss": PROVIDER, "aud": AUDIENCE, "sub": format!("user-{user:08}"), "exp": exp,
            "iat": exp - 86_400, "name": "A user of the app", "email": format!("user-{user:08}@login.bench"),
        });
        let message = format!("{header}.{}", base64(claims.to_string().as_bytes()));
        let signature = key.sign(&SystemRandom::new(), message.as_bytes())?;
        Ok(format!("{message}.{}", base64(signature.as_ref())))
    };
    (0..count).map(sign).collect()
}

fn private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    Ok(())
}
