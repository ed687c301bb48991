//! Target `config`: the configuration file, and a value from the environment or a flag.

use tonegate_server::config::Config;

type Sources = tonegate_config::Sources<Config>;

/// Reads `data` as a file, and as the value of one key. A file added twice says what it said once;
/// a value changes its own key and no other; a refusal names where the fault came from.
pub fn config(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let once = Sources::new().text(text, "tonegate.toml");
    let twice = once.and_then(|once| {
        let twice = once.text(text, "tonegate.toml")?.read()?;
        Ok((Sources::new().text(text, "tonegate.toml")?.read()?, twice))
    });
    match twice {
        Ok((once, twice)) => assert_eq!(once, twice),
        Err(error) => assert!(error.to_string().starts_with("tonegate.toml: ")),
    }

    let value = Sources::new().set("data", "directory", text, "--data").and_then(Sources::read);
    match value {
        Ok(mut config) => {
            config.data.directory = Config::default().data.directory;
            assert_eq!(config, Config::default());
        }
        Err(error) => assert!(error.to_string().starts_with("--data: ")),
    }
}
