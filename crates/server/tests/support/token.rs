//! How servers of the tests see their hardware token.

use tonegate_pkcs11::Token;
use tonegate_server::config::{Config, Pkcs11};
use tonegate_testing::SoftHsm;

/// The token.
pub(crate) struct Rack(SoftHsm);

/// Runs a test in a process of its own. `name`: the test's, with its modules.
pub(crate) fn alone(name: &str, test: impl AsyncFnOnce(Rack)) {
    SoftHsm::alone(name, |token| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(test(Rack(token)));
        drop(runtime);
        tonegate_pkcs11::finalize();
    });
}

impl Rack {
    /// Has a server use the token.
    pub(crate) fn configure(&self, config: &mut Config) {
        config.pkcs11 = Pkcs11 {
            module: self.0.turned(),
            token: SoftHsm::LABEL.to_owned(),
            pin_file: self.0.pin_file(),
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
        self.0.turn("unplugged", true);
    }

    /// Puts it back.
    pub(crate) fn plug_in(&self) {
        self.0.turn("unplugged", false);
    }

    /// Has no signature come back, or come back again.
    pub(crate) fn hang(&self, on: bool) {
        self.0.turn("hang", on);
    }
}
