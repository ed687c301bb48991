//! Holds each source file to the house's form: it says what it is, and it stays readable.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of code that ships, comments included; most files stay under half of it.
const PRODUCTION_LINES_MAX: usize = 400;
const FOLDERS: [&str; 5] = ["bench", "bindings", "crates", "fuzz", "xtask"];
/// What cargo and the fuzzer leave behind.
const NOT_OURS: [&str; 2] = ["target", "artifacts"];

/// What the sources under `root` lack.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut open: Vec<PathBuf> = FOLDERS.map(|folder| root.join(folder)).into();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                if !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                    open.push(entry.path());
                }
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display();
            complaints.extend(faults(&text).map(|fault| format!("{shown}: {fault}")));
        }
    }
    complaints.sort();
    Ok(complaints)
}

fn faults(text: &str) -> impl Iterator<Item = String> {
    let opening = (!text.starts_with("//! ")).then(|| "does not open with `//!`".to_owned());
    let lines = production_lines(text);
    let length = (lines > PRODUCTION_LINES_MAX).then(|| {
        format!("{lines} lines before its tests, {PRODUCTION_LINES_MAX} at most: a noun wants out")
    });
    opening.into_iter().chain(length)
}

/// The lines before the tests at the end of the file.
fn production_lines(text: &str) -> usize {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    code.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(faults(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_file_says_what_it_is() {
        check("//! Its job.\n", &[]);
        check("use std::fs;\n", &["does not open with `//!`"]);
        check("", &["does not open with `//!`"]);
    }

    #[test]
    fn tests_do_not_count_as_length() {
        let code = "//! Its job.\n".to_owned() + &"fn f() {}\n".repeat(399);
        let tests = "\n#[cfg(test)]\nmod tests {\n".to_owned() + &"// …\n".repeat(99) + "}\n";
        check(&(code.clone() + &tests), &[]);
        let fault = "401 lines before its tests, 400 at most: a noun wants out";
        check(&(code + "fn g() {}\n" + &tests), &[fault]);
    }
}
