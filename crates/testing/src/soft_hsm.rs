//! A hardware token of a test's own: SoftHSM, in a module that the test turns.
//!
//! SoftHSM finds its tokens by its process' environment, so a test that loads it runs in a process of its
//! own ([`SoftHsm::alone`]: it starts itself again), and a program that loads it gets [`SoftHsm::CONFIG`].
//! Everything of it lies in one directory of the test's.

#![expect(clippy::unwrap_used, reason = "a test's part fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What `soft_hsm.c` reads too.
const DIRECTORY: &str = "TONEGATE_TOKEN_DIR";
const MODULE: &str = "TONEGATE_TOKEN_MODULE";
const CONF: &str = "SOFTHSM2_CONF";

/// Where Debian and others put it.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// One token, [`LABEL`](Self::LABEL), and the directory that holds it.
pub struct SoftHsm(PathBuf);

impl SoftHsm {
    /// The token's label.
    pub const LABEL: &str = "left rack";
    /// Its PIN, until the test sets another one.
    pub const PIN: &str = "739154";
    /// The file in the directory that `SOFTHSM2_CONF` must name.
    pub const CONFIG: &str = "softhsm2.conf";

    /// Makes a token in a directory.
    #[must_use]
    pub fn make(directory: &Path) -> Self {
        let made = Self(directory.to_owned());
        let (tokens, conf) = (made.path("tokens"), made.path(Self::CONFIG));
        fs::create_dir(&tokens).unwrap();
        let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
        fs::write(&conf, text).unwrap();
        made.set_pin(Self::PIN);
        let mut init = Command::new("softhsm2-util");
        init.args(["--init-token", "--free", "--label", Self::LABEL]);
        init.args(["--pin", Self::PIN, "--so-pin", "51379"]);
        let status = init.env(CONF, conf).stdout(Stdio::null()).status();
        assert!(status.expect("softhsm2-util: apt-get install softhsm2").success());
        made
    }

    /// Runs a test with a token of its own in a process of its own. `name`: the test's, with its modules.
    pub fn alone(name: &str, test: impl FnOnce(Self)) {
        if let Some(directory) = std::env::var_os(DIRECTORY) {
            return test(Self(directory.into()));
        }
        let directory = tempfile::tempdir().unwrap();
        let made = Self::make(directory.path());
        made.build_turned();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", name, "--nocapture"]).env(DIRECTORY, directory.path());
        child.env(CONF, made.path(Self::CONFIG)).env(MODULE, Self::module());
        let output = child.output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", output.status);
        assert!(!text.contains(Self::PIN), "the PIN was printed: {text}");
    }

    /// SoftHSM itself.
    #[must_use]
    pub fn module() -> PathBuf {
        let found = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
        found.expect("SoftHSM is not installed: apt-get install softhsm2")
    }

    /// SoftHSM as [`turn`](Self::turn) has it, for tests that run [`alone`](Self::alone).
    #[must_use]
    pub fn turned(&self) -> PathBuf {
        self.path("turned.so")
    }

    /// Something in its directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The file with the PIN.
    #[must_use]
    pub fn pin_file(&self) -> PathBuf {
        self.path("pin")
    }

    /// Writes another PIN to its file. The token's stays as it is.
    pub fn set_pin(&self, pin: &str) {
        fs::write(self.pin_file(), format!("{pin}\n")).unwrap();
        fs::set_permissions(self.pin_file(), Permissions::from_mode(0o600)).unwrap();
    }

    /// Has something happen to the turned module, or happen no more: `unplugged`, `hang`.
    pub fn turn(&self, what: &str, on: bool) {
        let path = self.path(what);
        if on { fs::write(path, "").unwrap() } else { fs::remove_file(path).unwrap() }
    }

    /// How often somebody signed in to the turned module.
    #[must_use]
    pub fn sign_ins(&self) -> usize {
        fs::read(self.path("sign-ins")).map_or(0, |bytes| bytes.len())
    }

    fn build_turned(&self) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/soft_hsm.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(self.turned()).arg(source).arg("-ldl");
        assert!(cc.status().expect("cc: apt-get install build-essential").success());
    }
}
