//! A token of a test's own.
//!
//! SoftHSM finds its tokens by its process' environment, so each test runs in a process of its own: it
//! starts itself again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ed25519_dalek::{Signature, VerifyingKey};
use tempfile::TempDir;
use tonegate_issuer::Signer;
use tonegate_pkcs11::{PinSource, Token, TokenConfig, TokenKey, Which};

const DIRECTORY: &str = "TONEGATE_TOKEN_DIR";
const MODULE: &str = "TONEGATE_TOKEN_MODULE";
const LABEL: &str = "left rack";
pub(crate) const PIN: &str = "739154";

/// Where Debian and others put it.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// The directory with the token, as the test's own process sees it.
pub(crate) struct House(PathBuf);

/// Runs a test in a process of its own. `name`: the test's, with its modules.
pub(crate) fn alone(name: &str, test: impl FnOnce(House)) {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return test(House(directory.into()));
    }
    let directory = tempfile::tempdir().unwrap();
    prepare(&directory);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(DIRECTORY, directory.path());
    child.env("SOFTHSM2_CONF", directory.path().join("softhsm2.conf")).env(MODULE, module());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert!(!text.contains(PIN), "the PIN was printed: {text}");
}

fn module() -> PathBuf {
    let found = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    found.expect("SoftHSM is not installed: apt-get install softhsm2")
}

fn prepare(directory: &TempDir) {
    let path = directory.path();
    fs::create_dir(path.join("tokens")).unwrap();
    let conf =
        format!("directories.tokendir = {}\nlog.level = ERROR\n", path.join("tokens").display());
    fs::write(path.join("softhsm2.conf"), conf).unwrap();
    write_pin(&path.join("pin"), PIN);
    let mut init = Command::new("softhsm2-util");
    init.args(["--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "51379"]);
    init.env("SOFTHSM2_CONF", path.join("softhsm2.conf")).stdout(Stdio::null());
    let status = init.status().expect("softhsm2-util: apt-get install softhsm2");
    assert!(status.success());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrapper.c");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(path.join("wrapper.so")).arg(source).arg("-ldl");
    assert!(cc.status().expect("cc: apt-get install build-essential").success());
}

fn write_pin(path: &Path, pin: &str) {
    fs::write(path, format!("{pin}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

impl House {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// SoftHSM itself.
    pub(crate) fn config(&self) -> TokenConfig {
        TokenConfig {
            module: std::env::var_os(MODULE).unwrap().into(),
            which: Which::Label(LABEL.to_owned()),
            pin: PinSource::File(self.path("pin")),
        }
    }

    /// SoftHSM in the wrapper that the test turns.
    pub(crate) fn wrapped(&self) -> TokenConfig {
        TokenConfig { module: self.path("wrapper.so"), ..self.config() }
    }

    pub(crate) fn set_pin(&self, pin: &str) {
        write_pin(&self.path("pin"), pin);
    }

    /// Has something happen to the wrapped module.
    pub(crate) fn turn(&self, what: &str, on: bool) {
        if on {
            fs::write(self.path(what), "").unwrap();
        } else {
            fs::remove_file(self.path(what)).unwrap();
        }
    }

    pub(crate) fn sign_ins(&self) -> usize {
        fs::read(self.path("sign-ins")).map_or(0, |bytes| bytes.len())
    }
}

/// A new key in the token.
pub(crate) fn key(token: &Token) -> TokenKey {
    let (public, label) = token.generate().unwrap();
    assert_eq!(label, LABEL);
    TokenKey::new(token.clone(), public, label)
}

/// Signs, and checks what comes back. `Err`: the key does not sign.
pub(crate) fn signs(key: &TokenKey) -> Result<(), String> {
    let message = b"a licence, as it were";
    let signature = key.sign(message).map_err(|error| error.to_string())?;
    let verifier = VerifyingKey::from_bytes(&key.public_key()).unwrap();
    verifier.verify_strict(message, &Signature::from_bytes(&signature)).unwrap();
    Ok(())
}

pub(crate) fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}
