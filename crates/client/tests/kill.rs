//! kill -9 while licences are written: the file is always the old or the new one.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tonegate_client::{CacheDirectory, CacheEvent, LicenseCache, Upstream};
use tonegate_clock::Clock;
use tonegate_testing::{Behaviour, Upstream as Double};

use crate::world::{APP, client_of, file_in, text_of};

const DIRECTORY: &str = "TONEGATE_TEST_CACHE_DIRECTORY";
const KILLS: usize = 40;

/// Two licences of many blocks each, so that a write takes a while.
fn licenses() -> [String; 2] {
    ["a".repeat(20_000), "b".repeat(50_000)]
}

#[tokio::test]
async fn the_file_is_the_old_or_the_new_one_whenever_the_process_dies() {
    let home = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(9);
    let (mut found, mut half_written) = ([0, 0], 0);
    for round in 0..KILLS {
        let mut writer = start_writing(home.path());
        std::thread::sleep(Duration::from_micros(random.u64(0..15_000)));
        writer.kill().unwrap();
        writer.wait().unwrap();

        half_written += drafts(home.path());
        let kept = text_of(&reading(home.path()).view()).unwrap();
        let which = licenses().iter().position(|license| *license == kept);
        found[which.unwrap_or_else(|| panic!("round {round}: half a licence"))] += 1;
        let mode = fs::metadata(file_in(home.path())).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "round {round}");
        assert_eq!(drafts(home.path()), 0, "round {round}: the next process removes what was left");
    }
    println!("{KILLS} kills: found {found:?}, {half_written} in the middle of a write");
    assert!(found.iter().all(|count| *count > 0) && half_written > 0, "{found:?} {half_written}");

    let upstream = Double::start(Clock::system()).await;
    cache(&upstream.endpoint(), home.path()).refresh().await.unwrap();
    assert_eq!(drafts(home.path()), 0);
}

/// Another process, once it has written its first licence.
fn start_writing(directory: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::write", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("it is written")));
    child
}

/// Not a test: what [`start_writing`] runs.
#[test]
#[ignore = "the other end of a test that needs a process to kill"]
fn write() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let upstream = Double::start(Clock::system()).await;
        let cache = cache(&upstream.endpoint(), Path::new(&directory));
        for round in 0.. {
            for license in licenses() {
                upstream.set(Behaviour::License(license));
                cache.refresh().await.unwrap();
            }
            if round == 0 {
                println!("it is written");
            }
        }
    });
}

/// What the next process finds, which has the same upstream. That is never asked.
fn reading(directory: &Path) -> LicenseCache {
    let file: serde_json::Value =
        serde_json::from_slice(&fs::read(file_in(directory)).unwrap()).unwrap();
    cache(&format!("http://{}", file["server"].as_str().unwrap()), directory)
}

fn cache(endpoint: &str, directory: &Path) -> LicenseCache {
    let upstream = Upstream::builder(endpoint).requests_per_second(10_000).build().unwrap();
    let observer = |event: &CacheEvent<'_>| {
        let is_fault = match event {
            // Each process has an upstream of its own here, and an opaque licence is that one's alone.
            CacheEvent::NotLoaded(_, error) => !error.to_string().contains("not asked any more"),
            event => matches!(event, CacheEvent::NotWritten(..)),
        };
        assert!(!is_fault, "{event:?}");
    };
    let builder = LicenseCache::builder(client_of(upstream, APP, None))
        .directory(&CacheDirectory::open(directory).unwrap());
    builder.observer(observer).build()
}

fn drafts(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| *name != *format!("{APP}.json")).count()
}
