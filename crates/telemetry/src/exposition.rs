//! Reads metrics in the text format of OpenMetrics, as our servers write it.
//!
//! It reads what `prometheus-client` wrote a moment ago, so it is no judge of the format: a line that it
//! does not understand is left out.

/// A metric with all its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Without `_total`, `_bucket`, `_sum` or `_count`.
    pub name: String,
    /// What it is, in words.
    pub help: String,
    /// What kind of thing.
    pub kind: Kind,
    /// Its values.
    pub samples: Vec<Sample>,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// With its suffix.
    pub name: String,
    /// Name and value of each label.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: f64,
}

/// Every metric of a text, in its order.
#[must_use]
pub fn read(text: &str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    let mut help = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map_or("", |(_, help)| help.trim_end_matches('.'));
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            families.extend(family(rest, std::mem::take(&mut help)));
        } else if let Some((sample, family)) = sample(line).zip(families.last_mut())
            && sample.name.starts_with(&family.name)
        {
            family.samples.push(sample);
        }
    }
    families
}

fn family(name_and_kind: &str, help: &str) -> Option<Family> {
    let (name, kind) = name_and_kind.split_once(' ')?;
    let kind = match kind {
        "counter" => Kind::Counter,
        "gauge" => Kind::Gauge,
        "histogram" => Kind::Histogram,
        _ => return None,
    };
    Some(Family { name: name.to_owned(), help: help.to_owned(), kind, samples: Vec::new() })
}

/// `name value` or `name{label="text",…} value`.
fn sample(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = value.split_whitespace().next()?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// What stands before the closing brace, and what follows it.
fn labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, quoted) = rest.trim_start_matches(',').split_once("=\"")?;
        let (text, after) = unquoted(quoted)?;
        labels.push((name.to_owned(), text));
        rest = after;
    }
}

/// The text before the closing quote, and what follows it.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((text, &quoted[at + 1..])),
            '\\' => text.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => text.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_were_written() {
        let text = "# HELP a_b What it is.\n# TYPE a_b counter\n\
                    a_b_total{x=\"1,}\",y=\"q\\\"\\\\\\n\"} 5\na_b_total 7.5 123\nnonsense\n# EOF\n";
        let families = read(text);
        let [Family { name, help, kind, samples }] = families.as_slice() else {
            panic!("{families:?}")
        };
        assert_eq!((name.as_str(), help.as_str(), *kind), ("a_b", "What it is", Kind::Counter));
        let labels = [("x", "1,}"), ("y", "q\"\\\n")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(samples[0].labels, labels);
        assert_eq!((samples[0].value, samples[1].value, samples.len()), (5.0, 7.5, 2));
    }
}
