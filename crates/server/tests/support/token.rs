//! A hardware token of a test's own: SoftHSM, in the wrapper that the tests of `pkcs11` turn.
//!
//! SoftHSM finds its tokens by its process' environment, so each test runs in a process of its own: it
//! starts itself again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tonegate_pkcs11::Token;
use tonegate_server::config::{Config, Pkcs11};

const DIRECTORY: &str = "TONEGATE_TOKEN_DIR";
const MODULE: &str = "TONEGATE_TOKEN_MODULE";
const LABEL: &str = "left rack";
const PIN: &str = "739154";

/// Where Debian and others put it.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// The directory with the token.
pub(crate) struct Rack(PathBuf);

/// Runs a test in a process of its own. `name`: the test's, with its modules.
pub(crate) fn alone(name: &str, test: impl AsyncFnOnce(Rack)) {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        return runtime.block_on(test(Rack(directory.into())));
    }
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
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

fn prepare(path: &Path) {
    let tokens = path.join("tokens");
    fs::create_dir(&tokens).unwrap();
    let conf = path.join("softhsm2.conf");
    fs::write(&conf, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    fs::write(path.join("pin"), PIN).unwrap();
    fs::set_permissions(path.join("pin"), Permissions::from_mode(0o600)).unwrap();
    let mut init = Command::new("softhsm2-util");
    init.args(["--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "51379"]);
    let status = init.env("SOFTHSM2_CONF", conf).stdout(Stdio::null()).status();
    assert!(status.expect("softhsm2-util: apt-get install softhsm2").success());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pkcs11/tests/wrapper.c");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(path.join("wrapper.so")).arg(source).arg("-ldl");
    assert!(cc.status().expect("cc: apt-get install build-essential").success());
}

impl Rack {
    /// Has a server use the token.
    pub(crate) fn configure(&self, config: &mut Config) {
        config.pkcs11 = Pkcs11 {
            module: self.0.join("wrapper.so"),
            token: LABEL.to_owned(),
            pin_file: self.0.join("pin"),
            premint_hours: 24,
            premint_per_second: 1_000,
        };
    }

    /// The token itself.
    pub(crate) fn token(&self) -> Token {
        let mut config = Config::default();
        self.configure(&mut config);
        config.pkcs11.open().unwrap()
    }

    /// Takes the token away.
    pub(crate) fn unplug(&self) {
        fs::write(self.0.join("unplugged"), "").unwrap();
    }

    /// Puts it back.
    pub(crate) fn plug_in(&self) {
        fs::remove_file(self.0.join("unplugged")).unwrap();
    }

    /// Has no signature come back, or come back again.
    pub(crate) fn hang(&self, on: bool) {
        let path = self.0.join("hang");
        if on { fs::write(path, "").unwrap() } else { fs::remove_file(path).unwrap() }
    }
}
